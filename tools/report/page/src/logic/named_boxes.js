/** Boxes that a line of corrections can name: detected ones, by their frame and their id in the original tracks. */

import { lowerBound } from "./columns.js";
import { rowOf } from "./model.js";

/** The id of a box in the original tracks; 0 if it is in none, or interpolated. */
export function originalId(model, row) {
  const { interpolated, original, frame } = model.boxes;
  if (interpolated[row]) return 0;
  if (original) return original[row];
  return frame.length ? model.tracks[lowerBound(model.starts, row + 1) - 1].id : 0;
}

/** "FRAME ID" of a box that has a name. */
export function boxName(model, row) {
  return `${model.boxes.frame[row]} ${originalId(model, row)}`;
}

/** The last box of a track before a frame that has a name; -1 if there is none. */
export function lastBefore(model, track, frame) {
  let row = lowerBound(model.boxes.frame, frame, track.start, track.stop) - 1;
  while (row >= track.start && !originalId(model, row)) row--;
  return row >= track.start ? row : -1;
}

/** The first box of a track from a frame on that has a name; -1 if there is none. */
export function firstFrom(model, track, frame) {
  let row = lowerBound(model.boxes.frame, frame, track.start, track.stop);
  while (row < track.stop && !originalId(model, row)) row++;
  return row < track.stop ? row : -1;
}

/** The first frame, if any, in which both tracks were detected; null if there is none. */
export function sharedFrame(model, a, b) {
  const { frame, interpolated } = model.boxes;
  let [i, j] = [a.start, b.start];
  while (i < a.stop && j < b.stop) {
    if (interpolated[i] || frame[i] < frame[j]) i++;
    else if (interpolated[j] || frame[j] < frame[i]) j++;
    else return frame[i];
  }
  return null;
}

/**
 * Two boxes with names, the first of them earlier, where one track could go on as the other.
 * Nearest to a frame where the tracks overlap in time; null if there are no two.
 */
export function consecutiveBoxes(model, a, b, frame) {
  const attempts = [];
  for (const [from, to] of [
    [a, b],
    [b, a],
  ]) {
    for (const at of [frame + 1, from.lastDetected + 1]) {
      const before = lastBefore(model, from, at);
      const after = before < 0 ? -1 : firstFrom(model, to, model.boxes.frame[before] + 1);
      if (after >= 0) attempts.push([before, after]);
    }
  }
  const apart = ([before, after]) => model.boxes.frame[after] - model.boxes.frame[before];
  return attempts.sort((x, y) => apart(x) - apart(y))[0] ?? null;
}

/**
 * Why a box has no name, as a sentence, with what to do; null if it has one.
 * @param {number} frame in which the track may have no box.
 */
export function whyUnnamed(model, track, frame) {
  const row = rowOf(model, track, frame);
  if (row >= 0 && originalId(model, row)) return null;
  const near = [lastBefore(model, track, frame), firstFrom(model, track, frame)].filter((each) => each >= 0);
  const where = near.map((each) => model.boxes.frame[each]).join(" and ");
  const what = row < 0 ? "has no box" : model.boxes.interpolated[row] ? "is interpolated" : "is in no original track";
  return `Track ${track.id} ${what} in frame ${frame}. ${where ? `Go to frame ${where}.` : ""}`.trim();
}

/**
 * Lines `false` for the boxes of a displayed track from one frame to another, in original ids.
 * A line covers frames of an original track only as far as all its boxes there are in the displayed track.
 */
export function falseLines(model, track, from, to) {
  const { frame } = model.boxes;
  const byId = new Map();
  for (let row = track.start; row < track.stop; row++) {
    const id = frame[row] >= from && frame[row] <= to ? originalId(model, row) : 0;
    if (id) append(byId, id, frame[row]);
  }
  const elsewhere = framesElsewhere(model, track, byId);
  return [...byId].flatMap(([id, frames]) =>
    runs(frames, elsewhere.get(id) ?? []).map(([first, last]) =>
      first === last ? `false ${first} ${id}` : `false ${first} ${id} ${last}`,
    ),
  );
}

function framesElsewhere(model, track, byId) {
  const found = new Map();
  if (!model.boxes.original) return found;
  const { original, frame, count } = model.boxes;
  for (let row = 0; row < count; row++) {
    if ((row < track.start || row >= track.stop) && byId.has(original[row])) {
      append(found, original[row], frame[row]);
    }
  }
  return found;
}

/** The first and the last of ascending frames that no frame of `others` comes between. */
function runs(frames, others) {
  const between = (a, b) => others.some((each) => each > a && each < b);
  const all = [];
  for (const frame of frames) {
    const run = all.at(-1);
    if (run && !between(run[1], frame)) run[1] = frame;
    else all.push([frame, frame]);
  }
  return all;
}

function append(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
