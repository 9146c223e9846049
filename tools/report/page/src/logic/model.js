/** The report's data, unpacked: columns as typed arrays, and what is looked up often. */

import { decodeColumn, lowerBound } from "./columns.js";
import { clampFrame } from "./frame_times.js";

/** In the column `interpolated`: a search in the image found the box. */
export const FOUND = 2;

const FORMAT = 1;
const PLAIN_RATE = 25; // frames per second to play at where the rate is not known

/** The model of report data (see docs/report.md, "Data"). */
export function makeModel(data) {
  if (data.format !== FORMAT) {
    throw new Error(`This page reads reports of format ${FORMAT}; the data are of format ${data.format}.`);
  }
  const classes = new Map((data.classes ?? []).map((each) => [each.number, className(each)]));
  const boxes = unpackBoxes(data.boxes);
  const frames = frameFacts(data, boxes);
  const links = unpackLinks(data.links);
  const tracks = (data.tracks ?? []).map((each, row) => makeTrack(each, row, boxes, links, classes));
  return {
    name: data.name ?? "",
    version: data.siamlink ?? "",
    video: data.video ?? null,
    frames,
    classes,
    boxes,
    links,
    tracks,
    byId: new Map(tracks.map((track) => [track.id, track])),
    byFrame: frameIndex(boxes.frame, frames),
    starts: Int32Array.from(tracks, (track) => track.start),
    details: data.details ?? {},
    probable: links.count > 0 && links.probability.some((each) => !Number.isNaN(each)),
    explained: Object.keys(data.details ?? {}).length > 0,
    searched: boxes.interpolated.includes(FOUND),
    review: data.review ?? [],
    truth: data.truth ?? null,
    corrections: { tracks: `${data.name}.txt`, lines: [], ...data.corrections },
    notes: data.notes ?? [],
    served: data.served ?? null,
    seconds: data.seconds ?? null,
  };
}

/** Classes without names are named by their numbers. */
function className({ number, name }) {
  return !name || name === String(number) ? `class ${number}` : name;
}

/** Facts of the frames; without a video and a record, the size is what all boxes take, and the rate is not known. */
function frameFacts(data, boxes) {
  const facts = { first: 1, count: 1, ...data.frames, ...data.video };
  const times = facts.times ? decodeColumn(facts.times, "Float64") : null;
  return {
    first: facts.first,
    count: facts.count,
    last: facts.first + facts.count - 1,
    width: facts.width || farEnd(boxes, 0),
    height: facts.height || farEnd(boxes, 1),
    rate: facts.rate || PLAIN_RATE,
    rateKnown: Boolean(facts.rate),
    times,
  };
}

/** The largest right (0) or bottom (1) end of all boxes, in pixels. */
function farEnd({ box, unit }, side) {
  let end = 1 / unit;
  for (let row = 0; row < box.length; row += 4) end = Math.max(end, box[row + side] + box[row + 2 + side]);
  return Math.ceil(end * unit);
}

function unpackBoxes(columns) {
  const frame = decodeColumn(columns.frame, "Int32");
  return {
    count: frame.length,
    frame,
    box: decodeColumn(columns.box, "Int16"),
    unit: columns.unit,
    score: decodeColumn(columns.score, "Uint8"),
    scores: columns.scores ?? [0, 1],
    interpolated: decodeColumn(columns.interpolated, "Uint8"),
    link: decodeColumn(columns.link, "Int32"),
    original: columns.original ? decodeColumn(columns.original, "Int32") : null,
  };
}

function unpackLinks(columns) {
  const track = decodeColumn(columns.track, "Int32");
  return {
    count: track.length,
    track,
    from: decodeColumn(columns.from, "Int32"),
    to: decodeColumn(columns.to, "Int32"),
    probability: decodeColumn(columns.probability, "Float32"),
    loss: decodeColumn(columns.loss, "Float32"),
    appearance: decodeColumn(columns.appearance, "Float32"),
  };
}

