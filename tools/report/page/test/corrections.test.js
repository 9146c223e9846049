import assert from "node:assert/strict";
import { test } from "node:test";
import { constraintsFile, constraintsName, faults, toLines, withLines } from "../src/logic/correction_text.js";
import { correctionMarks } from "../src/logic/correction_marks.js";
import { record, redo, startHistory, undo } from "../src/logic/history.js";
import { makeModel } from "../src/logic/model.js";
import { sameObjectLine, proposals } from "../src/logic/proposals.js";
import { correctedData, smallData } from "./small_data.js";

const model = makeModel(smallData());
const [seven, nine] = model.tracks;

function propose(action, selection, of = model) {
  const all = { track: seven, second: null, link: -1, frame: 12, extent: "track", ...selection };
  const { lines, reason } = proposals(of, all).get(action);
  return reason ?? lines;
}

test("nothing can be corrected without a track", () => {
  for (const { lines, reason } of proposals(model, {
    track: null,
    second: null,
    link: -1,
    frame: 1,
    extent: "track",
  }).values()) {
    assert.deepEqual(lines, []);
    assert.match(reason, /Select a track/);
  }
});

test("pairs name the last detected box before and the first one after", () => {
  assert.deepEqual(propose("different", { frame: 13 }), ["cannot 11 7 14 7"]);
  assert.deepEqual(propose("same", { frame: 13 }), ["must 11 7 14 7"]);
  assert.match(propose("same", { frame: 10 }), /not detected before frame 10/);
  assert.match(propose("same", { frame: 15 }), /not detected from frame 15 on/);
});

test("pairs of a link name its two boxes", () => {
  assert.deepEqual(propose("different", { link: 0, frame: 14 }), ["cannot 10 7 11 7"]);
  assert.deepEqual(propose("split", { link: 1, frame: 11 }), ["split 14 7"]);
});

test("pairs of two tracks name boxes next to each other in time", () => {
  assert.deepEqual(propose("same", { second: nine, frame: 11 }), ["must 11 7 12 9"]);
  assert.deepEqual(propose("same", { track: nine, second: seven, frame: 13 }), ["must 13 9 14 7"]);
});

test("whole tracks are split, merged and swapped", () => {
  assert.deepEqual(propose("split", { frame: 12 }), ["split 12 7"]);
  assert.match(propose("split", { frame: 10 }), /before frame 10/);
  assert.deepEqual(propose("merge", { second: nine }), ["merge 7 9"]);
  assert.match(propose("merge", {}), /second track/);
  assert.deepEqual(propose("swap", { second: nine, frame: 12 }), ["swap 12 7 9"]);
  assert.match(
    propose("swap", { second: nine, frame: 10 }),
    /Neither track 7 nor track 9 was detected before frame 10/,
  );
});

test("tracks that were detected in one frame cannot be merged", () => {
  const both = makeModel({ ...smallData(), boxes: { ...smallData().boxes, interpolated: btoa("\0".repeat(8)) } });
  assert.match(propose("merge", { track: both.tracks[0], second: both.tracks[1] }, both), /both detected in frame 12/);
});

test("false alarms cover a track, a box or frames", () => {
  assert.deepEqual(propose("false", {}), ["false 7"]);
  assert.deepEqual(propose("false", { extent: "before", frame: 13 }), ["false 10 7 11"]);
  assert.deepEqual(propose("false", { extent: "after", frame: 13 }), ["false 14 7"]);
  assert.deepEqual(propose("false", { extent: "box", frame: 11 }), ["false 11 7"]);
  assert.match(propose("false", { extent: "after", frame: 15 }), /not detected from frame 15 on/);
});

test("interpolated boxes are not named: the nearest detected frames are", () => {
  assert.deepEqual(propose("true", { frame: 11 }), ["true 11 7"]);
  assert.equal(propose("true", { frame: 12 }), "Track 7 is interpolated in frame 12. Go to frame 11 and 14.");
  assert.match(propose("true", { frame: 20 }), /has no box in frame 20/);
});

