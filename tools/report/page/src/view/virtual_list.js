/** A list of any length of which only the rows in sight are in the page: a listbox with arrow keys. */

import { useEffect, useState } from "preact/hooks";
import { useSize } from "./canvas.js";
import { html } from "./html.js";

const BEYOND = 6; // rows above and below those in sight

/**
 * @param {{items: object[], row: number, keyOf: Function, selected: any, label: string, id: string, draw: Function,
 *   hooks: Function, onChoose: Function, onStep: Function}} props `row`: pixels of a row; `draw`:
 *   content of an item; `hooks`: its further attributes; `onStep`: of an arrow key, -1 or 1.
 */
export function VirtualList({ items, row, keyOf, selected, label, id, draw, hooks, onChoose, onStep }) {
  const [ref, { height }] = useSize();
  const [top, setTop] = useState(0);
  const first = Math.max(Math.floor(top / row) - BEYOND, 0);
  const last = Math.min(Math.ceil((top + height) / row) + BEYOND, items.length);
  const place = items.findIndex((item) => keyOf(item) === selected);
  useEffect(() => {
    if (place < 0 || !height) return;
    const [y, element] = [place * row, ref.current];
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + row > element.scrollTop + height) element.scrollTop = y + row - height;
  }, [selected, place, height > 0]);

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    onStep(step);
  }

  const optionId = (index) => `${id}-${index}`;
  const active = place >= first && place < last ? optionId(place) : null;
  return html`
    <div class="list" ref=${ref} role="listbox" tabindex="0" aria-label=${label} aria-activedescendant=${active}
      data-list=${id}
      onScroll=${(event) => setTop(event.target.scrollTop)} onKeyDown=${press}>
      <div class="list-all" role="presentation" style=${{ height: `${items.length * row}px` }}>
        ${items.slice(first, last).map(
          (item, offset) => html`
          <div key=${keyOf(item)} id=${optionId(first + offset)} role="option" aria-selected=${keyOf(item) === selected}
            aria-setsize=${items.length} aria-posinset=${first + offset + 1}
            class=${keyOf(item) === selected ? "item selected" : "item"}
            style=${{ top: `${(first + offset) * row}px`, height: `${row}px` }}
            onClick=${(event) => onChoose(item, event)} ...${hooks(item)}>${draw(item)}</div>`,
        )}
      </div>
    </div>`;
}
