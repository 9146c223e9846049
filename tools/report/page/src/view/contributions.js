/** The features for and against a link, as bars of their contributions. */

import { decimal, featureName } from "../logic/words.js";
import { html } from "./html.js";

const LISTED = 14;

/** @param {{features: [string, ?number, number][], base: ?number}} props contributions in log-odds, strongest first. */
export function Contributions({ features, base }) {
  if (!features.length) return null;
  const listed = features.slice(0, LISTED);
  const rest = features.slice(LISTED).reduce((sum, [, , contribution]) => sum + contribution, 0);
  const rows = listed.map(([name, value, contribution]) => ({ name: featureName(name), value, contribution }));
  if (features.length > LISTED)
    rows.push({ name: `${features.length - LISTED} others`, value: null, contribution: rest });
  if (Number.isFinite(base)) rows.push({ name: "without features", value: null, contribution: base });
  const sum = features.reduce((all, [, , contribution]) => all + contribution, base ?? 0);
  const total = Number.isFinite(base) ? `${decimal(sum)} in all` : "strongest first";
  const largest = Math.max(...rows.map(({ contribution }) => Math.abs(contribution)), 1e-9);
  return html`
    <h3>Features for and against</h3>
    <div class="contribution-head quiet"
      aria-hidden="true"><span>feature, value</span><span>against ◂ ▸ for</span></div>
    <ul class="contributions">
      ${rows.map(
        ({ name, value, contribution }) => html`
        <li aria-label=${contributionLabel(name, value, contribution)}>
          <span class="name">${name}</span>
          <span class="numbers quiet value">${Number.isFinite(value) ? shortNumber(value) : ""}</span>
          <span class="bar" aria-hidden="true"><i class=${contribution < 0 ? "against" : "for"}
            style=${barStyle(contribution / largest)}></i></span>
          <span class="numbers amount">${contribution > 0 ? "+" : ""}${decimal(contribution)}</span>
        </li>`,
      )}
    </ul>
    <p class="quiet small">Contributions to the log-odds of the link, ${total}.</p>`;
}

function barStyle(share) {
  const width = `${Math.abs(share) * 50}%`;
  return share < 0 ? { right: "50%", width } : { left: "50%", width };
}

function contributionLabel(name, value, contribution) {
  const number = Number.isFinite(value) ? ` ${shortNumber(value)}` : "";
  return `${name}${number}: ${contribution < 0 ? "against" : "for"}, ${decimal(Math.abs(contribution))}`;
}

/** Three digits that count. */
function shortNumber(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
