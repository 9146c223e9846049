/** A link: how sure it is and why, what else its boxes could have been linked to, and what depends on it. */

import { trackColour } from "../logic/colours.js";
import { levelOf } from "../logic/levels.js";
import { boxOf, linkOf } from "../logic/model.js";
import { count, decimal, lossSentence, percent } from "../logic/words.js";
import { Alternatives } from "./alternatives.js";
import { Contributions } from "./contributions.js";
import { Facts } from "./facts.js";
import { html } from "./html.js";
import { Level } from "./level_sample.js";
import { LiveCrop } from "./live_crop.js";
import { usePage, useSelect } from "./store.js";

export function LinkDetails({ row }) {
  const { store, actions } = usePage();
  const model = useSelect((state) => state.model);
  const link = linkOf(model, row);
  const seconds = model.frames.rateKnown ? `; ${decimal((link.to - link.from) / model.frames.rate)} s` : "";
  const similarity = Number.isFinite(link.appearance) ? decimal(link.appearance) : "not known";
  const gap = link.gap
    ? `Not detected for ${count(link.gap, "frame")} between${seconds}.`
    : "In two frames that follow each other.";
  const end = (frame, label) => html`
    <button type="button" class="plain" data-frame=${frame} title=${`Go to frame ${frame}`}
      onClick=${() => actions.goTo(frame)}>${label} ${frame}</button>`;
  return html`
    <p class="crumbs"><button type="button" class="plain" data-track=${link.track.id}
      onClick=${() => store.set({ link: -1, preview: [] })}>
      <i class="swatch" style=${{ background: trackColour(link.track.id) }}></i>Track ${link.track.id}</button></p>
    <h2>Link from ${end(link.from, "frame")} to ${end(link.to, "frame")}</h2>
    <p class="quiet">${gap}</p>
    <${Ends} link=${link} />
    <div class="probability">
      <${Level} probability=${link.probability} bare=${true} />
      <b class="numbers">${percent(link.probability)}</b>
      ${Number.isFinite(link.probability) && html`<${Bar} share=${link.probability} />`}
    </div>
    <${Facts} facts=${[["Appearance similarity", similarity]]} />
    <p data-loss=${Number.isFinite(link.loss) ? link.loss : null}>${lossSentence(link.loss)}</p>
    <${Explanation} link=${link} explained=${model.explained} />`;
}

function Bar({ share }) {
  return html`
    <span class=${`amount-bar level-${levelOf(share).key}`} aria-hidden="true">
      <i style=${{ width: `${100 * share}%` }}></i>
    </span>`;
}

/** The two boxes of the link, side by side. */
function Ends({ link }) {
  const model = useSelect((state) => state.model);
  const ends = [
    [link.from, link.first],
    [link.to, link.second],
  ].filter(([, box]) => box >= 0);
  return html`
    <div class="ends">
      ${ends.map(
        ([frame, box]) => html`
        <figure key=${box}><${LiveCrop} frame=${frame} box=${boxOf(model, box)}
          label=${`track ${link.track.id} in frame ${frame}`} />
          <figcaption class="numbers quiet">frame ${frame}</figcaption></figure>`,
      )}
    </div>`;
}

function Explanation({ link, explained }) {
  if (!link.detail) {
    const why = explained
      ? "Reasons are kept for links with a gap or another candidate, and for the least sure, but not for this one."
      : "Why links were chosen is not known for these tracks.";
    return html`<p class="quiet">${why}</p>`;
  }
  return html`
    <${Contributions} features=${link.detail.features ?? []} base=${link.detail.base} />
    <${Alternatives} title=${`Instead, the box of frame ${link.from} could go on as`}
      candidates=${link.detail.after ?? []} fixed=${link.first} />
    <${Alternatives} title=${`Instead, the box of frame ${link.to} could come from`}
      candidates=${link.detail.before ?? []} fixed=${link.second} />`;
}
