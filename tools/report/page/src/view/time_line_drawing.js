/** Draws the rows and the axis of the time line. */

import { LEVELS, UNKNOWN } from "../logic/levels.js";
import { FOUND } from "../logic/model.js";
import { trackPieces } from "../logic/pieces.js";
import { pixelsPerFrame, ticks, toPixel } from "../logic/time_scale.js";

export const ROW = 22; // pixels
export const AXIS = 22;
export const STRIP = 22;
export const FOUND_DASH = [2, 2];
const DOTS_FROM = 9; // pixels per frame
const FONT = "11px system-ui, sans-serif";

/** Rows of tracks. `selection`: {track, second, link} as in the state; `events` of ground truth and
 * `marks` of corrections by track id. */
export function drawRows(context, { model, tracks, scale, palette, selection, events, marks }) {
  tracks.forEach((track, index) => {
    const middle = index * ROW + ROW / 2;
    drawBand(context, index, scale, palette, track, selection);
    const pieces = trackPieces(model, track, scale.start, scale.stop);
    pieces.sort((a, b) => levelRank(a) - levelRank(b));
    for (const piece of pieces) drawPiece(context, piece, middle, scale, palette);
    if (pixelsPerFrame(scale) >= DOTS_FROM) drawDots(context, model, track, middle, scale, palette);
    for (const event of events.get(track.id) ?? []) drawEvent(context, event, middle, scale, palette);
    for (const { frame } of marks.get(track.id) ?? []) drawCorrection(context, frame, middle, scale, palette);
    if (selection.link >= track.linkStart && selection.link < track.linkStop) {
      drawChosen(context, model.links, selection.link, middle, scale, palette);
    }
  });
}

/** Unsure pieces are drawn over sure ones, as they may be narrow. */
function levelRank({ kind, level }) {
  return kind === "extended" || kind === "found" ? -1 : level % LEVELS.length;
}

function drawBand(context, index, scale, palette, { id }, { track, second }) {
  const colour = id === track ? palette.selected : index % 2 ? palette.band : null;
  if (colour) {
    context.fillStyle = colour;
    context.fillRect(0, index * ROW, scale.width, ROW);
  }
  if (id !== second) return;
  context.setLineDash([4, 3]);
  context.lineWidth = 1;
  context.strokeStyle = palette.text;
  context.strokeRect(0.5, index * ROW + 0.5, scale.width - 1, ROW - 1);
  context.setLineDash([]);
}

function drawPiece(context, { kind, level: index, from, to }, middle, scale, palette) {
  const level = LEVELS[index] ?? UNKNOWN;
  const [x, end] = [toPixel(scale, from + 0.5), toPixel(scale, to + 0.5)];
  const width = Math.max(end - x, index === 0 ? 2 : 3);
  context.strokeStyle = palette[level.key];
  context.setLineDash(width > 8 ? level.dash : []);
  if (kind === "detected") {
    context.lineWidth = level.height;
    line(context, x, x + width, middle);
  } else if (kind === "gap") {
    context.lineWidth = 2;
    context.setLineDash([2, 3]);
    line(context, x, x + width, middle);
    markNarrow(context, x, width, middle, level);
  } else {
    context.lineWidth = 1.5;
    const half = kind === "interpolated" ? level.height / 2 : 2;
    if (kind === "found") context.setLineDash(FOUND_DASH);
    line(context, x, x + width, middle - half);
    line(context, x, x + width, middle + half);
    if (kind === "interpolated") markNarrow(context, x, width, middle, level);
  }
  context.setLineDash([]);
}

/** Gaps narrower than their dash are still told from links: by two upright lines. */
function markNarrow(context, x, width, middle, { height }) {
  context.setLineDash([]);
  context.lineWidth = 1;
  context.beginPath();
  for (const at of [x, x + width]) {
    context.moveTo(at, middle - height / 2 - 1);
    context.lineTo(at, middle + height / 2 + 1);
  }
  context.stroke();
}

function line(context, from, to, y) {
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.stroke();
}

