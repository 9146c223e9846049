/** Other boxes that a box of a link could have been linked to; each is shown on the picture when it is pointed at. */

import { sameObjectLine } from "../logic/proposals.js";
import { decimal, percent } from "../logic/words.js";
import { html } from "./html.js";
import { LiveCrop } from "./live_crop.js";
import { usePage, useSelect } from "./store.js";

/** @param {{title: string, candidates: object[], fixed: number}} props `fixed`: the row of the box that stays. */
export function Alternatives({ title, candidates, fixed }) {
  return html`
    <h3>${title}</h3>
    ${!candidates.length && html`<p class="quiet">There is no other candidate.</p>`}
    <ul class="alternatives">
      ${candidates.map((each) => html`<${Alternative} key=${String(each.box)} candidate=${each} fixed=${fixed} />`)}
    </ul>`;
}

function Alternative({ candidate, fixed }) {
  const { actions } = usePage();
  const model = useSelect((state) => state.model);
  const { frame, box, track, probability, loss } = candidate;
  const line = sameObjectLine(model, fixed, candidate);
  const label = track === null ? "a box in no track" : `track ${track}`;
  const show = () => actions.preview([{ frame, box, label }]);
  const hide = () => actions.preview([]);
  const go = () => {
    actions.goTo(frame);
    show();
  };
  return html`
    <li onMouseEnter=${show} onMouseLeave=${hide}>
      <button type="button" class="alternative" data-frame=${frame} data-alternative=${track ?? "none"}
        onFocus=${show} onBlur=${hide} onClick=${go}>
        <${LiveCrop} small=${true} frame=${frame} box=${box} label=${`${label} in frame ${frame}`} />
        <span>${label}, frame <span class="numbers">${frame}</span></span>
        <span class="numbers">${percent(probability)}</span>
        ${loss !== null && loss !== undefined && html`<span class="quiet small">costs ${decimal(loss)} more</span>`}
      </button>
      <button type="button" class="small" data-action="same-instead" disabled=${line === null} onFocus=${show}
        onBlur=${hide}
        title=${line === null ? "A box in no original track cannot be named in a correction." : `Adds: ${line}`}
        onClick=${() => line && actions.addLines([line])}>Same object</button>
    </li>`;
}
