/** The list to work through: least sure links first, then events, then the errors that ground truth shows. */

import { firstFrom, originalId } from "./named_boxes.js";
import { KINDS } from "./words.js";

/**
 * All items, each with a key that stays the same when the data are replaced.
 * @returns {{key: string, kind: string, frame: number, until: ?number, tracks: number[], link: number, text: string,
 *   box: ?number[], frames: number[]}[]} `link`: a row of the links, -1 for none; `frames`: where to look
 */
export function reviewItems(model) {
  const events = model.truth?.events ?? [];
  return [...model.review.map(fromReview), ...events.map(fromTruth)].map((item) => ({
    ...item,
    key: keyOf(model, item),
  }));
}

function fromReview(item) {
  const frames = framesOf(item.frame, item.until);
  return { box: null, ...item, tracks: item.tracks ?? [], link: item.link ?? -1, until: item.until ?? null, frames };
}

function fromTruth(event) {
  const { kind, first, last, track, object, box, text, previous } = event;
  const tracks = [track, previous?.track].filter(Number.isFinite);
  const frames = framesOf(previous?.frame ?? first, last);
  return { kind, frame: first, until: last, tracks, link: -1, text, box: box ?? null, object, frames };
}

const framesOf = (first, last) => [...new Set([first, last ?? first])];

/**
 * The key of an item names the object of the ground truth, else tracks by their original ids, as ids may change when
 * tracks are solved again.
 */
function keyOf(model, { kind, frame, until, tracks, object }) {
  const named = Number.isFinite(object) ? [] : tracks;
  const ids = named.map((id) => {
    const track = model.byId.get(id);
    const row = track ? firstFrom(model, track, frame) : -1;
    return row < 0 ? id : originalId(model, row);
  });
  return [kind, frame, until ?? "", ...ids, object ?? ""].join(" ");
}

/** The kinds of items, in the order of KINDS, with how many there are of each and how many of these are not done. */
export function kindsOf(items, done) {
  const counts = new Map();
  for (const { kind, key } of items) {
    const entry = counts.get(kind) ?? { kind, all: 0, open: 0 };
    entry.all++;
    if (!done.has(key)) entry.open++;
    counts.set(kind, entry);
  }
  const known = Object.keys(KINDS);
  const place = ({ kind }) => (known.includes(kind) ? known.indexOf(kind) : known.length);
  return [...counts.values()].sort((a, b) => place(a) - place(b));
}

/** The items of a kind ("all": of every kind); those that are done only if asked for, or if it is the selected one. */
export function shownItems(items, kind, done, withDone, selected = null) {
  const shown = ({ key }) => withDone || key === selected || !done.has(key);
  return items.filter((item) => (kind === "all" || item.kind === kind) && shown(item));
}

/** The key of an item, or where it is not among other items any more, of the last one before it that is; else null. */
export function placeIn(others, items, key) {
  const keys = new Set(others.map((item) => item.key));
  const index = items.findIndex((item) => item.key === key);
  return items.slice(0, index + 1).findLast((item) => keys.has(item.key))?.key ?? null;
}

/** The item `step` places after the one of a key, the first one if that is not in the list; null if there is none. */
export function neighbour(items, key, step) {
  const index = items.findIndex((item) => item.key === key);
  if (index < 0) return items[0] ?? null;
  return items[index + step] ?? null;
}
