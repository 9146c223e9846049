import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PALETTES, TRACK_COLOURS, TRACK_TEXT, trackColour } from "../src/logic/colours.js";
import { KEYS, commandOf } from "../src/logic/keys.js";
import { LEVELS, levelOf, UNKNOWN } from "../src/logic/levels.js";
import { makeModel } from "../src/logic/model.js";
import { boxAt, panned, placement, viewOfBox, wholeView, zoomAt } from "../src/logic/picture_view.js";
import { linkNear, trackPieces } from "../src/logic/pieces.js";
import { decimal, lossSentence, percent, trackLabel } from "../src/logic/words.js";
import { contrast } from "./contrast.js";
import { encode } from "./made_up_data.js";
import { smallData } from "./small_data.js";

const model = makeModel(smallData());

test("levels of probabilities", () => {
  assert.deepEqual(
    [1, 0.95, 0.94, 0.8, 0.5, 0.49, 0, NaN].map((each) => levelOf(each).key),
    ["sure", "sure", "likely", "likely", "possible", "unsure", "unsure", "unknown"],
  );
  const signs = [...LEVELS, UNKNOWN].map(({ dash, height }) => `${dash} ${height}`);
  assert.equal(new Set(signs).size, signs.length);
});

test("a row is drawn of links, interpolated boxes, gaps and extensions", () => {
  assert.deepEqual(trackPieces(model, model.tracks[0], 1, 31), [
    { kind: "extended", level: 4, from: 14, to: 15 },
    { kind: "detected", level: 0, from: 10, to: 11 },
    { kind: "interpolated", level: 3, from: 11, to: 14 },
  ]);
  assert.deepEqual(trackPieces(model, model.tracks[1], 1, 31), [{ kind: "detected", level: 0, from: 12, to: 13 }]);
});

test("boxes that a search found are a piece of their own before other extensions", () => {
  const pieces = (interpolated) => {
    const data = smallData();
    const found = makeModel({ ...data, boxes: { ...data.boxes, interpolated: encode(Uint8Array.from(interpolated)) } });
    return trackPieces(found, found.tracks[0], 1, 31).filter(({ kind }) => kind === "found" || kind === "extended");
  };
  const [found, extended] = ["found", "extended"].map((kind) => (from, to) => ({ kind, level: 4, from, to }));
  assert.deepEqual(pieces([0, 0, 0, 0, 0, 2, 0, 0]), [found(14, 15)]);
  assert.deepEqual(pieces([1, 2, 2, 0, 2, 1, 0, 0]), [extended(10, 11), found(11, 13), found(13, 14), extended(14, 15)]);
  assert.equal(model.searched, false);
});

test("a click means the least sure link near it, and the track where all are sure", () => {
  assert.equal(linkNear(model, model.tracks[0], 10.5, 2), 1);
  assert.equal(linkNear(model, model.tracks[0], 10.2, 0.3), 0);
  assert.equal(linkNear(model, model.tracks[1], 12.5, 2), -1);
  assert.equal(linkNear(model, model.tracks[1], 12.5, 0.3), 2);
});

test("texts and lines stand out from their background", () => {
  for (const palette of Object.values(PALETTES)) {
    for (const name of ["text", "quiet", "cursor", ...[...LEVELS, UNKNOWN].map(({ key }) => key)]) {
      for (const ground of ["surface", "band", "selected"]) {
        assert.ok(
          contrast(palette[name], palette[ground]) >= 4.5,
          `${name} on ${ground}: ${contrast(palette[name], palette[ground])}`,
        );
      }
    }
  }
  for (const colour of TRACK_COLOURS) assert.ok(contrast(colour, TRACK_TEXT) >= 7, colour);
  for (let id = 1; id < 100; id++) assert.notEqual(trackColour(id), trackColour(id + 1));
});

