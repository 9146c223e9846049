/** Corrections and done marks that the browser keeps from one visit to the next, where it allows that. */

import { contentHash } from "../logic/columns.js";
import { correctionLines } from "./state.js";

/** The name under which they are kept: of the tracks and of what they contain. */
function storageKey(model) {
  const { frame, box, original } = model.boxes;
  const content = original ? "corrected" : contentHash(frame, box);
  return `siamlink-report ${model.name} ${content} ${model.corrections.lines.join(";")}`;
}

/** What was kept: {lines, done}; null if there is nothing. */
export function readKept(model) {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey(model)));
    const texts = (list) => Array.isArray(list) && list.every((each) => typeof each === "string");
    return kept && texts(kept.lines) && texts(kept.done) ? kept : null;
  } catch {
    return null;
  }
}

/** Keep what changes from now on. */
export function keepChanges(store) {
  const key = storageKey(store.get().model);
  let before = store.get();
  store.subscribe(() => {
    const state = store.get();
    const [lines, done] = [correctionLines(state), state.done];
    if (lines === correctionLines(before) && done === before.done) return;
    before = state;
    try {
      localStorage.setItem(key, JSON.stringify({ lines, done: [...done] }));
    } catch {
      // The browser keeps nothing for this page: the text field and the download are there.
    }
  });
}
