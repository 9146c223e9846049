/** The list to work through. */

import { count, frameRange, kindName } from "../logic/words.js";
import { html } from "./html.js";
import { allItems, itemKinds, listedItems } from "./state.js";
import { usePage, useSelect } from "./store.js";
import { VirtualList } from "./virtual_list.js";

export function ReviewPanel() {
  const { actions } = usePage();
  const items = useSelect(listedItems);
  const selected = useSelect((state) => state.item);
  const done = useSelect((state) => state.done);
  return html`
    <${Kinds} />
    <${Steps} />
    <${VirtualList} id="review" label="Things to review" items=${items} row=${64} keyOf=${(item) => item.key}
      selected=${selected}
      hooks=${({ key, kind, link }) => ({
        "data-item": key,
        "data-kind": kind,
        "data-link": link >= 0 ? link : null,
        "data-done": done.has(key),
      })}
      draw=${(item) => html`<${Item} item=${item} done=${done.has(item.key)} />`}
      onChoose=${(item) => actions.visitItem(item)} onStep=${actions.moveItem} />`;
}

function Item({ item, done }) {
  return html`
    <div class="item-head">
      <span class=${`kind kind-${Object.hasOwn(SIGNS, item.kind) ? item.kind : "other"}`}>
        <i aria-hidden="true">${SIGNS[item.kind] ?? "•"}</i>${kindName(item.kind)}</span>
      <span class="quiet numbers">${frameRange(item.frame, item.until)}</span>
      ${done && html`<span class="done-mark">✓ done</span>`}
    </div>
    <div class="item-text">${item.text}</div>`;
}

const SIGNS = {
  link: "?",
  crossing: "✕",
  appearance: "≠",
  begins_inside: "⇥",
  ends_inside: "⇤",
  switch: "◆",
  miss: "○",
  false_alarm: "!",
};

function Kinds() {
  const { store } = usePage();
  const kinds = useSelect(itemKinds);
  const kind = useSelect((state) => state.kind);
  const withDone = useSelect((state) => state.withDone);
  const [all, open] = [kinds.reduce((sum, each) => sum + each.all, 0), kinds.reduce((sum, each) => sum + each.open, 0)];
  return html`
    <div class="filters">
      <select data-action="kind" aria-label="Kind of things to review" value=${kind}
        onChange=${(event) => store.set({ kind: event.target.value })}>
        <option value="all">All kinds (${open} of ${all} to do)</option>
        ${kinds.map(
          (each) => html`
          <option value=${each.kind}>${kindName(each.kind)} (${each.open} of ${each.all})</option>`,
        )}
      </select>
      <label class="check"><input type="checkbox" data-action="with-done" checked=${withDone}
        onChange=${(event) => store.set({ withDone: event.target.checked })} />Show done</label>
    </div>`;
}

function Steps() {
  const { actions } = usePage();
  const items = useSelect(listedItems);
  const all = useSelect(allItems);
  const key = useSelect((state) => state.item);
  const present = all.some((item) => item.key === key);
  const done = useSelect((state) => present && state.done.has(key));
  const place = items.findIndex((item) => item.key === key);
  const where =
    place >= 0 ? `${place + 1} of ${items.length}` : all.length ? count(items.length, "item") : "Nothing to review.";
  return html`
    <div class="steps">
      <button type="button" data-action="previous" title="Previous (P)"
        onClick=${() => actions.moveItem(-1)}>← Previous</button>
      <button type="button" data-action="next" title="Next (N)" onClick=${() => actions.moveItem(1)}>Next →</button>
      <button type="button" data-action="done" disabled=${!present} title="Done (D)"
        onClick=${() => actions.toggleDone()}>
        ${done ? "Not done" : "✓ Done"}</button>
      <span class="quiet numbers">${where}</span>
    </div>`;
}