test("the style sheet has the same colours, with the same contrast", () => {
  const css = readFileSync(new URL("../src/style/base.css", import.meta.url), "utf8");
  const parts = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    Object.fromEntries([...body.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, value]) => [name, value])),
  );
  [PALETTES.light, PALETTES.dark].forEach((palette, i) => {
    for (const name of Object.keys(palette).filter((each) => each in parts[i]))
      assert.equal(parts[i][name], palette[name], name);
    for (const name of ["text", "quiet", "accent", "likely", "possible", "unsure"]) {
      for (const ground of ["page", "surface", "raised", "selected"]) {
        const ratio = contrast(parts[i][name], parts[i][ground]);
        assert.ok(ratio >= 4.5, `${name} on ${ground}: ${ratio}`);
      }
    }
    assert.ok(contrast(parts[i]["on-accent"], parts[i].accent) >= 4.5);
    assert.ok(contrast(parts[i].edge, parts[i].surface) >= 3);
  });
});

test("the picture keeps the point under the pointer, and its edges", () => {
  const [stage, picture] = [
    { width: 800, height: 400 },
    { width: 1600, height: 800 },
  ];
  assert.deepEqual(placement(wholeView(), stage, picture), { scale: 0.5, left: 0, top: 0 });
  const view = zoomAt(wholeView(), 2, { x: 200, y: 100 }, stage, picture);
  const { scale, left, top } = placement(view, stage, picture);
  assert.deepEqual([scale, (200 - left) / scale, (100 - top) / scale], [1, 400, 200]);
  assert.equal(placement(panned(view, 1e6, 0, stage, picture), stage, picture).left, 0);
  assert.deepEqual(zoomAt(view, 0.001, { x: 0, y: 0 }, stage, picture), { zoom: 1, x: 0, y: 0 });
});

test("the picture is zoomed to a box", () => {
  const [stage, picture] = [
    { width: 800, height: 400 },
    { width: 1600, height: 800 },
  ];
  const view = viewOfBox([700, 300, 40, 100], stage, picture);
  const { scale, left, top } = placement(view, stage, picture);
  assert.ok(Math.abs(100 * scale - 400 / 3) < 1e-9);
  assert.deepEqual([Math.round(left + 720 * scale), Math.round(top + 350 * scale)], [400, 200]);
});

test("a click means the smallest box around it", () => {
  const boxes = [
    [0, 0, 100, 100],
    [10, 10, 20, 20],
    [200, 0, 10, 10],
  ];
  assert.deepEqual(
    [
      { x: 15, y: 15 },
      { x: 50, y: 50 },
      { x: 150, y: 5 },
    ].map((point) => boxAt(boxes, point)),
    [1, 0, -1],
  );
});

test("words for numbers", () => {
  assert.deepEqual([0.974, 0.9996, 1, 0.0004, 0.004, 0, NaN].map(percent), [
    "97 %",
    "99.96 %",
    "100 %",
    "below 0.1 %",
    "0.4 %",
    "0 %",
    "not known",
  ]);
  assert.deepEqual([decimal(-0.001), decimal(-1.234), decimal(null)], ["0.00", "-1.23", "-"]);
  assert.equal(trackLabel(model.tracks[0]), "track 7, frames 10 to 15, 2 links");
  assert.match(lossSentence(Math.log(2)), /cost 0.69 more: they would be 2.0 times less probable/);
  assert.match(lossSentence(0), /does not depend on it/);
  assert.match(lossSentence(NaN), /not known/);
});

test("keys mean commands, and each only one", () => {
  const press = (key, more = {}) => commandOf({ key, ...more });
  assert.deepEqual(
    [
      press(" "),
      press("S"),
      press("z", { ctrlKey: true }),
      press("Z", { metaKey: true, shiftKey: true }),
      press("?", { shiftKey: true }),
    ],
    ["play", "split", "undo", "redo", "help"],
  );
  assert.equal(press("s", { ctrlKey: true }), null);
  assert.equal(press("S", { shiftKey: true }), null);
  assert.equal(press("ArrowRight", { shiftKey: true }), "frame+10");
  const all = KEYS.flatMap(({ keys }) => keys);
  assert.equal(new Set(all).size, all.length);
});
