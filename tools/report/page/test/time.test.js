import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, frameOfMediaTime, frameOfPosition, seekTime, timeOf } from "../src/logic/frame_times.js";
import { around, moved, showing, ticks, toFrame, toPixel, wholeScale, zoomed } from "../src/logic/time_scale.js";

const steady = { first: 1, last: 100, count: 100, rate: 25, times: null };
const varying = { first: 1, last: 4, count: 4, rate: 10, times: Float64Array.from([0, 0.1, 0.5, 0.6]) };

test("seeks to the middle of a frame", () => {
  assert.equal(seekTime(steady, 1), 0.02);
  assert.equal(seekTime(steady, 26), 1.02);
  assert.equal(seekTime(steady, 1000), 3.98);
  assert.equal(seekTime(varying, 2), 0.3);
  assert.ok(Math.abs(seekTime(varying, 4) - 0.65) < 1e-9);
});

test("knows the frame of a presentation time, also where the time was rounded", () => {
  for (let frame = 1; frame <= 100; frame++) {
    assert.equal(frameOfMediaTime(steady, Math.floor(((frame - 1) / 25) * 1000) / 1000), frame);
  }
  assert.deepEqual(
    [0, 0.099, 0.51, 0.6, 7].map((time) => frameOfMediaTime(varying, time)),
    [1, 2, 3, 4, 4],
  );
});

test("knows the frame of a position within it", () => {
  assert.deepEqual(
    [0, 0.02, 0.04, 0.079].map((time) => frameOfPosition(steady, time)),
    [1, 1, 2, 2],
  );
  assert.deepEqual(
    [0.05, 0.3, 0.49, 0.5].map((time) => frameOfPosition(varying, time)),
    [1, 2, 2, 3],
  );
});

test("times as text", () => {
  assert.equal(timeOf(steady, 26), 1);
  assert.deepEqual([clock(62.4), clock(5, 0), clock(3723, 0), clock(0)], ["1:02.40", "0:05", "1:02:03", "0:00.00"]);
});

test("pixels and frames of the time line", () => {
  const scale = wholeScale(steady, 500);
  assert.deepEqual([toPixel(scale, 1), toPixel(scale, 101), toFrame(scale, 250)], [0, 500, 51]);
});

test("zooms about a pixel and stays within the video", () => {
  const scale = zoomed(wholeScale(steady, 500), 0.5, 100);
  assert.equal(toFrame(scale, 100), 21);
  assert.equal(scale.stop - scale.start, 50);
  const out = zoomed(scale, 100, 100);
  assert.deepEqual([out.start, out.stop], [1, 101]);
  assert.equal(zoomed(scale, 1e-9, 0).stop - zoomed(scale, 1e-9, 0).start, 8);
  assert.deepEqual([moved(scale, 1e6).stop, moved(scale, -1e6).start], [101, 1]);
});

test("moves only as far as needed to show a frame", () => {
  const scale = moved(zoomed(wholeScale(steady, 500), 0.2, 0), 30);
  assert.equal(showing(scale, 40), scale);
  assert.deepEqual([showing(scale, 80).stop, showing(scale, 10).start], [82, 9]);
  const near = around(scale, 50, 60);
  assert.ok(near.start < 50 && near.stop > 61);
});

test("ticks are round and not too many", () => {
  assert.deepEqual(ticks(wholeScale(steady, 500)), [20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(zoomed(wholeScale(steady, 800), 0.01, 0)), [1, 2, 3, 4, 5, 6, 7, 8]);
});
