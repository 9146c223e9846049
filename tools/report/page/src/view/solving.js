/** A served page: each correction is solved at once by the server that the page came from. */

import { faults } from "../logic/correction_text.js";
import { makeModel } from "../logic/model.js";
import { correctionLines } from "./state.js";

const REPLACED = 409; // the status of a solve that a newer one has replaced
const PAUSE = 250; // milliseconds without a change before lines are sent

/** Send lines whenever they change; the newest win. */
export function solveChanges(store, actions) {
  const { token } = store.get().model.served;
  let solved = store.get().model.corrections.lines;
  let [timer, sending] = [0, null];

  async function solve() {
    const lines = correctionLines(store.get());
    sending?.abort();
    const mine = (sending = new AbortController());
    const say = (state, text) => mine.signal.aborted || store.set({ solving: { state, text } });
    const wrong = faults(lines);
    if (wrong.length) return say("failed", wrong[0]);
    say("solving", "Solving…");
    const start = performance.now();
    try {
      const data = await post("solve", token, { lines }, mine.signal);
      if (mine.signal.aborted) return;
      actions.replaceModel(makeModel(data));
      solved = lines;
      say("solved", `Solved in ${(data.seconds ?? (performance.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (error.name !== "AbortError") say("failed", error.message);
    }
  }

  function check() {
    const lines = correctionLines(store.get());
    if (lines === check.seen) return;
    check.seen = lines;
    clearTimeout(timer);
    timer = setTimeout(solve, PAUSE);
  }
  check.seen = correctionLines(store.get());
  store.subscribe(check);
  if (check.seen.join("\n") !== solved.join("\n")) solve();
}

/** Write the corrections and the corrected tracks to files, on the server's side. */
export async function saveCorrections(store) {
  const { model } = store.get();
  store.set({ solving: { state: "solving", text: "Saving…" } });
  try {
    const { files } = await post("save", model.served.token, { lines: correctionLines(store.get()) });
    store.set({ solving: { state: "solved", text: `Saved ${files.join(", ")}` } });
  } catch (error) {
    store.set({ solving: { state: "failed", text: error.message } });
  }
}

async function post(path, token, body, signal) {
  const response = await request(`${path}?token=${encodeURIComponent(token)}`, body, signal);
  const answer = await response.json().catch(() => ({}));
  if (response.status === REPLACED) throw new DOMException("a newer solve has replaced this one", "AbortError");
  if (!response.ok) throw new Error(answer.error ?? `The server refused the request (${response.status}).`);
  return answer;
}

async function request(url, body, signal) {
  const headers = { "Content-Type": "application/json" };
  try {
    return await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is 'siamlink report --serve' still running?");
  }
}
