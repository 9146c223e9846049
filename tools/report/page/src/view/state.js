/** What the state of the page consists of, and what is made of it. */

import { startHistory } from "../logic/history.js";
import { firstFrameWithBox } from "../logic/model.js";
import { proposals } from "../logic/proposals.js";
import { kindsOf, reviewItems, shownItems } from "../logic/review_items.js";
import { findTracks } from "../logic/track_order.js";
import { wholeView } from "../logic/picture_view.js";
import { remember } from "./store.js";

/** The state at the start. `kept` is what the browser kept of an earlier visit: lines and keys of done items. */
export function startState(model, kept) {
  const lines = kept?.lines ?? model.corrections.lines;
  const frame = firstFrameWithBox(model);
  return {
    model,
    frame, // the frame that is asked for
    shown: frame, // the frame of the picture
    playing: false,
    speed: 1,
    track: null, // ids
    second: null,
    picking: false, // whether the next track that is chosen is the second one
    link: -1, // a row of the links
    item: null, // the key of an item to review
    extent: "track",
    preview: [], // boxes to show on the picture: {frame, box, label}
    view: wholeView(),
    showBoxes: true,
    scale: null,
    query: "",
    order: "id",
    kind: "all",
    withDone: false,
    done: new Set(kept?.done ?? []),
    tab: model.review.length || model.truth ? "review" : "tracks",
    history: startHistory({ lines, item: null }), // of lines, each with the key of the item that they were about
    solving: null, // null, or {state: "solving" | "solved" | "failed", text}
    videoFault: null,
    videoFile: null, // the URL of a video that was chosen by hand
    sizes: { right: 31, time: 34, lists: 46 }, // per cent that the lists, the time line and the list take
    message: null, // what an action did: {text, undo: whether it can be undone}
    readout: "", // what the pointer on the time line is on
    help: false,
  };
}

/** The lines of all corrections. */
export const correctionLines = ({ history }) => history.present.lines;

export const selectedTrack = ({ model, track }) => (track === null ? null : (model.byId.get(track) ?? null));
export const secondTrack = ({ model, track, second }) =>
  second === null || second === track ? null : (model.byId.get(second) ?? null);

const findRows = remember((model, query, order) => findTracks(model.tracks, query, order));
/** The tracks of the list and of the time line, in order. */
export const listedTracks = ({ model, query, order }) => findRows(model, query, order);

const makeItems = remember(reviewItems);
export const allItems = ({ model }) => makeItems(model);

const choose = remember((model, kind, done, withDone, key) => shownItems(makeItems(model), kind, done, withDone, key));
/** The items of the list to review. */
export const listedItems = ({ model, kind, done, withDone, item }) => choose(model, kind, done, withDone, item);

const countKinds = remember((model, done) => kindsOf(makeItems(model), done));
export const itemKinds = ({ model, done }) => countKinds(model, done);

const propose = remember((model, track, second, link, frame, extent) =>
  proposals(model, { track, second, link, frame, extent }),
);
/** What can be corrected about what is selected. */
export const currentProposals = (state) =>
  propose(state.model, selectedTrack(state), secondTrack(state), state.link, state.frame, state.extent);
