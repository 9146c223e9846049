// Pictures of a report in light and dark, wide and narrow, to be looked at: node screenshots.js REPORT.html FOLDER

import { mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { launchChromium } from "./browser.js";
import { clickButton } from "./report_page.js";

const [report, folder] = process.argv.slice(2);
const WIDE = { viewport: { width: 1440, height: 1040 } };
const NARROW = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const LOOKS = {
  light: { ...WIDE, colorScheme: "light" },
  dark: { ...WIDE, colorScheme: "dark" },
  "narrow-light": { ...NARROW, colorScheme: "light" },
  "narrow-dark": { ...NARROW, colorScheme: "dark" },
};
const SCENES = {
  start: async () => {},
  link: async (page) => {
    const link = await page.evaluate(linkWithAlternatives);
    const selected = page.locator(`[data-selected-link="${link}"]`);
    for (let k = 0; k < 60 && (await selected.count()) === 0; k += 1) await page.keyboard.press("n");
    await page.locator('[data-action="close-notes"]').click();
  },
  track: async (page) => {
    await page.locator('[data-tab="tracks"]').click();
    await page.locator('[data-list="tracks"] [data-track]').first().click();
  },
  corrections: async (page) => {
    await clickButton(page.locator('.details [data-action="split"], .details [data-action="false"]').last());
    await page.locator('[data-tab="corrections"]').click();
  },
  keys: async (page) => {
    await page.locator('[data-action="help"]').click();
  },
};

/** In the page: the first link to review whose both boxes could have been linked to others; the first one, if none. */
function linkWithAlternatives() {
  const { review, details } = window.siamlinkReport.state().model;
  const links = review.map(({ link }) => link).filter((link) => link !== null);
  return links.find((link) => details[link]?.after.length && details[link]?.before.length) ?? links[0];
}

mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
for (const [look, options] of Object.entries(LOOKS)) {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(pathToFileURL(path.resolve(report)).href);
  for (const [scene, prepare] of Object.entries(SCENES)) {
    await prepare(page);
    await page.waitForTimeout(1000); // the picture of the frame, and whatever moves
    await page.screenshot({ path: path.join(folder, `${look}-${scene}.png`), fullPage: look.startsWith("narrow") });
  }
}
await browser.close();
