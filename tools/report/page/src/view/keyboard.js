/** Keys that work everywhere on the page, except where a person writes. */

import { commandOf } from "../logic/keys.js";
import { ACTIONS } from "../logic/proposals.js";
import { wholeView } from "../logic/picture_view.js";
import { zoomBy, zoomToTrack } from "./controls.js";
import { zoomTime } from "./time_line_head.js";

const WRITING = "input:not([type=checkbox]), textarea, select";
const PRESSED = "button, input, summary, a, label";

/** Listen to keys; returns a function that ends this. */
export function listenToKeys({ store, player, actions }) {
  const commands = makeCommands({ store, player, actions });
  let clicked = null; // the control that was clicked last: it leaves its keys to the page
  const point = (event) => (clicked = event.target.closest?.(PRESSED) ?? null);
  function press(event) {
    if (event.defaultPrevented) return;
    const writing = event.target.closest?.(WRITING);
    if (writing && event.key === "Escape") return writing.blur();
    if (event.key === "Tab") clicked = null;
    const control = event.key === "Enter" || event.key === " " ? event.target.closest?.(PRESSED) : null;
    const pressing = control && !clicked?.contains(control);
    const command = commandOf(event);
    if (writing || pressing || !command || (store.get().help && !["help", "clear"].includes(command))) return;
    event.preventDefault();
    commands[command]();
  }
  window.addEventListener("keydown", press);
  window.addEventListener("pointerdown", point, true);
  return () => {
    window.removeEventListener("keydown", press);
    window.removeEventListener("pointerdown", point, true);
  };
}

function makeCommands({ store, player, actions }) {
  const toggle = (name) => store.set({ [name]: !store.get()[name] });
  const focus = (id) =>
    requestAnimationFrame(() => {
      document.getElementById(id)?.focus();
      document.getElementById(id)?.select?.();
    });
  const step = (by) => actions.goTo(store.get().frame + by);
  return {
    play: () => player.toggle(),
    "frame+1": () => step(1),
    "frame-1": () => step(-1),
    "frame+10": () => step(10),
    "frame-10": () => step(-10),
    first: () => actions.goTo(-Infinity),
    last: () => actions.goTo(Infinity),
    jump: () => focus("frame"),
    slower: () => player.changeSpeed(-1),
    faster: () => player.changeSpeed(1),
    next: () => actions.moveItem(1),
    previous: () => actions.moveItem(-1),
    done: () => actions.toggleDone(),
    "track+1": () => actions.moveTrack(1),
    "track-1": () => actions.moveTrack(-1),
    "link+1": () => actions.moveLink(1),
    "link-1": () => actions.moveLink(-1),
    second: () => actions.holdSecond(),
    search: () => {
      store.set({ tab: "tracks" });
      focus("search");
    },
    clear: actions.clear,
    ...Object.fromEntries(ACTIONS.map(({ action }) => [action, () => actions.correct(action)])),
    undo: actions.undo,
    redo: actions.redo,
    "zoom+": () => zoomBy(store, 1.4),
    "zoom-": () => zoomBy(store, 1 / 1.4),
    zoomTo: () => zoomToTrack(store),
    zoom0: () => store.set({ view: wholeView() }),
    "time+": () => zoomTime(store, 1 / 1.6),
    "time-": () => zoomTime(store, 1.6),
    boxes: () => toggle("showBoxes"),
    help: () => toggle("help"),
  };
}
