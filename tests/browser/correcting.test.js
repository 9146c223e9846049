// Links are looked at and corrected, and siamlink tracks again with the corrections.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import test from "node:test";

import { INPUTS, startChromium } from "./browser.js";
import { openReport } from "./report_page.js";
import { folderWithTracks, objectsOfTracks, readTracks, siamlink } from "./siamlink.js";

const chromium = startChromium();
const KIOSK = readTracks(INPUTS, "tracks", "kiosk.txt");
const HIDDEN = 47; // a frame in which both people are behind the kiosk

test("a click on the time line selects a link, and shows its frames and its probability", async (t) => {
  const report = await openReport(t, chromium.browser, "street.html");
  const unsure = leastSureLink(readTracks(INPUTS, "tracks", "street.txt"));
  await report.clickTimeLine(unsure.id, unsure.from + 0.5);
  await report.waitForFrame(unsure.from);
  assert.equal(await report.details.getAttribute("data-selected-track"), String(unsure.id));
  const heading = await report.details.locator("h2").textContent();
  assert.equal(heading.replace(/\s+/g, " "), `Link from frame ${unsure.from} to frame ${unsure.to}`);
  const shown = await report.details.locator(".probability b").textContent();
  assert.ok(Math.abs(parseFloat(shown) - 100 * unsure.probability) <= 0.5, `${shown}, ${unsure.probability}`);
});

test("a correction is downloaded, siamlink track takes it, and the identities are exchanged back", async (t) => {
  assert.deepEqual(objectsOfTracks(KIOSK, "kiosk"), { 1: [1, 2], 2: [2, 1] }, "the tracks that are to be corrected");
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.clickTimeLine(1, HIDDEN);
  await report.clickTimeLine(2, HIDDEN, { shift: true });
  await report.goTo(HIDDEN);
  await report.correct("swap");
  assert.deepEqual(await report.correctionLines(), [`swap ${HIDDEN} 1 2`]);

  const [download] = await Promise.all([report.page.waitForEvent("download"), report.action("download").click()]);
  assert.equal(download.suggestedFilename(), "kiosk.constraints.txt");
  const folder = folderWithTracks("kiosk");
  t.after(() => rmSync(folder, { recursive: true }));
  const constraints = path.join(folder, download.suggestedFilename());
  await download.saveAs(constraints);
  const corrected = path.join(folder, "corrected");
  siamlink("track", path.join(INPUTS, "kiosk"), "--constraints", constraints, "-o", corrected, "--no-video");
  assert.deepEqual(objectsOfTracks(readTracks(corrected, "kiosk.txt"), "kiosk"), { 1: [1], 2: [2] });
});

const CORRECTIONS = [
  ["same", "must 19 1 20 1"],
  ["different", "cannot 19 1 20 1"],
  ["split", "split 20 1"],
  ["false", "false 1"],
  ["true", "true 20 1"],
];
test("each correction of a track adds its line, once; undo and redo take it back and give it again", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.clickTimeLine(1, 20);
  await report.page.keyboard.press("Escape"); // the track, not its link
  await report.goTo(20);
  const made = [];
  for (const [action, line] of CORRECTIONS) {
    for (const _ of [1, 2]) await report.correct(action);
    made.push(line);
    assert.deepEqual(await report.correctionLines(), made);
  }
  await report.action("undo").click();
  assert.deepEqual(await report.correctionLines(), made.slice(0, -1));
  await report.action("redo").click();
  assert.deepEqual(await report.correctionLines(), made);
});

test("a correction is kept that is made when the text of the lines is about to be read", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  const { clock, keyboard } = report.page;
  await report.clickTimeLine(1, 20);
  await clock.install();
  await clock.pauseAt(Date.now() + 1000);
  for (const wait of [684, 688, 692, 696, 700]) { // milliseconds after the field has opened; it is read after 700
    await report.openTab("corrections");
    await clock.runFor(wait);
    await keyboard.press("f");
    await clock.runFor(1000);
    assert.equal(await report.lines.inputValue(), "false 1", `after ${wait} ms`);
    await keyboard.press("Control+z");
    await report.openTab("tracks");
    await clock.runFor(1000);
  }
});

test("a correction that cannot be made says why, and adds nothing", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.clickTimeLine(1, 20);
  await report.clickTimeLine(2, 20, { shift: true });
  await report.correct("merge");
  assert.match(await report.page.locator("[data-reason]").textContent(), /1 and 2 were both detected in frame \d+/);
  assert.deepEqual(await report.correctionLines(), []);
});

test("lines are written by hand; a wrong one is named", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.openTab("corrections");
  await report.lines.fill("swap 47 1 2\nexchange 3 4\nsplit x 1");
  const faults = await report.page.locator("#faults li").allTextContents();
  assert.equal(faults.length, 2);
  assert.match(faults[0], /^line 2: unknown word 'exchange'/);
  assert.match(faults[1], /^line 3: 'x' is not a whole number/);
});

test("corrections and done marks are kept when the page is loaded again", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.page.keyboard.press("n");
  await report.page.keyboard.press("d");
  await report.clickTimeLine(1, 20);
  await report.goTo(20);
  await report.correct("false");
  const review = await report.page.locator('[data-tab="review"]').textContent();
  await report.page.reload();
  assert.deepEqual(await report.correctionLines(), ["false 1"]);
  assert.equal(await report.page.locator('[data-tab="review"]').textContent(), review);
});

/** The link with the lowest probability: { id, from, to, probability }. */
function leastSureLink(rows) {
  const known = rows.filter(({ probability }) => probability >= 0).sort((a, b) => a.probability - b.probability);
  const { id, frame, probability } = known[0];
  const next = rows.filter((row) => row.id === id && row.frame > frame).map((row) => row.frame);
  return { id, from: frame, to: Math.min(...next), probability };
}
