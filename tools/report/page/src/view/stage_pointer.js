/** Pointers on the picture: zoom by wheel or two fingers, move by drag, select by click. */

import { useEffect, useRef } from "preact/hooks";
import { boxOf, rowsOfFrame, trackOfRow } from "../logic/model.js";
import { boxAt, panned, placement, zoomAt } from "../logic/picture_view.js";
import { usePage } from "./store.js";

const CLICK = 4; // pixels that a pointer may move in a click

/** Listeners for the stage, an element of {width, height}. */
export function usePointerOnPicture(stage, size, frames) {
  const { store, actions } = usePage();
  const fingers = useRef(new Map()); // where each pointer that is down is, by its id
  const moved = useRef(false);

  const point = (event) => {
    const { left, top } = stage.current.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const zoom = (factor, at) => store.set({ view: zoomAt(store.get().view, factor, at, size, frames) });
  const move = (dx, dy) => store.set({ view: panned(store.get().view, dx, dy, size, frames) });

  useEffect(() => {
    const wheel = (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), point(event));
    };
    const element = stage.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [size, frames]);

  function click(event) {
    const state = store.get();
    const at = point(event);
    const place = placement(state.view, size, frames);
    const rows = [...rowsOfFrame(state.model, state.shown)];
    const found = boxAt(
      rows.map((row) => boxOf(state.model, row)),
      { x: (at.x - place.left) / place.scale, y: (at.y - place.top) / place.scale },
    );
    if (found >= 0) actions.selectTrack(trackOfRow(state.model, rows[found]).id, { second: event.shiftKey });
    else if (!event.shiftKey) store.set({ track: null, link: -1, second: null, preview: [] });
  }

  /** Two fingers: zoom about their middle, and move with it. */
  function pinch(before, after, other) {
    const middle = ({ x, y }) => ({ x: (x + other.x) / 2, y: (y + other.y) / 2 });
    const distance = ({ x, y }) => Math.hypot(x - other.x, y - other.y);
    move(middle(after).x - middle(before).x, middle(after).y - middle(before).y);
    zoom(distance(after) / Math.max(distance(before), 1), middle(after));
  }

  const lift = (event) => fingers.current.delete(event.pointerId);
  return {
    onPointerDown(event) {
      if (event.button !== 0 || event.target.closest("label, button")) return;
      if (!fingers.current.size) moved.current = false;
      fingers.current.set(event.pointerId, point(event));
      stage.current.setPointerCapture(event.pointerId);
    },
    onPointerMove(event) {
      const before = fingers.current.get(event.pointerId);
      if (!before) return;
      const after = point(event);
      const [dx, dy] = [after.x - before.x, after.y - before.y];
      if (!moved.current && Math.hypot(dx, dy) < CLICK) return;
      moved.current = true;
      fingers.current.set(event.pointerId, after);
      const other = [...fingers.current].find(([id]) => id !== event.pointerId);
      if (other) pinch(before, after, other[1]);
      else move(dx, dy);
    },
    onPointerUp(event) {
      if (lift(event) && !moved.current) click(event);
    },
    onPointerCancel: lift,
  };
}
