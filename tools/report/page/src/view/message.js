/** Says for a few seconds what an action did, or why it did nothing. */

import { useEffect } from "preact/hooks";
import { html } from "./html.js";
import { usePage, useSelect } from "./store.js";

const SHOWN = 6000; // milliseconds

export function Message() {
  const { store, actions } = usePage();
  const message = useSelect((state) => state.message);
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => store.get().message === message && store.set({ message: null }), SHOWN);
    return () => clearTimeout(timer);
  }, [message]);
  return html`
    <div class="message" role="status" data-message>
      ${
        message &&
        html`
        <p class=${message.undo ? "" : "refused"}>${message.text}
          ${
            message.undo &&
            html`<button type="button" class="small" data-action="undo-message"
            onClick=${actions.undo}>Undo</button>`
          }</p>`
      }
    </div>`;
}
