/** Builds ../static: report.js, report.css and the licences of what report.js contains. The same bytes each time. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const STATIC = new URL("../static/", import.meta.url);
const BUNDLED = ["preact", "htm"];

mkdirSync(STATIC, { recursive: true });
await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: { report: "src/main.js" },
  outdir: "../static",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome111", "firefox115", "safari16.4"],
  charset: "ascii",
  legalComments: "none",
  banner: { js: "/* siamlink report. Contains preact and htm; their licences are in LICENSES, and in each report. */" },
});
await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: { report: "src/style/report.css" },
  outdir: "../static",
  bundle: true,
  minify: true,
  target: ["chrome111", "firefox115", "safari16.4"],
});
writeFileSync(new URL("LICENSES", STATIC), BUNDLED.map(licence).join("\n"));

function licence(name) {
  const folder = new URL(`node_modules/${name}/`, import.meta.url);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const text = readFileSync(new URL("LICENSE", folder), "utf8").trim();
  return `${name} ${version} (${license}), in report.js\n\n${text}\n`;
}
