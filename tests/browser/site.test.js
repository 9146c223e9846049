// The documentation site, served from a folder: it asks nothing of other machines, is searched there, and fits a phone.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import test, { after, before } from "node:test";

import { INPUTS, openPage, startChromium } from "./browser.js";

const chromium = startChromium();
const SITE = path.join(INPUTS ?? "", "..", "site");
const TYPES = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };
const PAGES = [
  ...["index", "track", "settings", "command-line", "api-tracker", "results", "carry-over", "how-it-works"],
  "notebooks/first_tracks",
];

/** The server of the folder, and whether an address is of it. */
const served = { address: "", own: (url) => url.startsWith(served.address) || /^(data|blob):/.test(url) };
const server = http.createServer((request, response) => {
  const file = path.join(SITE, new URL(request.url, served.address).pathname);
  response.writeHead(existsSync(file) ? 200 : 404, { "content-type": TYPES[path.extname(file)] ?? "image/png" });
  response.end(existsSync(file) ? readFileSync(file) : "");
});
before(async () => {
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  served.address = `http://127.0.0.1:${server.address().port}/`;
});
after(() => server.close());

for (const [look, options] of Object.entries({
  "a phone, dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  "a desktop, light": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
})) {
  test(`pages on ${look}: no request to elsewhere, nothing wider than the page`, async (t) => {
    const start = `${served.address}index.html`;
    const { page } = await openPage(t, chromium.browser, start, { allowed: served.own, ...options });
    for (const name of PAGES) {
      await page.goto(`${served.address}${name}.html`);
      const { wider, background } = await page.evaluate(() => ({
        wider: document.documentElement.scrollWidth - window.innerWidth,
        background: getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number),
      }));
      assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the page`);
      assert.equal(Math.max(...background) < 100, options.colorScheme === "dark", `${name}: background ${background}`);
    }
  });
}

test("the search finds a word without a network", async (t) => {
  const { page } = await openPage(t, chromium.browser, `${served.address}index.html`, { allowed: served.own });
  await page.locator(".md-search__input").fill("hungarian");
  await page.locator(".md-search-result__link").first().waitFor();
  const found = await page.locator(".md-search-result__link").evaluateAll((links) => links.map((link) => link.href));
  assert.ok(found.some((link) => link.startsWith(`${served.address}how-it-works.html`)), found.join(" "));
});
