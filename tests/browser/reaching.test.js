// The report for everybody: by keyboard alone, with a screen reader, in the dark, on a phone, without motion or video.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";

import axe from "axe-core";

import { INPUTS, startChromium } from "./browser.js";
import { openReport } from "./report_page.js";

const chromium = startChromium();
const PHONE = { width: 390, height: 844 };

test("the whole work is done by keyboard alone", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  const { keyboard } = report.page;
  const press = async (...keys) => { for (const key of keys) await keyboard.press(key); };
  await press("n"); // the first thing to review
  assert.equal(await report.page.locator('[role="option"][data-item][aria-selected="true"]').count(), 1);
  await press("Escape", "Escape", "Escape", "ArrowDown"); // the first track
  assert.equal(await report.details.getAttribute("data-selected-track"), "1");
  await press("o", "ArrowDown"); // the second track, with the first one held
  assert.equal(await report.details.getAttribute("data-selected-track"), "2");
  await press("g");
  await report.page.locator("#frame:focus").waitFor();
  await keyboard.type("47");
  await press("Enter");
  await report.waitForFrame(47);
  await press("w"); // Enter has left the field
  await tabTo(report.page, '[role="tab"][aria-selected="true"]');
  await press("ArrowRight", "ArrowRight");
  await tabTo(report.page, "[data-lines]");
  assert.equal(await report.lines.inputValue(), "swap 47 2 1");
  await tabTo(report.page, '[data-action="download"]');
  const [download] = await Promise.all([report.page.waitForEvent("download"), press("Enter")]);
  assert.equal(download.suggestedFilename(), "kiosk.constraints.txt");
});

test("whatever has the focus shows it", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html");
  await report.clickTimeLine(1, 20);
  const stops = new Set();
  for (let k = 0; k < 60; k += 1) {
    await report.page.keyboard.press("Tab");
    const focus = await report.page.evaluate(focusShown);
    if (!focus) continue; // the end of the page: the next one is its beginning
    stops.add(focus.name);
    assert.ok(focus.shown, `${focus.name} has the focus and does not show it`);
  }
  assert.ok(stops.size > 20, `only ${stops.size} places can have the focus`);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["a wide page", undefined], ["a phone", PHONE]]) {
    test(`axe finds no fault: ${colorScheme}, ${size}`, async (t) => {
      const options = { colorScheme, ...(viewport && { viewport }) };
      const report = await openReport(t, chromium.browser, "street.html", options);
      await report.page.evaluate(axe.source);
      assert.deepEqual(await faults(report.page), []);
      await report.page.keyboard.press("n"); // a link with its explanation
      assert.deepEqual(await faults(report.page), []);
      await report.openTab("tracks");
      assert.deepEqual(await faults(report.page), []);
      await report.openTab("corrections");
      await report.page.keyboard.press("Escape");
      await report.action("help").click();
      assert.deepEqual(await faults(report.page), []);
    });
  }
}

test("nothing moves by itself where a person wants less motion", async (t) => {
  const report = await openReport(t, chromium.browser, "kiosk.html", { reducedMotion: "reduce" });
  await report.clickTimeLine(1, 20);
  await report.action("help").click();
  const moving = await report.page.evaluate(() => [...document.querySelectorAll("*")].flatMap((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    const still = parseFloat(transitionDuration) < 0.02 && animationName === "none" && scrollBehavior === "auto";
    return still ? [] : [element.className || element.tagName];
  }));
  assert.deepEqual(moving, []);
});

test("on a phone nothing sticks out, and a track is found by touch", async (t) => {
  const phone = { viewport: PHONE, hasTouch: true, isMobile: true };
  const report = await openReport(t, chromium.browser, "kiosk.html", phone);
  await report.waitForFrame(1);
  const [wide, shown] = await report.page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= shown, `the page is ${wide} pixels wide on a screen of ${shown}`);
  assert.ok((await report.pictureArea()).width > 0.9 * PHONE.width);
  await report.openTab("tracks");
  await report.page.locator('[data-list="tracks"] [data-track="2"]').tap();
  assert.equal(await report.details.getAttribute("data-selected-track"), "2");
});

test("without a video, boxes are shown and frames are stepped", async (t) => {
  const report = await openReport(t, chromium.browser, path.join("alone", "kiosk.html"));
  await report.goTo(20);
  assert.equal(await report.page.locator("video").count(), 0);
  assert.match(await report.page.locator("[data-video-fault]").textContent(), /no video/);
  await report.clickTimeLine(1, 20);
  assert.equal(await report.details.getAttribute("data-selected-track"), "1");
  const shown = await report.picture();
  await report.action("boxes").click();
  await report.settle();
  assert.notDeepEqual((await report.picture()).data, shown.data, "boxes are drawn");
  await report.action("play").click();
  await report.page.waitForFunction(() => Number(document.getElementById("frame").dataset.shown) > 25);
});

test("a video that is not there can be chosen by hand", async (t) => {
  const report = await openReport(t, chromium.browser, path.join("away", "kiosk.html"));
  await report.page.locator('[data-video-fault="missing"]').waitFor();
  report.problems.splice(0); // the browser says that it cannot find the file
  await report.page.locator('input[type="file"]').setInputFiles(path.join(INPUTS, "kiosk", "kiosk.mp4"));
  await report.page.locator("video").waitFor();
  await report.goTo(30);
  assert.equal(await report.codedFrame(), 30);
});

async function tabTo(page, selector) {
  for (let k = 0; k < 80; k += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the focus does not come to ${selector}`);
}

/** In the page: what has the focus, and whether it looks different from the same element without it. */
function focusShown() {
  const element = document.activeElement;
  if (element === document.body) return null;
  const look = () => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor } = getComputedStyle(element);
    return [outlineStyle === "none" ? "0px" : outlineWidth, boxShadow, borderColor, backgroundColor].join();
  };
  const focused = look();
  const name = element.dataset.action ?? element.id ?? element.getAttribute("aria-label") ?? element.tagName;
  element.blur();
  const shown = look() !== focused;
  element.focus({ preventScroll: true });
  return { name, shown };
}

async function faults(page) {
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const place = ({ html, any }) => `${html.slice(0, 200)} ${any[0]?.message ?? ""}`;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(place).join(" | ")}`);
}
