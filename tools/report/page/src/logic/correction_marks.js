/** Where lines of corrections name tracks, for marks on the time line. */

import { boxesOfLine } from "./correction_text.js";
import { rowsOfFrame, trackOfRow } from "./model.js";
import { originalId } from "./named_boxes.js";

/**
 * Marks by the id of the displayed track.
 * @param {string[]} lines with ids of the original tracks.
 * @returns {Map<number, {frame: number, line: string}[]>}
 */
export function correctionMarks(model, lines) {
  const marks = new Map();
  for (const line of lines) {
    for (const { frame, id } of boxesOfLine(line)) {
      const [track, at] = displayed(model, frame, id) ?? [];
      if (track) marks.set(track.id, [...(marks.get(track.id) ?? []), { frame: at, line }]);
    }
  }
  return marks;
}

/** The displayed track that holds a box of an original track in a frame, and the frame; of the whole track if null. */
function displayed(model, frame, id) {
  const { original } = model.boxes;
  if (!original) {
    const track = model.byId.get(id);
    return track && [track, frame ?? track.firstDetected];
  }
  const row =
    frame === null
      ? original.indexOf(id)
      : [...rowsOfFrame(model, frame)].find((each) => originalId(model, each) === id);
  return row === undefined || row < 0 ? null : [trackOfRow(model, row), model.boxes.frame[row]];
}
