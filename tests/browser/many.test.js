// A report of 10,000 tracks with 1,000,000 boxes stays usable: the measured times and sizes are printed.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import test from "node:test";

import { INPUTS, fileAddress, openPage, startChromium } from "./browser.js";
import { ReportPage } from "./report_page.js";

const chromium = startChromium();
const SCROLLED = 60; // turns of the wheel
// milliseconds and MB beyond which nobody could use the page; what it takes is printed
const SLOWEST = { start: 60_000, answer: 15_000, frame: 3_000, memory: 4_000 };

test("10,000 tracks", async (t) => {
  const { page } = await openPage(t, chromium.browser, "about:blank");
  const report = new ReportPage(page, []);
  const begin = performance.now();
  await page.goto(fileAddress("many.html"), { waitUntil: "commit" });
  await page.locator("[data-rows] [data-track]").first().waitFor();
  await report.settle();
  const start = performance.now() - begin;
  const painted = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const paint = await painted.jsonValue();

  await report.openTab("tracks");
  const list = await scroll(page, '[data-list="tracks"]');
  const rows = await scroll(page, "[data-rows]");
  const step = await timed(report, () => page.keyboard.press("."));
  const jump = await timed(report, () => report.goTo(7777));
  const search = await timed(report, () => report.action("search").fill("4321"));
  assert.equal(await page.locator('[data-list="tracks"] [data-track]').count(), 1);
  const sort = await timed(report, async () => {
    await report.action("search").fill("");
    await report.action("order").selectOption({ label: "least sure first" });
  });
  const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6);
  const resident = await rendererMemory(chromium.browser);

  const size = statSync(path.join(INPUTS, "many.html")).size / 1e6;
  for (const line of [
    `size of the report: ${size.toFixed(0)} MB`,
    `first paint: ${ms(paint)}; the whole page: ${ms(start)}`,
    `frames while the list is scrolled: ${spread(list)}`,
    `frames while the time line is scrolled: ${spread(rows)}`,
    `one frame on: ${ms(step)}; jump to a frame: ${ms(jump)}; search: ${ms(search)}; sort: ${ms(sort)}`,
    `memory: ${heap.toFixed(0)} MB of objects, ${resident.toFixed(0)} MB in all`,
  ]) t.diagnostic(line);
  assert.ok(start < SLOWEST.start, "the page opens");
  for (const times of [list, rows]) assert.ok(quantile(times, 0.5) < SLOWEST.frame, "the page scrolls");
  for (const time of [step, jump, search, sort]) assert.ok(time < SLOWEST.answer, "the page answers");
  assert.ok(resident < SLOWEST.memory, "the page needs less memory than a laptop has");
});

/** Turns the wheel over an element, and returns the milliseconds from each frame on the screen to the next. */
async function scroll(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.evaluate(() => {
    window.frameTimes = [];
    const note = (now) => { window.frameTimes.push(now); window.noting = requestAnimationFrame(note); };
    window.noting = requestAnimationFrame(note);
  });
  for (let turn = 0; turn < SCROLLED; turn += 1) await page.mouse.wheel(0, 240);
  const times = await page.evaluate(() => { cancelAnimationFrame(window.noting); return window.frameTimes; });
  const scrolled = await page.locator(selector).evaluate((element) => element.scrollTop);
  assert.ok(scrolled > 1000, `${selector} was scrolled by ${scrolled} pixels`);
  return times.slice(1).map((time, index) => time - times[index]);
}

async function timed(report, action) {
  const begin = performance.now();
  await action();
  await report.settle();
  return performance.now() - begin;
}

/** The memory of the largest process of a page, in MB, as Linux counts it; 0 on other systems. */
async function rendererMemory(browser) {
  if (process.platform !== "linux") return 0;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1e3;
  });
  return Math.max(...sizes);
}

const ms = (time) => `${time.toFixed(0)} ms`;
const quantile = (times, part) => [...times].sort((a, b) => a - b)[Math.floor(part * (times.length - 1))];
const spread = (times) =>
  `${ms(quantile(times, 0.5))} median, ${ms(quantile(times, 0.95))} 95 %, ` +
  `${ms(Math.max(...times))} longest, ${times.length} frames`;
