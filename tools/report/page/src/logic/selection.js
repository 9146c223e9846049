/** What is selected, by boxes, so that it can be found again when the tracks were solved again. */

import { originalId } from "./named_boxes.js";
import { linkAt, linkOf, trackOfRow } from "./model.js";

/**
 * The track of a model that holds a box of a track of an earlier one: its box nearest to a frame that is still in a
 * track; null if none is.
 */
export function sameTrack(earlier, track, frame, model) {
  const frames = earlier.boxes.frame;
  const rows = Array.from({ length: track.stop - track.start }, (_, index) => track.start + index);
  rows.sort((a, b) => Math.abs(frames[a] - frame) - Math.abs(frames[b] - frame));
  for (const row of rows) {
    const found = findBox(model, earlier.boxes.frame[row], originalId(earlier, row));
    if (found >= 0) return trackOfRow(model, found);
  }
  return null;
}

/** The row of the link of a model between the same two boxes as a link of an earlier one; -1 if there is none. */
export function sameLink(earlier, link, model) {
  const { first, second, from, to } = linkOf(earlier, link);
  const [a, b] = [findBox(model, from, originalId(earlier, first)), findBox(model, to, originalId(earlier, second))];
  if (a < 0 || b < 0) return -1;
  const track = trackOfRow(model, a);
  const row = linkAt(model, track, from);
  return row >= 0 && trackOfRow(model, b) === track && model.links.to[row] === to ? row : -1;
}

function findBox(model, frame, id) {
  const k = frame - model.frames.first;
  if (!id || k < 0 || k >= model.frames.count) return -1;
  const { starts, rows } = model.byFrame;
  for (let i = starts[k]; i < starts[k + 1]; i++) if (originalId(model, rows[i]) === id) return rows[i];
  return -1;
}
