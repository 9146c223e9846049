// A report is opened from its file and shows the right frame with the right boxes.

import assert from "node:assert/strict";
import test from "node:test";

import { INPUTS, startChromium } from "./browser.js";
import { colour } from "./pixels.js";
import { openReport } from "./report_page.js";
import { readTracks } from "./siamlink.js";

const chromium = startChromium();

test("a report opens from its file, without an error, a request or a violation of its policy", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.waitForFrame(1);
  assert.equal(await report.page.title(), "kiosk - siamlink report");
  assert.equal(await report.page.locator("h1").textContent(), "kiosk");
  assert.equal(await report.codedFrame(), 1);
});

const VIDEOS = [
  ["kiosk", "a video beside it", 20],
  ["variable", "a variable frame rate", 20],
  ["street", "a video inside it", 5],
];
for (const [file, what, tried] of VIDEOS) {
  test(`the frame that is asked for is on the screen: ${what}`, async (t) => {
    const report = await openReport(t, chromium.browser, `${file}.html`);
    const count = Number(await report.frameField.getAttribute("max"));
    for (const frame of [...someFrames(count, tried), 1, count]) {
      await report.goTo(frame);
      assert.equal(await report.codedFrame(), frame);
    }
  });
}

test("frames are stepped one by one by key, in both directions", async (t) => {
  const report = await openReport(t, chromium.browser, "variable.html");
  await report.waitForFrame(1);
  let frame = 1;
  const steps = [["ArrowRight", 1], ["ArrowRight", 1], ["Shift+ArrowRight", 10], [".", 1], ["ArrowLeft", -1]];
  for (const [key, by] of [...steps, ["End", 47], ["Home", -59]]) {
    await report.page.keyboard.press(key);
    frame += by;
    await report.waitForFrame(frame);
    assert.equal(await report.codedFrame(), frame, key);
  }
});

for (const name of ["kiosk", "variable"]) {
  test(`boxes are drawn where the tracks say, in the frame that is shown: ${name}`, async (t) => {
    const tracks = readTracks(INPUTS, "tracks", `${name}.txt`);
    const report = await openReport(t, chromium.browser, `${name}.html`);
    const count = Number(await report.frameField.getAttribute("max"));
    for (const frame of someFrames(count, 5)) {
      await report.goTo(frame);
      const withBoxes = await report.picture();
      await report.action("boxes").click();
      await report.settle();
      const without = await report.picture();
      await report.action("boxes").click();
      const scale = withBoxes.width / 480;
      const drawn = (x, y) => greatestDifference(withBoxes, without, x * scale, y * scale) > 40;
      const boxes = tracks.filter((row) => row.frame === frame).map(({ box }) => box);
      for (const [left, top, width, height] of boxes) {
        const [x, y] = [left + width / 2, top + height / 2];
        const overlapped = boxes.filter((other) => near(other, left, top, width, height)).length > 1;
        for (const place of [[left, y], [left + width, y], [x, top + height]]) {
          assert.ok(drawn(...place), `${frame}: ${place}`);
        }
        if (!overlapped) assert.ok(!drawn(x, y), `frame ${frame}: nothing is drawn inside the box`);
      }
    }
  });
}

/** The same frames in every run, spread over the video in no order. */
function someFrames(count, number) {
  return Array.from({ length: number }, (_, k) => 1 + ((k * 7919 + 31) % count));
}

/** The greatest difference of a colour of two pictures, within two pixels of a place. */
function greatestDifference(a, b, x, y) {
  let greatest = 0;
  for (let dx = -2; dx <= 2; dx += 1) {
    for (let dy = -2; dy <= 2; dy += 1) {
      const [one, other] = [colour(a, x + dx, y + dy), colour(b, x + dx, y + dy)];
      greatest = Math.max(greatest, ...one.map((value, channel) => Math.abs(value - other[channel])));
    }
  }
  return greatest;
}

function near([left, top, width, height], otherLeft, otherTop, otherWidth, otherHeight) {
  const margin = 4;
  return left < otherLeft + otherWidth + margin && otherLeft < left + width + margin
    && top < otherTop + otherHeight + margin && otherTop < top + height + margin;
}
