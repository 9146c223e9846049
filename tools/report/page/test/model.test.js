import assert from "node:assert/strict";
import { test } from "node:test";
import { contentHash, decodeColumn, lowerBound } from "../src/logic/columns.js";
import { boxOf, firstFrameWithBox, linkAt, linkOf, makeModel, rowOf, rowsOfFrame, scoreOf, trackOfRow } from "../src/logic/model.js";
import { startState } from "../src/view/state.js";
import { smallData } from "./small_data.js";
import { encode, madeUpData } from "./made_up_data.js";

test("columns are little-endian typed arrays", () => {
  assert.deepEqual([...decodeColumn("AQAAAP////8=", "Int32")], [1, -1]);
  assert.deepEqual([...decodeColumn("AAABAA==", "Int16")], [0, 1]);
  assert.throws(() => decodeColumn("AQAA", "Int32"), /3 bytes/);
  assert.throws(() => decodeColumn(undefined, "Int32"), /missing/);
});

test("the first place of a value", () => {
  const values = Int32Array.from([2, 4, 4, 9]);
  assert.deepEqual(
    [0, 2, 3, 4, 9, 10].map((value) => lowerBound(values, value)),
    [0, 0, 1, 1, 3, 4],
  );
  assert.equal(lowerBound(values, 2, 1, 3), 1);
});

test("the hash tells contents apart", () => {
  assert.equal(contentHash(Int32Array.from([1, 2])), contentHash(Int32Array.from([1]), Int32Array.from([2])));
  assert.notEqual(contentHash(Int32Array.from([1, 2])), contentHash(Int32Array.from([2, 1])));
});

test("boxes, tracks and links are found", () => {
  const model = makeModel(smallData());
  const [seven, nine] = model.tracks;
  assert.deepEqual(
    [...rowsOfFrame(model, 12)].map((row) => trackOfRow(model, row).id),
    [7, 9],
  );
  assert.equal(rowsOfFrame(model, 99).length, 0);
  assert.equal(rowOf(model, seven, 13), 3);
  assert.equal(rowOf(model, nine, 10), -1);
  assert.deepEqual(boxOf(model, 0), [10.25, 20, 30, 60.5]);
  assert.equal(scoreOf(model, 0), 0.9);
  assert.deepEqual([seven.first, seven.last, seven.lastDetected, seven.className], [10, 15, 14, "person"]);
  assert.deepEqual([nine.linkStart, nine.linkStop, nine.className], [2, 3, "class 5"]);
});

test("the link that covers a frame", () => {
  const model = makeModel(smallData());
  const [seven] = model.tracks;
  assert.deepEqual(
    [9, 10, 11, 13, 14].map((frame) => linkAt(model, seven, frame)),
    [-1, 0, 1, 1, -1],
  );
  const link = linkOf(model, 1);
  assert.deepEqual([link.from, link.to, link.gap, link.first, link.second], [11, 14, 2, 1, 4]);
});

test("the report opens at the first frame with a box", () => {
  assert.equal(firstFrameWithBox(makeModel(smallData())), 10);
  assert.equal(startState(makeModel(smallData()), null).frame, 10);
  assert.equal(startState(makeModel(smallData()), null).shown, 10);
  const none = madeUpData({ tracks: 0, frames: 20 });
  assert.equal(firstFrameWithBox(makeModel(none)), 1);
  const short = { width: 640, height: 480, rate: 10, count: 4, first: 1 };
  assert.equal(firstFrameWithBox(makeModel(smallData({ frames: short }))), 4);
});

test("another format is refused", () => {
  assert.throws(() => makeModel({ ...smallData(), format: 2 }), /format 2/);
});

test("without a video and a record, boxes give the size, and no rate is stated", () => {
  const { frames } = makeModel({
    ...smallData(),
    frames: { width: null, height: null, rate: null, count: 30, first: 1 },
  });
  assert.deepEqual([frames.width, frames.height, frames.rateKnown], [41, 81, false]);
});

test("times of frames come with the video", () => {
  const video = {
    source: "a.mp4",
    width: 100,
    height: 50,
    rate: 10,
    count: 3,
    first: 0,
    times: encode(Float64Array.from([0, 0.1, 0.4])),
  };
  const { frames } = makeModel({ ...madeUpData({ tracks: 1, frames: 20 }), video });
  assert.deepEqual([...frames.times], [0, 0.1, 0.4]);
  assert.deepEqual([frames.first, frames.last, frames.width], [0, 2, 100]);
});
