import assert from "node:assert/strict";
import { test } from "node:test";
import { makeModel } from "../src/logic/model.js";
import { missCounts, missSteps } from "../src/logic/misses.js";
import { kindsOf, neighbour, placeIn, reviewItems, shownItems } from "../src/logic/review_items.js";
import { sameLink, sameTrack } from "../src/logic/selection.js";
import { findTracks } from "../src/logic/track_order.js";
import { correctedData, smallData } from "./small_data.js";

const tracks = [
  { id: 12, className: "Car", first: 5, start: 0, stop: 9, least: 0.9 },
  { id: 2, className: "person", first: 7, start: 9, stop: 29, least: null },
  { id: 7, className: "cart", first: 1, start: 29, stop: 31, least: 0.3 },
];
const ids = (found) => found.map(({ id }) => id);

test("tracks are found by id, range and class", () => {
  assert.deepEqual(ids(findTracks(tracks, "", "id")), [2, 7, 12]);
  assert.deepEqual(ids(findTracks(tracks, "12", "id")), [12]);
  assert.deepEqual(ids(findTracks(tracks, "2-7, 12", "id")), [2, 7, 12]);
  assert.deepEqual(ids(findTracks(tracks, "CAR", "id")), [7, 12]);
  assert.deepEqual(ids(findTracks(tracks, "boat", "id")), []);
});

test("tracks are sorted", () => {
  assert.deepEqual(ids(findTracks(tracks, "", "start")), [7, 12, 2]);
  assert.deepEqual(ids(findTracks(tracks, "", "length")), [2, 12, 7]);
  assert.deepEqual(ids(findTracks(tracks, "", "least")), [7, 12, 2]);
});

const model = makeModel(
  smallData({
    review: [
      { kind: "link", frame: 11, until: 14, tracks: [7], link: 1, text: "unsure" },
      { kind: "crossing", frame: 12, until: null, tracks: [7, 9], link: null, text: "cross" },
    ],
    truth: {
      scores: {},
      events: [{ kind: "miss", first: 3, last: 5, track: null, object: 4, box: [1, 2, 3, 4], text: "missed" }],
    },
  }),
);

test("truth comes after the links and the events", () => {
  const items = reviewItems(model);
  assert.deepEqual(
    items.map(({ kind, link }) => [kind, link]),
    [
      ["link", 1],
      ["crossing", -1],
      ["miss", -1],
    ],
  );
  assert.deepEqual(items[2].box, [1, 2, 3, 4]);
  assert.equal(new Set(items.map(({ key }) => key)).size, 3);
});

test("an identity switch is about both tracks, and about the last frame before it", () => {
  const previous = { track: 9, frame: 8 };
  const at = { kind: "switch", first: 12, last: 12, track: 7, object: 4, box: [1, 2, 3, 4], text: "switch", previous };
  const [item] = reviewItems(makeModel(smallData({ truth: { scores: {}, events: [at] } })));
  assert.deepEqual([item.tracks, item.frame, item.frames], [[7, 9], 12, [8, 12]]);
});

test("the key of an item stays when the tracks have other ids", () => {
  const review = [{ kind: "crossing", frame: 12, until: null, tracks: [17, 19], link: null, text: "cross" }];
  const tracks = smallData().tracks.map((track) => ({ ...track, id: track.id + 10 }));
  const solved = makeModel({ ...correctedData([7, 7, 0, 0, 7, 0, 9, 9]), review, tracks });
  assert.equal(reviewItems(solved)[0].key, reviewItems(model)[1].key);
});

test("done items are hidden and counted", () => {
  const items = reviewItems(model);
  const done = new Set([items[0].key]);
  assert.deepEqual(
    shownItems(items, "all", done, false).map(({ kind }) => kind),
    ["crossing", "miss"],
  );
  assert.equal(shownItems(items, "link", done, true).length, 1);
  assert.deepEqual(kindsOf(items, done)[0], { kind: "link", all: 1, open: 0 });
  assert.equal(neighbour(items, items[0].key, 1), items[1]);
  assert.equal(neighbour(items, items[2].key, 1), null);
  assert.equal(neighbour(items, null, 1), items[0]);
  assert.equal(placeIn(items, items, items[1].key), items[1].key);
  assert.equal(placeIn([items[0], items[2]], items, items[1].key), items[0].key);
  assert.equal(placeIn([items[2]], items, items[1].key), null);
});

test("missed objects are counted frame by frame", () => {
  const frames = { first: 1, count: 6 };
  const counts = missCounts(
    [
      { first: 2, last: 4 },
      { first: 4, last: 9 },
    ],
    frames,
  );
  assert.deepEqual([[...counts.counts], counts.most], [[0, 1, 1, 2, 1, 1], 2]);
  assert.deepEqual(missSteps(counts, frames), [
    { from: 2, to: 4, missed: 1 },
    { from: 4, to: 5, missed: 2 },
    { from: 5, to: 7, missed: 1 },
  ]);
});

test("what is selected is found again by its boxes", () => {
  // the original tracks 7 and 9 have become 9 and 7
  const solved = makeModel({
    ...correctedData([7, 7, 0, 0, 7, 0, 9, 9]),
    tracks: smallData().tracks.map((track) => ({ ...track, id: 16 - track.id })),
  });
  assert.equal(sameTrack(model, model.byId.get(7), 12, solved).id, 9);
  assert.equal(sameLink(model, 1, solved), 1);
  const partly = makeModel(correctedData([7, 0, 0, 0, 0, 0, 9, 9]));
  assert.equal(sameTrack(model, model.byId.get(7), 14, partly).id, 7);
  const without = makeModel(correctedData([7, 7, 0, 0, 0, 0, 9, 9]));
  assert.equal(sameLink(model, 1, without), -1);
  assert.equal(sameTrack(model, model.byId.get(9), 1, makeModel(correctedData([7, 7, 0, 0, 0, 0, 0, 0]))), null);
});
