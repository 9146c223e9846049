/** The time line: a row for each track, the axis, and the cursor of the present frame. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { paged, toPixel, wholeScale, withWidth } from "../logic/time_scale.js";
import { correctionMarks } from "../logic/correction_marks.js";
import { missCounts, missSteps } from "../logic/misses.js";
import { trackLabel } from "../logic/words.js";
import { trackColour } from "../logic/colours.js";
import { prepare, usePalette, useSize } from "./canvas.js";
import { html } from "./html.js";
import { allItems, correctionLines, listedTracks } from "./state.js";
import { usePage, useSelect } from "./store.js";
import { AXIS, drawAxis, drawRows, ROW, STRIP } from "./time_line_drawing.js";
import { Legend, Readout, TimeZoom } from "./time_line_head.js";
import { usePointerOnTime } from "./time_line_pointer.js";

const LABELS = 104; // pixels
const LEAST_WIDTH = 50;

export function TimeLine() {
  const { store } = usePage();
  const [scroller, size] = useSize();
  const model = useSelect((state) => state.model);
  const scale = useSelect((state) => state.scale);
  const width = Math.max(size.width - LABELS, LEAST_WIDTH);
  useLayoutEffect(() => {
    const old = store.get().scale;
    store.set({ scale: old ? withWidth(old, width) : wholeScale(model.frames, width) });
  }, [width]);
  const events = useMemo(() => truthEvents(model), [model]);
  const pointer = usePointerOnTime(scroller, LABELS);
  return html`
    <section class="time-line" aria-label="Time line" style=${{ "--labels": `${LABELS}px` }}>
      <div class="time-head"><${Legend} /><${Readout} /><${TimeZoom} /></div>
      ${scale && html`<${Axis} scale=${scale} misses=${events.misses} pointer=${pointer.axis} />`}
      <${FollowPlaying} />
      <div class="rows-frame">
        <div class="rows" ref=${scroller} data-rows ...${pointer.rows}>
          ${
            scale &&
            html`<${Rows} scroller=${scroller} height=${size.height} scale=${scale} events=${events.byTrack}
            />`
          }
        </div>
        ${scale && html`<${Cursor} scale=${scale} />`}
      </div>
    </section>`;
}

/** Keeps the frame that is played in sight. */
function FollowPlaying() {
  const { store } = usePage();
  const frame = useSelect((state) => (state.playing ? state.frame : null));
  useEffect(() => {
    const { scale } = store.get();
    if (frame !== null && scale) store.set({ scale: paged(scale, frame) });
  }, [frame]);
  return null;
}

function truthEvents(model) {
  const byTrack = new Map();
  const misses = [];
  for (const event of model.truth?.events ?? []) {
    if (event.kind === "miss" || event.track === null) misses.push(event);
    else byTrack.set(event.track, [...(byTrack.get(event.track) ?? []), event]);
  }
  const counts = missCounts(misses, model.frames);
  return { byTrack, misses: { all: misses, steps: missSteps(counts, model.frames), most: counts.most } };
}

function Axis({ scale, misses, pointer }) {
  const canvas = useRef(null);
  const palette = usePalette();
  const items = useSelect(allItems);
  const height = AXIS + (misses.most ? STRIP : 0);
  useEffect(() => {
    drawAxis(prepare(canvas.current, { width: scale.width, height }), { scale, palette, items, misses });
  }, [scale, palette, items, misses, height]);
  return html`
    <div class="axis" style=${{ height: `${height}px` }}>
      <span class="axis-label">Frame</span>
      ${
        misses.most > 0 &&
        html`<span class="axis-label"
        style=${{ top: `${AXIS}px`, height: `${STRIP}px` }}>Missed (${misses.most})</span>`
      }
      <canvas ref=${canvas} style=${{ width: `${scale.width}px`, height: `${height}px` }} aria-hidden="true" data-axis
        ...${pointer}></canvas>
      <${Cursor} scale=${scale} handle=${true} />
    </div>`;
}

function Cursor({ scale, handle = false }) {
  const frame = useSelect((state) => state.frame);
  const x = toPixel(scale, frame + 0.5);
  if (x < 0 || x > scale.width) return null;
  return html`<div class=${handle ? "cursor handle" : "cursor"} aria-hidden="true"
    style=${{ transform: `translateX(${LABELS + x}px)` }}></div>`;
}