function makeTrack(track, row, boxes, links, classes) {
  const { start, stop } = track;
  let first = start;
  let last = stop - 1;
  while (first < last && boxes.interpolated[first]) first++;
  while (last > first && boxes.interpolated[last]) last--;
  return {
    ...track,
    row,
    className: classes.get(track.class) ?? className({ number: track.class }),
    crops: track.crops ?? [],
    first: boxes.frame[start],
    last: boxes.frame[stop - 1],
    firstDetected: boxes.frame[first],
    lastDetected: boxes.frame[last],
    firstFound: foundFrom(boxes, first, start, -1),
    lastFound: foundFrom(boxes, last, stop - 1, 1),
    linkStart: lowerBound(links.track, row),
    linkStop: lowerBound(links.track, row + 1),
  };
}

/** The frame up to which a search has found the object from a detected row on, towards an end of its track. */
function foundFrom({ frame, interpolated }, row, end, step) {
  while (row !== end && interpolated[row + step] === FOUND) row += step;
  return frame[row];
}

/** Rows of the boxes of each frame: those of frame first + k are rows[starts[k]] to rows[starts[k + 1] - 1]. */
function frameIndex(frame, { first, count }) {
  const starts = new Int32Array(count + 2);
  const place = (row) => Math.min(Math.max(frame[row] - first, 0), count - 1);
  for (let row = 0; row < frame.length; row++) starts[place(row) + 1]++;
  for (let k = 0; k <= count; k++) starts[k + 1] += starts[k];
  const next = starts.slice();
  const rows = new Int32Array(frame.length);
  for (let row = 0; row < frame.length; row++) rows[next[place(row)]++] = row;
  return { starts, rows };
}

/** The frame to begin with: the first that has a box; without boxes, the first of all. */
export function firstFrameWithBox({ boxes, frames }) {
  const first = boxes.frame.reduce((least, frame) => Math.min(least, frame), Infinity);
  return boxes.count ? clampFrame(frames, first) : frames.first;
}

/** The rows of the boxes in a frame. */
export function rowsOfFrame(model, frame) {
  const k = frame - model.frames.first;
  if (k < 0 || k >= model.frames.count) return model.byFrame.rows.subarray(0, 0);
  return model.byFrame.rows.subarray(model.byFrame.starts[k], model.byFrame.starts[k + 1]);
}

/** The track that the box of a row belongs to. */
export function trackOfRow(model, row) {
  return model.tracks[lowerBound(model.starts, row + 1) - 1];
}

/** The row of a track's box in a frame; -1 if it has none. */
export function rowOf(model, track, frame) {
  const row = lowerBound(model.boxes.frame, frame, track.start, track.stop);
  return row < track.stop && model.boxes.frame[row] === frame ? row : -1;
}

/** The box of a row, in pixels: [left, top, width, height]. */
export function boxOf(model, row) {
  const { box, unit } = model.boxes;
  return [0, 1, 2, 3].map((side) => box[4 * row + side] * unit);
}

/** The score of the box of a row. */
export function scoreOf(model, row) {
  const [low, high] = model.boxes.scores;
  return low + ((high - low) * model.boxes.score[row]) / 255;
}

/** What is known of a link: its track, its frames, its numbers and the rows of its two boxes. */
export function linkOf(model, row) {
  const { links } = model;
  const track = model.tracks[links.track[row]];
  const [from, to] = [links.from[row], links.to[row]];
  return {
    row,
    track,
    from,
    to,
    gap: to - from - 1,
    probability: links.probability[row],
    loss: links.loss[row],
    appearance: links.appearance[row],
    first: rowOf(model, track, from),
    second: rowOf(model, track, to),
    detail: model.details[row] ?? null,
  };
}

/** The row of the link of a track that covers a frame (from <= frame < to); -1 if there is none. */
export function linkAt(model, track, frame) {
  const row = lowerBound(model.links.from, frame + 1, track.linkStart, track.linkStop) - 1;
  return row >= track.linkStart && model.links.to[row] > frame ? row : -1;
}
