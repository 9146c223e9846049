/** Making corrections, and taking them back. */

import { toLines, withLines } from "../logic/correction_text.js";
import { record, redo, undo } from "../logic/history.js";
import { allItems, correctionLines, currentProposals } from "./state.js";

export function correctionActions(store) {
  const { get, set } = store;

  /** Add the lines of a correction, and mark the item as done that it is about; or say why it cannot be made. */
  function correct(action) {
    const { lines, reason } = currentProposals(get()).get(action);
    if (reason) set({ message: { text: `Not possible now. ${reason}`, undo: false } });
    else addLines(lines);
  }

  /** The key of the selected item if it is about the selected track; else null. */
  function itemOfTrack() {
    const { item, track } = get();
    return allItems(get()).some(({ key, tracks }) => key === item && tracks.includes(track)) ? item : null;
  }

  function addLines(added) {
    const { history, done } = get();
    const item = itemOfTrack();
    const present = correctionLines(get());
    const lines = withLines(present, added);
    if (lines.length === present.length) {
      return set({ message: { text: "This correction is made already.", undo: false } });
    }
    const more = added.length > 2 ? ` and ${added.length - 2} more lines` : "";
    const message = { text: `Added ${added.slice(0, 2).join("; ")}${more}`, undo: true };
    set({ history: record(history, { lines, item }), message, done: withKey(done, item) });
  }

  function writeLines(text) {
    const lines = toLines(text);
    if (lines.join("\n") === correctionLines(get()).join("\n")) return;
    set({ history: record(get().history, { lines, item: null }), message: null });
  }

  /** Take the last correction back; the item that it was about is to be done again. */
  function undoCorrection() {
    const { history, done } = get();
    const { item } = history.present;
    set({ history: undo(history), message: null, done: new Set([...done].filter((key) => key !== item)) });
  }

  function redoCorrection() {
    const history = redo(get().history);
    set({ history, message: null, done: withKey(get().done, history.present.item) });
  }

  return { correct, addLines, writeLines, undo: undoCorrection, redo: redoCorrection };
}

function withKey(keys, key) {
  return key === null ? keys : new Set([...keys, key]);
}
