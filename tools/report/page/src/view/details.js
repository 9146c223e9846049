/** What is known of the selected link or track, and the corrections that can be made. */

import { CorrectionButtons } from "./correction_buttons.js";
import { html } from "./html.js";
import { ItemDetails } from "./item_details.js";
import { LinkDetails } from "./link_details.js";
import { secondTrack, selectedTrack } from "./state.js";
import { useSelect } from "./store.js";
import { TrackDetails, TrackSummary } from "./track_details.js";

export function Details() {
  const track = useSelect(selectedTrack);
  const second = useSelect(secondTrack);
  const link = useSelect((state) => state.link);
  if (!track) {
    return html`
      <section class="details" aria-label="Details">
        <${ItemDetails} />
        <h2>No track is selected</h2>
        <p class="quiet">Click a box in the picture, a row of the time line or an item of a list. Press N for the next
          thing to review,
          and ? for all keys.</p>
      </section>`;
  }
  return html`
    <section class="details" aria-label="Details" data-selected-track=${track.id}
      data-selected-link=${link >= 0 ? link : null}>
      <${CorrectionButtons} />
      <${ItemDetails} />
      ${link >= 0 ? html`<${LinkDetails} row=${link} />` : html`<${TrackDetails} track=${track} />`}
      ${second && html`<${TrackSummary} track=${second} />`}
    </section>`;
}
