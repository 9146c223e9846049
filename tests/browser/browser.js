// Chromium with a new, empty profile for each test file, and pages that record whatever went wrong in them.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

export const CHROMIUM = process.env.SIAMLINK_CHROMIUM || "/usr/bin/chromium";
export const INPUTS = process.env.SIAMLINK_BROWSER_INPUTS;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium with a new, empty profile. */
export function launchChromium() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** Starts Chromium before the tests of a file and ends it after them; the result gives it by `.browser`. */
export function startChromium() {
  const started = {};
  before(async () => {
    assert.ok(INPUTS && existsSync(INPUTS), "start the tests with: make browser");
    started.browser = await launchChromium();
  });
  after(() => started.browser?.close());
  return started;
}

/** The address of a file of the inputs. */
export function fileAddress(...parts) {
  return pathToFileURL(path.join(INPUTS, ...parts)).href;
}

/**
 * Opens an address in a context of its own, which is closed after the test `t`. The test fails if there was an error
 * or warning on the console, an uncaught exception, a violation of the content security policy, or a request to
 * anything that `allowed` does not accept: files beside the page and data inside it, if it is not given.
 */
export async function openPage(t, browser, address, { allowed = isLocal, ...options } = {}) {
  const viewport = { width: 1280, height: 800 };
  const context = await browser.newContext({ acceptDownloads: true, viewport, ...options });
  context.setDefaultTimeout(30000); // a busy machine is slow, not broken
  const page = await context.newPage();
  const problems = recordProblems(page, allowed);
  t.after(async () => {
    await context.close();
    assert.deepEqual(problems, [], `problems in ${address}`);
  });
  await page.goto(address);
  return { page, problems };
}

const isLocal = (url) => /^(file|data|blob):/.test(url);

function recordProblems(page, allowed) {
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (!allowed(request.url())) problems.push(`request: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return problems;
}
