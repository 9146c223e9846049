/**
 * The corrections that a person can make about what is selected: the lines each would add, or why it cannot be made.
 *
 * In a view of the original tracks, lines may name whole tracks. In a view that was solved again, ids on the page
 * are not those of the lines: there, lines name boxes one by one.
 */

import {
  boxName,
  consecutiveBoxes,
  falseLines,
  firstFrom,
  lastBefore,
  originalId,
  sharedFrame,
  whyUnnamed,
} from "./named_boxes.js";
import { linkOf, rowOf } from "./model.js";

export const ACTIONS = [
  { action: "same", name: "Same object", key: "e", help: "The two boxes show one object." },
  { action: "different", name: "Not the same", key: "x", help: "The two boxes show two objects." },
  { action: "split", name: "Split here", key: "s", help: "From this frame on, the track shows another object." },
  { action: "merge", name: "Merge", key: "m", help: "The two tracks show one object." },
  { action: "swap", name: "Swap from here", key: "w", help: "From this frame on, the two tracks are exchanged." },
  { action: "false", name: "False alarm", key: "f", help: "The boxes show no object that is to be tracked." },
  { action: "true", name: "Right as it is", key: "y", help: "This box shows an object: it stays in the result." },
];

/** What a false alarm may cover. */
export const EXTENTS = [
  { extent: "track", name: "whole track" },
  { extent: "box", name: "this box" },
  { extent: "before", name: "up to this frame" },
  { extent: "after", name: "from this frame on" },
];

const NO_TRACK = "Select a track first: click it in the picture, in the time line or in the list.";
const NO_SECOND = "Choose a second track first: hold Shift and click it.";

/**
 * What can be corrected.
 * @param {{track: ?object, second: ?object, link: number, frame: number, extent: string}} selection
 *   tracks of the model, a row of the links or -1, the present frame, one of EXTENTS.
 * @returns {Map<string, {lines: string[], reason: ?string}>} by action; no lines where there is a reason.
 */
export function proposals(model, selection) {
  const make = { same: pair("must"), different: pair("cannot"), split, merge, swap, false: falseAlarm, true: rightBox };
  return new Map(
    ACTIONS.map(({ action }) => {
      const made = selection.track ? make[action](model, selection) : NO_TRACK;
      return [action, typeof made === "string" ? { lines: [], reason: made } : { lines: made, reason: null }];
    }),
  );
}

/** The rows of the two boxes that "same" and "not the same" are about; a sentence if there are none. */
function pairOf(model, { track, second, link, frame }) {
  if (second && second !== track) {
    return (
      consecutiveBoxes(model, track, second, frame) ??
      `Tracks ${track.id} and ${second.id} have no two boxes of which one is before the other.`
    );
  }
  if (link >= 0) {
    const { first, second: last, from, to } = linkOf(model, link);
    return whyUnnamed(model, track, from) ?? whyUnnamed(model, track, to) ?? [first, last];
  }
  const before = lastBefore(model, track, frame);
  const after = firstFrom(model, track, frame);
  return before < 0 || after < 0 ? undetected(track, frame, before < 0) : [before, after];
}

function pair(word) {
  return (model, selection) => {
    const rows = pairOf(model, selection);
    return typeof rows === "string" ? rows : [`${word} ${boxName(model, rows[0])} ${boxName(model, rows[1])}`];
  };
}

function split(model, { track, link, frame }) {
  const at = link >= 0 ? model.links.to[link] : frame;
  const [before, after] = [lastBefore(model, track, at), firstFrom(model, track, at)];
  if (before < 0 || after < 0) return undetected(track, at, before < 0);
  if (model.boxes.original) return [`cannot ${boxName(model, before)} ${boxName(model, after)}`];
  return [`split ${at} ${track.id}`];
}

function merge(model, { track, second, frame }) {
  if (!second || second === track) return NO_SECOND;
  const shared = sharedFrame(model, track, second);
  if (shared !== null) {
    return `Tracks ${track.id} and ${second.id} were both detected in frame ${shared}: they cannot be one object.`;
  }
  if (!model.boxes.original) return [`merge ${track.id} ${second.id}`];
  const rows = consecutiveBoxes(model, track, second, frame);
  return rows
    ? [`must ${boxName(model, rows[0])} ${boxName(model, rows[1])}`]
    : "No box of them is in an original track.";
}

function swap(model, { track, second, frame }) {
  if (!second || second === track) return NO_SECOND;
  const [before, secondBefore] = [lastBefore(model, track, frame), lastBefore(model, second, frame)];
  const [after, secondAfter] = [firstFrom(model, track, frame), firstFrom(model, second, frame)];
  if ((before < 0 && secondBefore < 0) || (after < 0 && secondAfter < 0)) {
    const when = after < 0 && secondAfter < 0 ? `from frame ${frame} on` : `before frame ${frame}`;
    return `Neither track ${track.id} nor track ${second.id} was detected ${when}.`;
  }
  if (!model.boxes.original) return [`swap ${frame} ${track.id} ${second.id}`];
  return exchanged(model, [before, after], [secondBefore, secondAfter]);
}

/** Lines that exchange what two tracks go on as, box by box. */
function exchanged(model, [before, after], [secondBefore, secondAfter]) {
  const line = (word, a, b) => (a >= 0 && b >= 0 ? [`${word} ${boxName(model, a)} ${boxName(model, b)}`] : []);
  const lines = [...line("must", before, secondAfter), ...line("must", secondBefore, after)];
  if (lines.length === 2) return lines;
  return [...lines, ...line("cannot", before, after), ...line("cannot", secondBefore, secondAfter)];
}

function falseAlarm(model, { track, frame, extent }) {
  const [first, last] = { before: [-Infinity, frame], after: [frame, Infinity] }[extent] ?? [-Infinity, Infinity];
  if (extent === "box") {
    const row = rowOf(model, track, frame);
    return whyUnnamed(model, track, frame) ?? [`false ${boxName(model, row)}`];
  }
  if (extent === "track" && !model.boxes.original) return [`false ${track.id}`];
  const lines = falseLines(model, track, first, last);
  return lines.length ? lines : undetected(track, frame, extent === "before");
}

function rightBox(model, { track, frame }) {
  return whyUnnamed(model, track, frame) ?? [`true ${boxName(model, rowOf(model, track, frame))}`];
}

function undetected(track, frame, before) {
  return `Track ${track.id} was not detected ${before ? "before" : "from"} frame ${frame}${before ? "" : " on"}.`;
}

/**
 * The line that says that a box and a candidate of another frame show one object; null if one of them has no name.
 * @param {number} row of the box.
 * @param {{frame: number, track: ?number}} candidate
 */
export function sameObjectLine(model, row, { frame, track: id }) {
  const track = model.byId.get(id);
  const other = track ? rowOf(model, track, frame) : -1;
  if (row < 0 || other < 0 || !originalId(model, row) || !originalId(model, other)) return null;
  const [first, second] = model.boxes.frame[row] < frame ? [row, other] : [other, row];
  return `must ${boxName(model, first)} ${boxName(model, second)}`;
}
