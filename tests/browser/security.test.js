// Names from files are text on the page, whatever they say; the policy of the page holds.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";

import { startChromium } from "./browser.js";
import { openReport } from "./report_page.js";

const chromium = startChromium();
const HOSTILE = path.join("hostile", "hostile.html");
const NAME = `a&b "#1?%41' <img src=x onerror=alert(1)>`; // as in inputs.py
const CLASSES = ["</script><script>alert(2)</script>", `"'><img src=x onerror=alert(3)>&lt;`];

test("names of files and classes are text, and the video of such a name is played", async (t) => {
  const report = await openReport(t, chromium.browser, HOSTILE); // a dialog or a request is a problem
  assert.equal(await report.page.title(), `${NAME} - siamlink report`);
  assert.equal(await report.page.locator("h1").textContent(), NAME);
  await report.goTo(30);
  assert.equal(await report.codedFrame(), 30);
  await report.openTab("tracks");
  const shown = await report.page.locator('[data-list="tracks"]').textContent();
  for (const name of CLASSES) assert.ok(shown.includes(name), name);
  await report.page.locator('[data-list="tracks"] [data-track="1"]').click();
  assert.ok(CLASSES.includes(await report.details.locator("h2 .quiet").textContent()));
  await report.openTab("corrections");
  assert.equal(await report.page.locator("img[src=x], [onerror]").count(), 0);
  assert.equal(await report.page.locator("script").count(), 2, "licences and the program; the data were removed");
});

test("hostile text in the field of corrections stays text", async (t) => {
  const report = await openReport(t, chromium.browser, HOSTILE);
  await report.openTab("corrections");
  await report.lines.fill("<img/src=x/onerror=alert(4)> 1");
  await report.page.locator("#faults li").waitFor();
  assert.match(await report.page.locator("#faults").textContent(), /unknown word '<img\/src=x\/onerror=alert\(4\)>/);
  assert.equal(await report.page.locator("#faults img").count(), 0);
});

const FORBIDDEN = {
  "a program in the page": () =>
    document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 1" })),
  "a program in an attribute": () =>
    document.body.insertAdjacentHTML("beforeend", '<button onclick="window.ran = 1" id="run">run</button>'),
  "text as a program": () => setTimeout("window.ran = 1"),
  "a picture from elsewhere": () => { new Image().src = "https://192.0.2.1/picture.png"; },
  "a request": () => fetch("https://192.0.2.1/").catch(() => {}),
};
for (const [what, attempt] of Object.entries(FORBIDDEN)) {
  test(`the policy of the page refuses ${what}`, async (t) => {
    const report = await openReport(t, chromium.browser, HOSTILE);
    await report.page.evaluate(() => {
      window.refused = [];
      document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.effectiveDirective));
    });
    await report.page.evaluate(attempt);
    await report.page.evaluate(() => document.getElementById("run")?.click());
    await report.page.waitForFunction(() => window.refused.length > 0);
    assert.equal(await report.page.evaluate(() => window.ran), undefined);
    const others = report.problems.filter((problem) => !/Content Security Policy|^request/.test(problem));
    report.problems.splice(0, Infinity, ...others);
    assert.equal(report.problems.length, 0);
  });
}
