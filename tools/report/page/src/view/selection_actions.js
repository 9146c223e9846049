/** Selecting and moving: tracks, links, frames and items to review. Each action changes the state; components follow. */

import { isUncertain } from "../logic/levels.js";
import { linkAt, linkOf } from "../logic/model.js";
import { neighbour, placeIn } from "../logic/review_items.js";
import { sameLink, sameTrack } from "../logic/selection.js";
import { around, showing } from "../logic/time_scale.js";
import { allItems, listedItems, listedTracks, secondTrack, selectedTrack } from "./state.js";

export function selectionActions(store, player) {
  const { get, set } = store;

  /** Select a track by its id; `second`: as the second one. */
  function selectTrack(id, { second = false, frame = null } = {}) {
    const { track, picking } = get();
    if ((second || picking) && track !== null && track !== id) {
      set({ second: get().second === id ? null : id, link: -1, picking: false });
    } else set({ track: id, link: -1, preview: [], second: get().second === id ? null : get().second });
    if (frame !== null) goTo(frame);
  }

  /** Keep the selected track as the second one while another one is selected. */
  function holdSecond() {
    const { track, second } = get();
    if (track !== null) set({ second: second === track ? null : track });
  }

  /** Select a track from a list: as above, and show a frame that it has a box in. */
  function visitTrack(id) {
    const track = get().model.byId.get(id);
    if (!track) return;
    const { frame } = get();
    selectTrack(id, { frame: frame < track.first || frame > track.last ? track.first : null });
  }

  function selectLink(row, { go = true } = {}) {
    const { from, track } = linkOf(get().model, row);
    set({ track: track.id, second: null, link: row, preview: [] });
    if (go) goTo(from);
  }

  function goTo(frame) {
    player.pause();
    player.go(frame);
    const { scale, frame: at } = get();
    if (scale) set({ scale: showing(scale, at) });
  }

  function clear() {
    const { help, link, second, preview, picking } = get();
    if (picking) set({ picking: false });
    else if (help) set({ help: false });
    else if (preview.length) set({ preview: [] });
    else if (link >= 0) set({ link: -1 });
    else if (second !== null) set({ second: null });
    else set({ track: null, item: null });
  }

  function moveTrack(step) {
    const tracks = listedTracks(get());
    const place = tracks.findIndex(({ id }) => id === get().track);
    const next = place < 0 ? tracks[0] : tracks[place + step];
    if (next) visitTrack(next.id);
  }

  /** The next link of the selected track that is not sure, or has a gap. */
  function moveLink(step) {
    const state = get();
    const track = selectedTrack(state);
    if (!track) return;
    const { links } = state.model;
    let row = state.link >= 0 ? state.link + step : linkAt(state.model, track, state.frame);
    if (row < 0) row = step > 0 ? track.linkStart : track.linkStop - 1;
    while (row >= track.linkStart && row < track.linkStop && !isUncertain(links, row)) row += step;
    if (row >= track.linkStart && row < track.linkStop) selectLink(row);
  }

  function visitItem(item) {
    if (!item) return;
    const { model, scale } = get();
    const [first = null, second = null] = item.tracks.filter((id) => model.byId.has(id));
    const link = item.link >= 0 && item.link < model.links.count ? item.link : -1;
    const preview = item.box ? [{ frame: item.frame, box: item.box, label: "ground truth" }] : [];
    set({ item: item.key, track: first, second: link < 0 ? second : null, link, preview });
    if (scale && (item.until ?? item.frame) > scale.stop)
      set({ scale: around(scale, item.frame, item.until ?? item.frame) });
    goTo(item.frame);
  }

  function moveItem(step) {
    set({ tab: "review" });
    visitItem(neighbour(listedItems(get()), get().item, step));
  }

  /** Mark an item as done and go on to the next one; or as not done. */
  function toggleDone(key = get().item) {
    if (key === null) return;
    const done = new Set(get().done);
    const next = neighbour(listedItems(get()), key, 1);
    if (done.delete(key)) return set({ done });
    done.add(key);
    set({ done });
    if (key === get().item && next && !get().withDone) visitItem(next);
  }

  /** Show boxes on the picture for as long as they are pointed at. */
  function preview(boxes) {
    set({ preview: boxes });
  }

  /** Take the data of tracks that were solved again: what is selected stays, the frame and the scroll too. */
  function replaceModel(model) {
    const state = get();
    const follow = (track) => (track ? (sameTrack(state.model, track, state.frame, model)?.id ?? null) : null);
    const link = state.link >= 0 ? sameLink(state.model, state.link, model) : -1;
    const [track, second] = [follow(selectedTrack(state)), follow(secondTrack(state))];
    set({ model, link, track, second: second === track ? null : second, preview: [] });
    set({ item: placeIn(allItems(get()), listedItems(state), state.item) });
  }

  return {
    selectTrack,
    holdSecond,
    visitTrack,
    selectLink,
    goTo,
    clear,
    moveTrack,
    moveLink,
    visitItem,
    moveItem,
    toggleDone,
    preview,
    replaceModel,
  };
}