/** The boxes of a track one by one: full dots are detected, rings are interpolated, and small dots are found. */
function drawDots(context, model, track, middle, scale, palette) {
  const { frame, interpolated } = model.boxes;
  for (let row = track.start; row < track.stop; row++) {
    if (frame[row] < scale.start - 1 || frame[row] > scale.stop) continue;
    context.beginPath();
    const found = interpolated[row] === FOUND;
    context.arc(toPixel(scale, frame[row] + 0.5), middle, found ? 1.5 : 3, 0, 7);
    context.fillStyle = interpolated[row] && !found ? palette.surface : palette.text;
    context.strokeStyle = palette.text;
    context.lineWidth = 1;
    context.fill();
    context.stroke();
  }
}

function drawEvent(context, { kind, first, last }, middle, scale, palette) {
  const [x, end] = [toPixel(scale, first + 0.5), toPixel(scale, last + 0.5)];
  if (kind === "switch") return diamond(context, x, middle - 4, palette);
  context.strokeStyle = palette.unsure;
  context.lineWidth = 3;
  context.setLineDash([3, 2]);
  line(context, x - 1, Math.max(end, x + 2), middle + ROW / 2 - 3);
  context.setLineDash([]);
}

function diamond(context, x, y, palette) {
  context.beginPath();
  context.moveTo(x, y - 6);
  context.lineTo(x + 5, y);
  context.lineTo(x, y + 6);
  context.lineTo(x - 5, y);
  context.closePath();
  context.fillStyle = palette.cursor;
  context.strokeStyle = palette.surface;
  context.lineWidth = 1.5;
  context.stroke();
  context.fill();
}

/** A flag where a correction names the track. */
function drawCorrection(context, frame, middle, scale, palette) {
  const x = toPixel(scale, frame + 0.5);
  context.fillStyle = palette.text;
  context.fillRect(x - 1, middle - 10, 2, 20);
  context.beginPath();
  context.moveTo(x + 1, middle - 10);
  context.lineTo(x + 9, middle - 6.5);
  context.lineTo(x + 1, middle - 3);
  context.fill();
}

function drawChosen(context, { from, to }, link, middle, scale, palette) {
  const [x, end] = [toPixel(scale, from[link] + 0.5), toPixel(scale, to[link] + 0.5)];
  context.strokeStyle = palette.text;
  context.lineWidth = 2;
  context.strokeRect(x - 3, middle - 9, Math.max(end - x, 2) + 6, 18);
}

/** The axis: frame numbers, marks of what is to review, and a strip of missed objects if there are any. */
export function drawAxis(context, { scale, palette, items, misses }) {
  context.font = FONT;
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (const frame of ticks(scale)) {
    const x = Math.round(toPixel(scale, frame + 0.5)) + 0.5;
    context.strokeStyle = palette.line;
    context.beginPath();
    context.moveTo(x, AXIS - 5);
    context.lineTo(x, AXIS);
    context.stroke();
    context.fillStyle = palette.quiet;
    context.fillText(String(frame), x + 4, AXIS / 2 - 1);
  }
  drawItemMarks(context, items, scale, palette);
  drawMisses(context, misses, scale, palette);
}

/** Bars, as high as many objects are missed. */
function drawMisses(context, { steps, most }, scale, palette) {
  context.fillStyle = palette.unsure;
  for (const { from, to, missed } of steps) {
    if (to < scale.start || from > scale.stop) continue;
    const [x, end] = [toPixel(scale, from), toPixel(scale, to)];
    const height = Math.max((missed / most) * (STRIP - 2), 2);
    context.fillRect(x, AXIS + STRIP - height, Math.max(end - x, 1), height);
  }
}

/** Small triangles; one for each pixel at most. */
function drawItemMarks(context, items, scale, palette) {
  context.fillStyle = palette.quiet;
  const drawn = new Set();
  for (const { frame } of items) {
    const x = Math.round(toPixel(scale, frame + 0.5));
    if (drawn.has(x) || x < 0 || x > scale.width) continue;
    drawn.add(x);
    context.beginPath();
    context.moveTo(x - 3, AXIS - 6);
    context.lineTo(x + 3, AXIS - 6);
    context.lineTo(x, AXIS);
    context.fill();
  }
}
