/** A list of names with their values. */

import { html } from "./html.js";

/** @param {{facts: [string, any][], name?: string, label?: string}} props `name`: of the style. */
export function Facts({ facts, name = "facts", label = null }) {
  return html`
    <dl class=${name} aria-label=${label}>
      ${facts.map(([fact, value]) => html`<div><dt>${fact}</dt><dd class="numbers">${value}</dd></div>`)}
    </dl>`;
}
