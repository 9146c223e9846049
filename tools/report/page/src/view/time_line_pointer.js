/** The pointer on the time line: click to select, drag to move through time, wheel to zoom, scrub on the axis. */

import { useEffect, useRef } from "preact/hooks";
import { linkNear } from "../logic/pieces.js";
import { linkOf } from "../logic/model.js";
import { moved, pixelsPerFrame, toFrame, zoomed } from "../logic/time_scale.js";
import { percent } from "../logic/words.js";
import { neighbour } from "../logic/review_items.js";
import { allItems, listedTracks } from "./state.js";
import { usePage } from "./store.js";
import { AXIS, ROW } from "./time_line_drawing.js";

const CLICK = 4; // pixels that a pointer may move in a click
const REACH = 4; // pixels between a click and the link it means

/** Listeners for the rows and for the axis. */
export function usePointerOnTime(scroller, labels) {
  const { store, actions, player } = usePage();
  const drag = useRef(null);
  const scrubbing = useRef(false);

  /** The track, the frame and the link under the pointer. */
  function target(event) {
    const state = store.get();
    const { left, top } = scroller.current.getBoundingClientRect();
    const x = event.clientX - left - labels;
    const track = listedTracks(state)[Math.floor((event.clientY - top + scroller.current.scrollTop) / ROW)] ?? null;
    const frame = toFrame(state.scale, x);
    const link = track && x >= 0 ? linkNear(state.model, track, frame - 0.5, REACH / pixelsPerFrame(state.scale)) : -1;
    return { x, track, frame: Math.floor(frame), link };
  }

  function click(event) {
    const { x, track, frame, link } = target(event);
    if (!track) return;
    if (x < 0) return event.shiftKey ? actions.selectTrack(track.id, { second: true }) : actions.visitTrack(track.id);
    if (event.shiftKey) actions.selectTrack(track.id, { second: true, frame });
    else if (link >= 0) actions.selectLink(link, { go: false });
    else actions.selectTrack(track.id);
    if (!event.shiftKey) actions.goTo(link >= 0 ? linkOf(store.get().model, link).from : frame);
  }

  function describe(event) {
    const { x, track, frame, link } = target(event);
    const what = !track
      ? ""
      : link >= 0 && x >= 0
        ? `, link ${percent(store.get().model.links.probability[link])}`
        : "";
    const readout = !track ? "" : x < 0 ? `track ${track.id}` : `track ${track.id}, frame ${frame}${what}`;
    if (readout !== store.get().readout) store.set({ readout });
  }

  const rows = {
    onPointerDown(event) {
      if (event.button !== 0 || event.offsetX > scroller.current.clientWidth) return;
      drag.current = { x: event.clientX, moved: false };
    },
    onPointerMove(event) {
      const start = drag.current;
      if (!start) return describe(event);
      const dx = event.clientX - start.x;
      if (!start.moved && Math.abs(dx) < CLICK) return;
      if (!start.moved) scroller.current.setPointerCapture(event.pointerId);
      drag.current = { x: event.clientX, moved: true };
      const { scale } = store.get();
      store.set({ scale: moved(scale, -dx / pixelsPerFrame(scale)) });
    },
    onPointerUp(event) {
      const start = drag.current;
      drag.current = null;
      if (start && !start.moved) click(event);
    },
    onPointerCancel: () => (drag.current = null),
    onPointerLeave: () => store.set({ readout: "" }),
  };

  /** Show the missed object of a frame, and with each further click there another one. */
  function clickMisses(frame) {
    const items = allItems(store.get()).filter(
      ({ kind, frame: first, until }) => kind === "miss" && first <= frame && until >= frame,
    );
    if (items.length) actions.visitItem(neighbour(items, store.get().item, 1) ?? items[0]);
  }

  const scrub = (event) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    player.pause();
    player.go(Math.floor(toFrame(store.get().scale, x)));
  };
  const axis = {
    onPointerDown(event) {
      const { left, top } = event.currentTarget.getBoundingClientRect();
      if (event.clientY - top > AXIS) return clickMisses(Math.floor(toFrame(store.get().scale, event.clientX - left)));
      event.currentTarget.setPointerCapture(event.pointerId);
      scrubbing.current = true;
      scrub(event);
    },
    onPointerMove: (event) => scrubbing.current && scrub(event),
    onPointerUp: () => (scrubbing.current = false),
    onPointerCancel: () => (scrubbing.current = false),
    onWheel(event) {
      event.preventDefault();
      zoomByWheel(store, event, event.clientX - event.currentTarget.getBoundingClientRect().left);
    },
  };

  useEffect(() => {
    const wheel = (event) => {
      const { scale } = store.get();
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) zoomByWheel(store, event, target(event).x);
      else if (across) store.set({ scale: moved(scale, across / pixelsPerFrame(scale)) });
      if (event.ctrlKey || event.metaKey || across) event.preventDefault();
    };
    const element = scroller.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);

  return { rows, axis };
}

function zoomByWheel(store, event, pixel) {
  const factor = Math.exp(event.deltaY * (event.deltaMode ? 0.05 : 0.002));
  store.set({ scale: zoomed(store.get().scale, factor, Math.max(pixel, 0)) });
}
