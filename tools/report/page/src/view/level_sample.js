/** How sure a link is, as it is shown on the time line: a short line, and words. */

import { levelOf } from "../logic/levels.js";
import { percent } from "../logic/words.js";
import { html } from "./html.js";

/** A short line as it is on the time line. */
export function Sample({ colour, width, dash = [], double = false }) {
  const at = double ? [3.5, 10.5] : [7];
  return html`
    <svg class="sample" width="30" height="14" aria-hidden="true">
      ${at.map(
        (y) => html`<line x1="1" x2="29" y1=${y} y2=${y} stroke=${colour} stroke-width=${width}
        stroke-dasharray=${dash.join(" ") || null} />`,
      )}
    </svg>`;
}

/** The level of a probability: its line, its name, and the probability unless `bare`. */
export function Level({ probability, bare = false, title = null }) {
  const level = levelOf(probability);
  return html`
    <span class=${`level level-${level.key}`} title=${title}><${Sample} colour="currentColor" width=${level.height}
      dash=${level.dash} />${level.name}${bare ? "" : ` ${percent(probability)}`}</span>`;
}
