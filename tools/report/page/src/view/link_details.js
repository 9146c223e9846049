/** A link: how sure it is and why, what else its boxes could have been linked to, and what depends on it. */

import { trackColour } from "../logic/colours.js";
import { levelOf } from "../logic/levels.js";
import { linkOf } from "../logic/model.js";
import { count, decimal, lossSentence, percent } from "../logic/words.js";
import { Alternatives } from "./alternatives.js";
import { Contributions } from "./contributions.js";
import { html } from "./html.js";
import { Level } from "./level_sample.js";
import { usePage, useSelect } from "./store.js";

export function LinkDetails({ row }) {
  const { store, actions } = usePage();
  const model = useSelect((state) => state.model);
  const link = linkOf(model, row);
  const seconds = (link.to - link.from) / model.frames.rate;
  const end = (frame, label) => html`
    <button type="button" class="plain" data-frame=${frame} title=${`Go to frame ${frame}`} onClick=${() => actions.goTo(frame)}>${label} ${frame}</button>`;
  return html`
    <p class="crumbs"><button type="button" class="plain" data-track=${link.track.id} onClick=${() => store.set({ link: -1, preview: [] })}>
      <i class="swatch" style=${{ background: trackColour(link.track.id) }}></i>Track ${link.track.id}</button></p>
    <h2>Link from ${end(link.from, "frame")} to ${end(link.to, "frame")}</h2>
    <p class="quiet">${link.gap ? `Not detected for ${count(link.gap, "frame")} between; ${decimal(seconds)} s.` : "In two frames that follow each other."}</p>
    <div class="probability">
      <${Level} probability=${link.probability} bare=${true} />
      <b class="numbers">${percent(link.probability)}</b>
      ${Number.isFinite(link.probability) && html`
        <span class=${`amount-bar level-${levelOf(link.probability).key}`} aria-hidden="true"><i style=${{ width: `${100 * link.probability}%` }}></i></span>`}
    </div>
    <dl class="facts">
      <div><dt>Appearance similarity</dt><dd class="numbers">${Number.isFinite(link.appearance) ? decimal(link.appearance) : "not known"}</dd></div>
    </dl>
    <p data-loss=${Number.isFinite(link.loss) ? link.loss : null}>${lossSentence(link.loss)}</p>
    <${Explanation} link=${link} explained=${model.explained} />`;
}

function Explanation({ link, explained }) {
  if (!link.detail) {
    const why = explained ? "Reasons are kept for links with a gap, with another candidate, or among the least sure; this link is none of these."
      : "Why links were chosen is not known for these tracks.";
    return html`<p class="quiet">${why}</p>`;
  }
  return html`
    <${Contributions} features=${link.detail.features ?? []} base=${link.detail.base} />
    <${Alternatives} title=${`Instead, the box of frame ${link.from} could go on as`} candidates=${link.detail.after ?? []} fixed=${link.first} />
    <${Alternatives} title=${`Instead, the box of frame ${link.to} could come from`} candidates=${link.detail.before ?? []} fixed=${link.second} />`;
}