test("an alternative of a link is named by the track that it is in", () => {
  assert.equal(sameObjectLine(model, 1, { frame: 12, track: 9 }), "must 11 7 12 9");
  assert.equal(sameObjectLine(model, 4, { frame: 13, track: 9 }), "must 13 9 14 7");
  assert.equal(sameObjectLine(model, 1, { frame: 12, track: null }), null);
});

test("in a view that was solved again, lines name boxes by their original ids", () => {
  // track 7 now consists of boxes of the original tracks 3, 3 and 4; one box of 4 is in track 9; another is in none
  const solved = makeModel(correctedData([3, 3, 0, 0, 4, 0, 4, 0]));
  const [a, b] = solved.tracks;
  assert.deepEqual(propose("split", { track: a, frame: 13 }, solved), ["cannot 11 3 14 4"]);
  assert.deepEqual(propose("merge", { track: a, second: b, frame: 11 }, solved), ["must 11 3 12 4"]);
  assert.deepEqual(propose("swap", { track: a, second: b, frame: 12 }, solved), ["must 11 3 12 4", "cannot 11 3 14 4"]);
  assert.deepEqual(propose("false", { track: a }, solved), ["false 10 3 11", "false 14 4"]);
  assert.match(propose("true", { track: b, frame: 13 }, solved), /is in no original track in frame 13. Go to frame 12/);
});

test("false alarms leave out the boxes of an original track that are elsewhere", () => {
  const solved = makeModel(correctedData([3, 3, 0, 0, 3, 0, 3, 0]));
  assert.deepEqual(propose("false", { track: solved.tracks[0] }, solved), ["false 10 3 11", "false 14 3"]);
});

test("text is checked line by line", () => {
  const lines = toLines(
    "split 120 3\n\n  must 1 2  3 4 # why\nfalse 5\nfalse 1 2 3\n# only this\nsplt 1 2\nswap 1 2\nmerge 1 x\n",
  );
  assert.deepEqual(faults(lines), [
    "line 6: unknown word 'splt'; expected must, cannot, swap, split, merge, false, true",
    "line 7: expected swap FRAME ID ID",
    "line 8: 'x' is not a whole number",
  ]);
  assert.equal(faults(["constructor 1 2"]).length, 1);
});

test("lines are marked at the boxes that they name", () => {
  const marks = (lines, of = model) =>
    [...correctionMarks(of, lines)].map(([id, list]) => [id, list.map(({ frame }) => frame)]);
  assert.deepEqual(marks(["must 11 7 12 9", "false 7", "false 10 7 14", "swap 13 7 9", "nonsense 1"]), [
    [7, [11, 10, 10, 14, 13]],
    [9, [12, 13]],
  ]);
  const solved = makeModel(correctedData([3, 3, 0, 0, 4, 0, 4, 0]));
  assert.deepEqual(marks(["cannot 11 3 14 4", "false 4", "true 12 3"], solved), [[7, [11, 14, 14]]]);
});

test("the file names the tracks first", () => {
  assert.equal(constraintsFile("a.txt", ["split 1 2"]), "tracks a.txt\nsplit 1 2\n");
  assert.equal(constraintsName("../a b\n"), ".._a b_.constraints.txt");
  assert.deepEqual(withLines(["a", "b"], ["b", "c"]), ["a", "b", "c"]);
});

test("undo and redo", () => {
  const first = record(startHistory([]), ["a"]);
  const second = record(first, ["a", "b"]);
  assert.deepEqual(undo(second).present, ["a"]);
  assert.deepEqual(redo(undo(second)).present, ["a", "b"]);
  assert.deepEqual(undo(undo(undo(second))).present, []);
  assert.deepEqual(record(undo(second), ["c"]).future, []);
});
