/** A line between two parts of the page that can be moved, by pointer or by arrow keys. */

import { useRef } from "preact/hooks";
import { html } from "./html.js";
import { usePage, useSelect } from "./store.js";

const STEP = 2; // per cent for an arrow key
const LIMITS = [15, 80];

/**
 * @param {{name: string, label: string, across?: boolean, after?: boolean}} props `name`: of the size in the state, per
 *   cent of the parent that the part before takes; `across`: the parts lie side by side; `after`: the size is that of
 *   the part after the line.
 */
export function Splitter({ name, label, across = false, after = false }) {
  const { store } = usePage();
  const size = useSelect((state) => state.sizes[name]);
  const dragging = useRef(false);
  const change = (to) => {
    const limited = Math.min(Math.max(to, LIMITS[0]), LIMITS[1]);
    store.set({ sizes: { ...store.get().sizes, [name]: limited } });
  };

  function move(event) {
    if (!dragging.current) return;
    const { left, top, width, height } = event.currentTarget.parentElement.getBoundingClientRect();
    const share = across ? (event.clientX - left) / width : (event.clientY - top) / height;
    change(100 * (after ? 1 - share : share));
  }

  const end = () => (dragging.current = false);

  function press(event) {
    const [less, more] = across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const step = event.key === less ? -STEP : event.key === more ? STEP : 0;
    if (!step) return;
    event.preventDefault();
    change(size + (after ? -step : step));
  }

  return html`
    <div class=${across ? "splitter across" : "splitter"} role="separator" tabindex="0" aria-label=${label}
      data-splitter=${name}
      aria-orientation=${across ? "vertical" : "horizontal"}
      aria-valuenow=${Math.round(size)} aria-valuemin=${LIMITS[0]} aria-valuemax=${LIMITS[1]}
      onPointerDown=${(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove=${move} onPointerUp=${end} onPointerCancel=${end} onKeyDown=${press}></div>`;
}
