// A report that is open in Chromium: what a user does with it, and what is on the screen.

import { fileAddress, openPage } from "./browser.js";
import { frameNumber, pixels } from "./pixels.js";

const SETTLED = 2; // animation frames until what was drawn is on the screen

/** Clicks a button that may say that it is disabled, and then says why: once it stands still with nothing over it. */
export async function clickButton(button) {
  await button.hover();
  await button.click({ force: true });
}

/** Opens a report of the inputs from its file. */
export async function openReport(t, browser, file, options = {}) {
  return openReportAt(t, browser, fileAddress(file), options);
}

/** Opens a report at an address. */
export async function openReportAt(t, browser, address, options = {}) {
  const { page, problems } = await openPage(t, browser, address, options);
  await page.locator("[data-rows]").waitFor();
  return new ReportPage(page, problems);
}

export class ReportPage {
  constructor(page, problems) {
    this.page = page;
    this.problems = problems;
    this.frameField = page.locator("#frame");
    this.details = page.getByRole("region", { name: "Details" });
    this.lines = page.locator("[data-lines]");
  }

  /** The control of an action: a button, a select or a field. */
  action(name) {
    return this.page.locator(`[data-action="${name}"]`);
  }

  /** Waits until the picture of a frame is on the screen. */
  async waitForFrame(frame) {
    await this.page.locator(`#frame[data-shown="${frame}"]`).waitFor();
    await this.settle();
  }

  /** Waits until the screen shows what was drawn, and what an effect of the page draws after a frame. */
  async settle() {
    await this.page.evaluate(async (count) => {
      for (let k = 0; k < count; k += 1) await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    }, SETTLED);
  }

  /** Shows a frame by its number. */
  async goTo(frame) {
    await this.frameField.fill(String(frame));
    await this.frameField.press("Enter");
    await this.waitForFrame(frame);
  }

  /** Where the picture is: { x, y, width, height } in pixels of the page. */
  async pictureArea() {
    return this.page.locator(".picture").boundingBox();
  }

  /** A screenshot of the picture with what is drawn over it. */
  async picture() {
    return pixels(this.page, await this.pictureArea());
  }

  /** The number that the picture on the screen carries. */
  async codedFrame() {
    const width = await this.page.locator(".picture").evaluate((element) => element.offsetWidth);
    return frameNumber(await this.picture(), width);
  }

  async openTab(name) {
    await this.page.locator(`[data-tab="${name}"]`).click();
  }

  /** Clicks the row of a track on the time line at the middle of a frame. */
  async clickTimeLine(id, frame, { shift = false } = {}) {
    const row = this.page.locator(`#row-${id}`);
    await row.hover({ trial: true }); // it is in sight and stands still
    const label = await row.boundingBox();
    const canvas = await this.page.locator(".rows-canvas").boundingBox();
    const scale = await this.page.evaluate(() => window.siamlinkReport.state().scale);
    const x = canvas.x + ((frame + 0.5 - scale.start) / (scale.stop - scale.start)) * canvas.width;
    const y = label.y + label.height / 2;
    if (shift) await this.page.keyboard.down("Shift");
    await this.page.mouse.click(x, y);
    if (shift) await this.page.keyboard.up("Shift");
  }

  /** The lines of all corrections. */
  async correctionLines() {
    await this.openTab("corrections");
    return (await this.lines.inputValue()).split("\n").filter(Boolean);
  }

  /** Makes a correction about what is selected; one that cannot be made says why when it is clicked. */
  async correct(action) {
    await clickButton(this.details.locator(`[data-action="${action}"]`));
  }
}
