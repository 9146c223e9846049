/** Above the time line: what its lines mean, what the pointer is on, and its zoom. */

import { LEVELS, UNKNOWN } from "../logic/levels.js";
import { wholeScale, zoomed } from "../logic/time_scale.js";
import { usePalette } from "./canvas.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Sample } from "./level_sample.js";
import { usePage, useSelect } from "./store.js";
import { FOUND_DASH } from "./time_line_drawing.js";

export function Legend() {
  const palette = usePalette();
  const probable = useSelect((state) => state.model.probable);
  const truth = useSelect((state) => state.model.truth !== null);
  const searched = useSelect((state) => state.model.searched);
  const levels = probable ? LEVELS : [UNKNOWN];
  return html`
    <ul class="legend" aria-label="What the lines mean">
      ${levels.map(
        (level) => html`
        <li title=${level.words}><${Sample} colour=${palette[level.key]} width=${level.height} dash=${level.dash}
          />${probable ? level.name : "link"}</li>`,
      )}
      <li><${Sample} colour=${palette.text} width=${1.5} double=${true} />interpolated</li>
      ${
        searched &&
        html`<li title="Not detected, but found by a search in the image"><${Sample} colour=${palette.text}
        width=${1.5} dash=${FOUND_DASH} double=${true} />found</li>`
      }
      <li><${Sample} colour=${palette.text} width=${2} dash=${[2, 3]} />gap</li>
      <li><svg width="12" height="14" aria-hidden="true"><path d="M2 0h2v14H2zM4 0l8 3.5L4 7z" fill=${palette.text}
        /></svg>correction</li>
      ${
        truth &&
        html`<li><svg width="12" height="14" aria-hidden="true"><path d="M6 1 11 7 6 13 1 7z"
        fill=${palette.cursor} /></svg>switch</li>`
      }
      ${truth && html`<li><${Sample} colour=${palette.unsure} width=${3} dash=${[3, 2]} />false alarm</li>`}
    </ul>`;
}

/** What the pointer is on, in words. */
export function Readout() {
  const text = useSelect((state) => state.readout);
  return html`<span class="readout quiet numbers" aria-hidden="true">${text}</span>`;
}

export function TimeZoom() {
  const { store } = usePage();
  return html`
    <span class="time-zoom">
      <button type="button" class="icon" data-action="time-" aria-label="Zoom the time line out"
        title="Zoom out (Shift ↓)" onClick=${() => zoomTime(store, 1.6)}><${Icon} name="out" /></button>
      <button type="button" data-action="time0" title="The whole video" onClick=${() => showAll(store)}>All</button>
      <button type="button" class="icon" data-action="time+" aria-label="Zoom the time line in"
        title="Zoom in (Shift ↑)" onClick=${() => zoomTime(store, 1 / 1.6)}><${Icon} name="in" /></button>
    </span>`;
}

/** Zoom the time line about the present frame, or about its middle where that is out of sight. */
export function zoomTime(store, factor) {
  const { scale, frame } = store.get();
  const share = (frame + 0.5 - scale.start) / (scale.stop - scale.start);
  const pixel = scale.width * (share >= 0 && share <= 1 ? share : 0.5);
  store.set({ scale: zoomed(scale, factor, pixel) });
}

function showAll(store) {
  const { scale, model } = store.get();
  store.set({ scale: wholeScale(model.frames, scale.width) });
}
