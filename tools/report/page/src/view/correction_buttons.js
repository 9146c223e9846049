/** The corrections that can be made about what is selected. */

import { useState } from "preact/hooks";
import { ACTIONS, EXTENTS } from "../logic/proposals.js";
import { html } from "./html.js";
import { correctionLines, currentProposals, secondTrack, selectedTrack } from "./state.js";
import { usePage, useSelect } from "./store.js";

const HINT = html`<span class="quiet">Point at a correction to see what it says.</span>`;

export function CorrectionButtons() {
  const { actions } = usePage();
  const proposed = useSelect(currentProposals);
  const lines = useSelect(correctionLines);
  const [pointed, point] = useState(null);
  const shown = pointed && ACTIONS.find(({ action }) => action === pointed);
  return html`
    <div class="corrections-head">
      <${About} />
      <div class="correction-buttons" role="group" aria-label="Corrections" onMouseLeave=${() => point(null)}>
        ${ACTIONS.map(({ action, name, key }) => {
          const reason = proposed.get(action).reason ?? madeAlready(proposed.get(action).lines, lines);
          return html`
            <button type="button" data-action=${action} aria-disabled=${reason !== null}
              aria-describedby="correction-note" aria-keyshortcuts=${key}
              onMouseEnter=${() => point(action)} onFocus=${() => point(action)} onBlur=${() => point(null)}
              onClick=${() => actions.correct(action)}>${name}<kbd>${key.toUpperCase()}</kbd></button>`;
        })}
        <${Extent} />
      </div>
      <p id="correction-note" class="correction-note" role="status">
        ${shown ? noteOf(shown, proposed.get(shown.action), lines) : HINT}
      </p>
    </div>`;
}

function madeAlready(made, lines) {
  return made.length && made.every((line) => lines.includes(line)) ? "This correction is made already." : null;
}

function noteOf({ help }, { lines: made, reason }, lines) {
  const why = reason ?? madeAlready(made, lines);
  if (why) return html`<span data-reason><b>Not possible now.</b> ${why}</span>`;
  const more = made.length > 2 ? ` and ${made.length - 2} more` : "";
  return html`<span data-line=${made.join(";")}>${help} Adds <code>${made.slice(0, 2).join("; ")}</code>${more}</span>`;
}

/** Which tracks and which frame the corrections are about. */
function About() {
  const { store } = usePage();
  const track = useSelect(selectedTrack);
  const second = useSelect(secondTrack);
  const frame = useSelect((state) => state.frame);
  const picking = useSelect((state) => state.picking);
  return html`
    <p class="about">
      <span>
        Track <b>${track.id}</b>${second ? html` and track <b>${second.id}</b>` : ""}, frame${" "}
        <b class="numbers">${frame}</b>
      </span>
      ${
        second
          ? html`<button type="button" class="small" data-action="no-second"
            onClick=${() => store.set({ second: null })}>Without track ${second.id}</button>`
          : html`<button type="button" class="small" data-action="pick-second" aria-pressed=${picking}
            title="Or hold Shift and click a track"
            onClick=${() => store.set({ picking: !picking })}>
            ${picking ? "Click the second track…" : "Choose a second track"}</button>`
      }
    </p>`;
}

function Extent() {
  const { store } = usePage();
  const extent = useSelect((state) => state.extent);
  return html`
    <label class="extent">False alarm:
      <select data-action="extent" value=${extent} onChange=${(event) => store.set({ extent: event.target.value })}>
        ${EXTENTS.map(({ extent, name }) => html`<option value=${extent}>${name}</option>`)}
      </select>
    </label>`;
}
