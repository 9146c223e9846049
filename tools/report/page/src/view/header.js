/** The top of the page: what the report is of, its scores, its notes, and what the server says. */

import { useState } from "preact/hooks";
import { clock } from "../logic/frame_times.js";
import { count, decimal } from "../logic/words.js";
import { Facts } from "./facts.js";
import { html } from "./html.js";
import { usePage, useSelect } from "./store.js";

export function Header() {
  const { store } = usePage();
  const model = useSelect((state) => state.model);
  const { frames, tracks, classes } = model;
  const length = frames.rateKnown ? ` (${clock(frames.count / frames.rate, 0)})` : "";
  const size = `${frames.width} × ${frames.height}`;
  const kinds =
    classes.size < 2 && tracks[0]?.className.startsWith("class ")
      ? ""
      : [...classes.values()].slice(0, 3).join(", ") + (classes.size > 3 ? ` and ${classes.size - 3} more` : "");
  return html`
    <header>
      <h1>${model.name}</h1>
      <span class="quiet">
        ${count(tracks.length, "track")}, ${count(frames.count, "frame")}${length}, ${size}${kinds && `; ${kinds}`}
      </span>
      <${Scores} />
      <span class="space"></span>
      <${Solving} />
      <button type="button" data-action="help" title="Keys (?)"
        onClick=${() => store.set({ help: true })}>Keys <kbd>?</kbd></button>
    </header>
    <${Notes} />`;
}

function Scores() {
  const truth = useSelect((state) => state.model.truth);
  if (!truth) return null;
  const text = (value) => (Number.isInteger(value) ? String(value) : decimal(value, 1));
  const scores = Object.entries(truth.scores ?? {}).map(([name, value]) => [name, text(value)]);
  return html`<${Facts} name="scores" label="Scores against ground truth" facts=${scores} />`;
}

function Solving() {
  const solving = useSelect((state) => state.solving);
  const served = useSelect((state) => state.model.served !== null);
  if (!served) return null;
  const state = solving?.state ?? "ready";
  const text = solving?.text ?? "Corrections are solved at once.";
  return html`<span class=${`solving solving-${state}`} role="status" data-solving=${state} title=${text}>${text}</span>`;
}

function Notes() {
  const notes = useSelect((state) => state.model.notes);
  const [open, setOpen] = useState(true);
  if (!notes.length || !open) return null;
  return html`
    <section class="notes" aria-label="Notes" data-notes>
      <ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>
      <button type="button" class="small" data-action="close-notes" onClick=${() => setOpen(false)}>Close</button>
    </section>`;
}
