/** A track: its crops, its numbers and its links that are not sure. */

import { trackColour } from "../logic/colours.js";
import { timeOf } from "../logic/frame_times.js";
import { isUncertain } from "../logic/levels.js";
import { FOUND, rowOf, scoreOf } from "../logic/model.js";
import { count, decimal, frameRange, percent } from "../logic/words.js";
import { Facts } from "./facts.js";
import { html } from "./html.js";
import { Level } from "./level_sample.js";
import { usePage, useSelect } from "./store.js";

const LISTED = 12;

export function TrackDetails({ track }) {
  return html`<${TrackSummary} track=${track} /><${LinksToCheck} track=${track} />`;
}

/** Its crops and its numbers. */
export function TrackSummary({ track }) {
  return html`
    <h2>
      <i class="swatch" style=${{ background: trackColour(track.id) }}></i>Track ${track.id}${" "}
      <span class="quiet">${track.className}</span>
    </h2>
    <${Crops} track=${track} />
    <${TrackFacts} track=${track} />`;
}

function Crops({ track }) {
  const { actions } = usePage();
  const crops = track.crops.filter(({ image }) => image.startsWith("data:image/"));
  if (!crops.length) return null;
  return html`
    <div class="crops" aria-label="Crops">
      ${crops.map(
        ({ frame, image }) => html`
        <button type="button" class="crop" data-crop=${frame} onClick=${() => actions.goTo(frame)}
          title=${`Go to frame ${frame}`}>
          <img src=${image} alt=${`track ${track.id} in frame ${frame}`} /><span class="numbers">${frame}</span>
        </button>`,
      )}
    </div>`;
}

function TrackFacts({ track }) {
  const model = useSelect((state) => state.model);
  const frame = useSelect((state) => state.frame);
  const seconds = timeOf(model.frames, track.last) - timeOf(model.frames, track.first);
  const links = track.linkStop - track.linkStart;
  const facts = [
    ["Frames", `${track.first} to ${track.last}${model.frames.rateKnown ? `, ${decimal(seconds, 1)} s` : ""}`],
    ["Boxes", count(track.stop - track.start, "box", "boxes")],
    ["Speed", Number.isFinite(track.speed) ? `${decimal(track.speed, 0)} pixels/s (median)` : "not known"],
    ["Links", count(links, "link") + (Number.isFinite(track.least) ? `, least sure ${percent(track.least)}` : "")],
    [`Frame ${frame}`, boxWords(model, rowOf(model, track, frame))],
  ];
  return html`<${Facts} facts=${facts} />`;
}

/** What the box of a row is. */
function boxWords(model, row) {
  if (row < 0) return "no box";
  const { interpolated } = model.boxes;
  if (interpolated[row] === FOUND) return `found by a search, probability ${decimal(scoreOf(model, row))}`;
  return interpolated[row] ? "interpolated" : `detected, score ${decimal(scoreOf(model, row))}`;
}

/** The links that are not sure, and those with a gap; the least sure first. */
function LinksToCheck({ track }) {
  const { actions } = usePage();
  const { links, probable } = useSelect((state) => state.model);
  if (!probable) return html`<p class="quiet">Probabilities of links are not known for these tracks.</p>`;
  const rows = [];
  for (let row = track.linkStart; row < track.linkStop; row++) {
    if (isUncertain(links, row)) rows.push(row);
  }
  rows.sort((a, b) => links.probability[a] - links.probability[b]);
  return html`
    <h3>Links to check</h3>
    ${!rows.length && html`<p class="quiet">All links are sure and without gaps.</p>`}
    <ul class="links">
      ${rows.slice(0, LISTED).map(
        (row) => html`
        <li><button type="button" class="link-row" data-link=${row} onClick=${() => actions.selectLink(row)}>
          <span class="numbers">${frameRange(links.from[row], links.to[row])}</span>
          <${Level} probability=${links.probability[row]} />
        </button></li>`,
      )}
    </ul>
    ${rows.length > LISTED && html`<p class="quiet">and ${rows.length - LISTED} more; ] goes to the next one.</p>`}`;
}
