// A report that is served: each correction is solved at once, without loading the page again.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import test, { after, before } from "node:test";

import { startChromium } from "./browser.js";
import { openReportAt } from "./report_page.js";
import { SIAMLINK, folderWithTracks, objectsOfTracks, readTracks } from "./siamlink.js";

const chromium = startChromium();
const HIDDEN = 47; // a frame in which both people are behind the kiosk

/** The server of the tracks of the kiosk, which all tests of this file use: { process, url, folder }. */
const server = {};
before(async () => {
  server.folder = folderWithTracks("kiosk");
  server.process = spawn(SIAMLINK, ["report", path.join(server.folder, "kiosk.txt"), "--serve"]);
  server.url = new URL(await saidAddress(server.process));
});
after(async () => {
  if (server.process.exitCode === null) {
    server.process.kill("SIGINT");
    await once(server.process, "exit");
  }
  rmSync(server.folder, { recursive: true });
});

/** The address that a server says it has. */
function saidAddress(program) {
  let said = "";
  return new Promise((resolve, reject) => {
    const read = (text) => {
      said += text;
      const found = said.match(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/);
      if (found) resolve(found[0]);
    };
    program.stdout.on("data", read);
    program.stderr.on("data", read);
    program.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

async function openServed(t) {
  const allowed = (address) => address.startsWith(server.url.origin);
  const report = await openReportAt(t, chromium.browser, server.url.href, { allowed });
  await report.page.evaluate(() => { window.loadedOnce = true; });
  return report;
}

/** The rows of the tracks that the page shows, as `readTracks` returns them. */
function shownTracks(report) {
  return report.page.evaluate(() => {
    const { tracks, boxes } = window.siamlinkReport.state().model;
    return tracks.flatMap(({ id, start, stop }) => Array.from({ length: stop - start }, (_, k) => ({
      frame: boxes.frame[start + k],
      id,
      box: [0, 1, 2, 3].map((side) => boxes.box[4 * (start + k) + side] * boxes.unit),
    })));
  });
}

async function solved(report, state = "solved") {
  const said = report.page.locator(`[data-solving="${state}"]`);
  await said.waitFor();
  return said.textContent();
}

test("without the token, nothing is answered", async () => {
  const { url } = server;
  const wrong = new URL(url);
  wrong.searchParams.set("token", "wrong");
  const requests = [
    [wrong, {}],
    [new URL("/", url), {}],
    [new URL("/video", url), {}],
    [new URL("/solve?token=wrong", url), { method: "POST", body: "{}" }],
  ];
  for (const [address, options] of requests) {
    const { status } = await fetch(address, options);
    assert.equal(status, 403, address.href);
  }
  const elsewhere = await fetch(url, { headers: { origin: "http://example.org" } });
  assert.equal(elsewhere.headers.get("access-control-allow-origin"), null);
});

test("a line that cannot be is refused in one line, and the tracks stay", async (t) => {
  const report = await openServed(t);
  const before = await shownTracks(report);
  await report.openTab("corrections");
  await report.lines.fill("split 20 99");
  const said = await solved(report, "failed");
  assert.match(said, /99/);
  assert.ok(!said.includes("\n"));
  assert.deepEqual(await shownTracks(report), before);
  report.problems.splice(0, Infinity, ...report.problems.filter((problem) => !problem.includes("400 (Bad Request)")));
});

test("a correction is solved at once, undone at once, and saved", async (t) => {
  const { folder } = server;
  const report = await openServed(t);
  await report.goTo(70); // the video comes in parts, and its frames can be jumped to
  assert.equal(await report.codedFrame(), 70);
  assert.deepEqual(objectsOfTracks(await shownTracks(report), "kiosk"), { 1: [1, 2], 2: [2, 1] });

  await report.clickTimeLine(1, HIDDEN);
  await report.clickTimeLine(2, HIDDEN, { shift: true });
  await report.goTo(HIDDEN);
  await report.correct("swap");
  assert.match(await solved(report), /^Solved in \d/);
  assert.deepEqual(objectsOfTracks(await shownTracks(report), "kiosk"), { 1: [1], 2: [2] });
  assert.deepEqual(await report.correctionLines(), [`swap ${HIDDEN} 1 2`]);

  await report.goTo(70); // the box there was in track 2 when the lines were begun
  await report.page.keyboard.press("Escape");
  await report.clickTimeLine(1, 70);
  await report.goTo(70);
  await report.correct("true");
  assert.deepEqual(await report.correctionLines(), [`swap ${HIDDEN} 1 2`, "true 70 2"]);
  await report.page.waitForFunction(() => window.siamlinkReport.state().model.corrections.lines.length === 2);

  await report.action("save").click();
  await report.page.getByText(/^Saved /).waitFor();
  assert.ok(readFileSync(path.join(folder, "kiosk.constraints.txt"), "utf8").includes(`swap ${HIDDEN} 1 2`));
  assert.deepEqual(objectsOfTracks(readTracks(folder, "kiosk.corrected.txt"), "kiosk"), { 1: [1], 2: [2] });
  assert.ok(existsSync(path.join(folder, "kiosk.corrected.json")));

  for (const _ of [1, 2]) await report.action("undo").click();
  await report.page.waitForFunction(() => window.siamlinkReport.state().model.corrections.lines.length === 0);
  assert.deepEqual(objectsOfTracks(await shownTracks(report), "kiosk"), { 1: [1, 2], 2: [2, 1] });
  assert.ok(await report.page.evaluate(() => window.loadedOnce), "the page was not loaded again");
});
