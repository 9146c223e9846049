// The program siamlink, as the tests run it, and its files of tracks.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { INPUTS } from "./browser.js";

export const SIAMLINK = path.join(import.meta.dirname, "..", "..", ".venv", "bin", "siamlink");

/** Runs a command; it must succeed. */
export function siamlink(...parameters) {
  const done = spawnSync(SIAMLINK, parameters, { encoding: "utf8" });
  assert.equal(done.status, 0, `siamlink ${parameters.join(" ")}\n${done.stdout}${done.stderr}`);
}

/** A new folder with a copy of the tracks of a sequence; whoever calls this removes it. */
export function folderWithTracks(name) {
  const folder = mkdtempSync(path.join(tmpdir(), "siamlink-browser-"));
  for (const suffix of ["txt", "json"]) {
    cpSync(path.join(INPUTS, "tracks", `${name}.${suffix}`), path.join(folder, `${name}.${suffix}`));
  }
  return folder;
}

/** The rows of a file in MOT format: { frame, id, box: [left, top, width, height], probability }. */
export function readTracks(...parts) {
  const rows = readFileSync(path.join(...parts), "utf8").trim().split("\n").map((line) => line.split(",").map(Number));
  return rows.map(([frame, id, left, top, width, height, , , probability]) => ({
    frame, id, box: [left, top, width, height], probability,
  }));
}

/** The ids of the ground truth that the rows of each track lie on: { id of the track: [ids of objects] }. */
export function objectsOfTracks(rows, sequence) {
  const truth = readTracks(INPUTS, sequence, "gt", "gt.txt");
  const found = {};
  for (const { frame, id, box } of rows) {
    const here = truth.filter((each) => each.frame === frame && iou(each.box, box) > 0.5);
    found[id] = [...new Set([...(found[id] ?? []), ...here.map((each) => each.id)])];
  }
  return found;
}

function iou([left, top, width, height], [otherLeft, otherTop, otherWidth, otherHeight]) {
  const across = Math.min(left + width, otherLeft + otherWidth) - Math.max(left, otherLeft);
  const down = Math.min(top + height, otherTop + otherHeight) - Math.max(top, otherTop);
  const common = Math.max(across, 0) * Math.max(down, 0);
  return common / (width * height + otherWidth * otherHeight - common);
}
