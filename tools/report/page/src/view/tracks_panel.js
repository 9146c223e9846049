/** The list of tracks: search, order, and a row for each. */

import { trackColour } from "../logic/colours.js";
import { ORDERS } from "../logic/track_order.js";
import { count, frameRange, whole } from "../logic/words.js";
import { html } from "./html.js";
import { Level } from "./level_sample.js";
import { listedTracks } from "./state.js";
import { usePage, useSelect } from "./store.js";
import { VirtualList } from "./virtual_list.js";

export function TracksPanel() {
  const { actions } = usePage();
  const tracks = useSelect(listedTracks);
  const selected = useSelect((state) => state.track);
  const second = useSelect((state) => state.second);
  const choose = (track, event) =>
    event.shiftKey ? actions.selectTrack(track.id, { second: true }) : actions.visitTrack(track.id);
  return html`
    <${Search} />
    <${VirtualList} id="tracks" label="Tracks" items=${tracks} row=${48} keyOf=${(track) => track.id}
      selected=${selected}
      hooks=${(track) => ({ "data-track": track.id })}
      draw=${(track) => html`<${TrackRow} track=${track} second=${track.id === second} />`}
      onChoose=${choose} onStep=${actions.moveTrack} />`;
}

function Search() {
  const { store } = usePage();
  const query = useSelect((state) => state.query);
  const order = useSelect((state) => state.order);
  const found = useSelect((state) => listedTracks(state).length);
  const all = useSelect((state) => state.model.tracks.length);
  return html`
    <div class="filters">
      <input type="search" id="search" data-action="search" placeholder="id or class: 7, 3-9, car"
        aria-label="Search tracks by id or class"
        value=${query} onInput=${(event) => store.set({ query: event.target.value })} />
      <label>Sort <select data-action="order" value=${order}
        onChange=${(event) => store.set({ order: event.target.value })}>
        ${Object.entries(ORDERS).map(([key, { name }]) => html`<option value=${key}>${name}</option>`)}
      </select></label>
    </div>
    <p class="quiet found"
      role="status">${found === all ? count(all, "track") : `${whole(found)} of ${count(all, "track")}`}</p>`;
}

function TrackRow({ track, second }) {
  const links = track.linkStop - track.linkStart;
  return html`
    <div class="item-head">
      <i class="swatch" style=${{ background: trackColour(track.id) }}></i>
      <b><span class="unseen">track </span>${track.id}</b><span class="quiet clip">${track.className}</span>
      ${second && html`<span class="second-mark">second</span>`}
      <span class="space"></span>
      ${Number.isFinite(track.least) && html`<${Level} probability=${track.least} title="Least sure link" />`}
    </div>
    <div class="quiet numbers">${frameRange(track.first, track.last)}, ${count(links, "link")}</div>`;
}