/** The rows near what is scrolled to, drawn on a canvas that scrolls along with their labels. */
function Rows({ scroller, height, scale, events }) {
  const tracks = useSelect(listedTracks);
  const [range, follow] = useRange(scroller, height, tracks.length);
  const shown = tracks.slice(range.start, range.stop);
  useEffect(() => {
    scroller.current.addEventListener("scroll", follow, { passive: true });
    return () => scroller.current?.removeEventListener("scroll", follow);
  }, [follow]);
  useScrollToSelected(scroller, tracks, height);
  return html`
    <div class="rows-all" style=${{ height: `${tracks.length * ROW}px` }}>
      <${RowLabels} tracks=${shown} start=${range.start} all=${tracks.length} />
      <${RowsCanvas} tracks=${shown} start=${range.start} scale=${scale} events=${events} />
      ${!tracks.length && html`<p class="quiet empty">No track matches the search.</p>`}
    </div>`;
}

/** The rows to draw: those in sight and as many above and below. */
function useRange(scroller, height, all) {
  const inSight = Math.ceil(height / ROW) + 1;
  const around = (top) => {
    const first = Math.floor(top / ROW);
    return { start: Math.max(first - inSight, 0), stop: Math.min(first + 2 * inSight, all) };
  };
  const [top, setTop] = useState(0);
  const follow = useMemo(
    () => () => {
      const now = scroller.current.scrollTop;
      setTop((old) => (Math.abs(now - old) > (inSight * ROW) / 2 ? now : old));
    },
    [inSight],
  );
  return [around(Math.min(top, Math.max(all * ROW - height, 0))), follow];
}

function useScrollToSelected(scroller, tracks, height) {
  const id = useSelect((state) => state.track);
  useEffect(() => {
    const place = id === null ? -1 : tracks.findIndex((track) => track.id === id);
    if (place < 0 || !height) return;
    const [top, element] = [place * ROW, scroller.current];
    if (top < element.scrollTop) element.scrollTop = top - ROW;
    else if (top + ROW > element.scrollTop + height) element.scrollTop = top + 2 * ROW - height;
  }, [id, tracks, height > 0]);
}

function RowLabels({ tracks, start, all }) {
  const selected = useSelect((state) => state.track);
  const second = useSelect((state) => state.second);
  const several = useSelect((state) => state.model.classes.size > 1);
  const active = tracks.some(({ id }) => id === selected) ? `row-${selected}` : null;
  return html`
    <div class="row-labels" role="listbox" tabindex="0" aria-label="Tracks on the time line"
      aria-activedescendant=${active}>
      ${tracks.map(
        (track, index) => html`
        <div key=${track.id} id=${`row-${track.id}`} role="option" class=${rowClass(track.id, selected, second)}
          aria-selected=${track.id === selected} aria-setsize=${all} aria-posinset=${start + index + 1}
          aria-label=${trackLabel(track, several)} data-track=${track.id}
          style=${{ top: `${(start + index) * ROW}px`, height: `${ROW}px` }}>
          <i class="swatch" style=${{ background: trackColour(track.id) }}></i><b>${track.id}</b>${" "}
          ${several && html`<span class="quiet clip">${track.className}</span>`}
        </div>`,
      )}
    </div>`;
}

function rowClass(id, selected, second) {
  return id === selected ? "row-label selected" : id === second ? "row-label second" : "row-label";
}

function RowsCanvas({ tracks, start, scale, events }) {
  const canvas = useRef(null);
  const palette = usePalette();
  const model = useSelect((state) => state.model);
  const track = useSelect((state) => state.track);
  const second = useSelect((state) => state.second);
  const link = useSelect((state) => state.link);
  const lines = useSelect(correctionLines);
  const marks = useMemo(() => correctionMarks(model, lines), [model, lines]);
  const height = Math.max(tracks.length * ROW, 1);
  useLayoutEffect(() => {
    const context = prepare(canvas.current, { width: scale.width, height });
    drawRows(context, { model, tracks, scale, palette, selection: { track, second, link }, events, marks });
  });
  const style = { top: `${start * ROW}px`, left: `${LABELS}px`, width: `${scale.width}px`, height: `${height}px` };
  return html`<canvas class="rows-canvas" ref=${canvas} aria-hidden="true" style=${style}></canvas>`;
}
