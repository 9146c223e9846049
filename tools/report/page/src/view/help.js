/** The keys of the page. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { KEYS, keyName } from "../logic/keys.js";
import { html } from "./html.js";
import { usePage, useSelect } from "./store.js";

export function Help() {
  const { store } = usePage();
  const open = useSelect((state) => state.help);
  const dialog = useRef(null);
  useLayoutEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open && dialog.current.open) dialog.current.close();
  }, [open]);
  const groups = [...new Set(KEYS.map(({ group }) => group))];
  return html`
    <dialog ref=${dialog} class="help" aria-labelledby="help-title" onClose=${() => store.set({ help: false })}
      data-help>
      <div class="help-head"><h2 id="help-title">Keys</h2>
        <button type="button" data-action="close-help" onClick=${() => store.set({ help: false })}>Close</button></div>
      <div class="help-groups">
        ${groups.map(
          (group) => html`
          <section><h3>${group}</h3><dl>
            ${KEYS.filter((each) => each.group === group).map(
              ({ keys, help }) => html`
              <div><dt>${keys.map(Key)}</dt><dd>${help}</dd></div>`,
            )}
          </dl></section>`,
        )}
        <section><h3>Pointer</h3><dl>
          <div><dt>Click</dt><dd>select a box, a track or a link</dd></div>
          <div><dt>Shift + click</dt><dd>select the second track</dd></div>
          <div><dt>Wheel on the picture</dt><dd>zoom; drag to move</dd></div>
          <div><dt>Ctrl + wheel on the time line</dt><dd>zoom; drag to move</dd></div>
          <div><dt>Drag on the axis</dt><dd>move through the frames</dd></div>
        </dl></section>
      </div>
    </dialog>`;
}

const Key = (key, index) => html`${index ? " or " : ""}<kbd>${keyName(key)}</kbd>`;
