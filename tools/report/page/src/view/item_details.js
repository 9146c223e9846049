/** The item of the list that is being worked through, in full. */

import { frameRange, kindName } from "../logic/words.js";
import { html } from "./html.js";
import { allItems } from "./state.js";
import { usePage, useSelect } from "./store.js";

export function ItemDetails() {
  const { actions } = usePage();
  const item = useSelect((state) => allItems(state).find(({ key }) => key === state.item) ?? null);
  const known = useSelect((state) => item !== null && item.tracks.some((id) => state.model.byId.has(id)));
  const link = useSelect((state) => state.link);
  const track = useSelect((state) => state.track);
  if (!item || (track !== null && !item.tracks.includes(track))) return null;
  if (item.link >= 0 && item.link === link) return null; // the details of the link say more
  return html`
    <div class="item-now" data-item-details=${item.kind}>
      <p><b>${kindName(item.kind)}</b>, ${frameRange(item.frame, item.until)}. ${item.text}</p>
      ${!known && html`<p class="quiet">No track is there: corrections link detections, they do not add any.</p>`}
      <p class="jumps">${item.frames.map(
        (frame) => html`
        <button type="button" class="small" data-frame=${frame}
          onClick=${() => actions.goTo(frame)}>Frame ${frame}</button>`,
      )}</p>
    </div>`;
}
