/** Icons of buttons, drawn, as fonts may lack them. */

import { html } from "./html.js";

const PATHS = {
  first: "M4 3h2v10H4zM14 3v10L7 8z",
  last: "M10 3h2v10h-2zM2 3v10l7-5z",
  previous: "M11 3v10L4 8z",
  next: "M5 3v10l7-5z",
  play: "M4 2v12l10-6z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  in: "M7 3h2v4h4v2H9v4H7V9H3V7h4z",
  out: "M3 7h10v2H3z",
};

/** @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`
    <svg class="icon-shape" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d=${PATHS[name]} fill="currentColor" />
    </svg>`;
}
