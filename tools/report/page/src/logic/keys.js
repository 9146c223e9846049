/** Keys of the page and what they do. */

export const KEYS = [
  { group: "Frames", keys: ["Space"], command: "play", help: "play or pause" },
  { group: "Frames", keys: ["ArrowRight", "."], command: "frame+1", help: "next frame" },
  { group: "Frames", keys: ["ArrowLeft", ","], command: "frame-1", help: "previous frame" },
  { group: "Frames", keys: ["Shift+ArrowRight"], command: "frame+10", help: "10 frames forward" },
  { group: "Frames", keys: ["Shift+ArrowLeft"], command: "frame-10", help: "10 frames back" },
  { group: "Frames", keys: ["Home"], command: "first", help: "first frame" },
  { group: "Frames", keys: ["End"], command: "last", help: "last frame" },
  { group: "Frames", keys: ["g"], command: "jump", help: "go to a frame" },
  { group: "Frames", keys: ["<"], command: "slower", help: "play slower" },
  { group: "Frames", keys: [">"], command: "faster", help: "play faster" },
  { group: "List to review", keys: ["n"], command: "next", help: "next item" },
  { group: "List to review", keys: ["p"], command: "previous", help: "previous item" },
  { group: "List to review", keys: ["d"], command: "done", help: "mark as done, or as not done" },
  { group: "Tracks and links", keys: ["ArrowDown"], command: "track+1", help: "next track" },
  { group: "Tracks and links", keys: ["ArrowUp"], command: "track-1", help: "previous track" },
  { group: "Tracks and links", keys: ["]"], command: "link+1", help: "next link that is not sure, of the track" },
  { group: "Tracks and links", keys: ["["], command: "link-1", help: "previous link that is not sure, of the track" },
  { group: "Tracks and links", keys: ["o"], command: "second", help: "make the track the second one" },
  { group: "Tracks and links", keys: ["/"], command: "search", help: "search tracks" },
  { group: "Tracks and links", keys: ["Escape"], command: "clear", help: "select nothing; close" },
  { group: "Corrections", keys: ["e"], command: "same", help: "same object" },
  { group: "Corrections", keys: ["x"], command: "different", help: "not the same" },
  { group: "Corrections", keys: ["s"], command: "split", help: "split here" },
  { group: "Corrections", keys: ["m"], command: "merge", help: "merge" },
  { group: "Corrections", keys: ["w"], command: "swap", help: "swap from here" },
  { group: "Corrections", keys: ["f"], command: "false", help: "false alarm" },
  { group: "Corrections", keys: ["y"], command: "true", help: "right as it is" },
  { group: "Corrections", keys: ["Ctrl+z"], command: "undo", help: "undo" },
  { group: "Corrections", keys: ["Ctrl+Shift+z", "Ctrl+y"], command: "redo", help: "redo" },
  { group: "View", keys: ["+"], command: "zoom+", help: "zoom the picture in" },
  { group: "View", keys: ["-"], command: "zoom-", help: "zoom the picture out" },
  { group: "View", keys: ["z"], command: "zoomTo", help: "zoom the picture to the track" },
  { group: "View", keys: ["0"], command: "zoom0", help: "whole picture" },
  { group: "View", keys: ["Shift+ArrowUp"], command: "time+", help: "zoom the time line in" },
  { group: "View", keys: ["Shift+ArrowDown"], command: "time-", help: "zoom the time line out" },
  { group: "View", keys: ["b"], command: "boxes", help: "show or hide the boxes" },
  { group: "View", keys: ["?"], command: "help", help: "show or hide these keys" },
];

const COMMANDS = new Map(KEYS.flatMap(({ keys, command }) => keys.map((key) => [key, command])));

/** The command of a key event; null if there is none. */
export function commandOf({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (altKey) return null;
  const name = key === " " ? "Space" : key.length === 1 ? key.toLowerCase() : key;
  const shift = shiftKey && (name.length > 1 || /[a-z]/.test(name)) ? "Shift+" : "";
  return COMMANDS.get(`${ctrlKey || metaKey ? "Ctrl+" : ""}${shift}${name}`) ?? null;
}

const NAMES = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** A key as the help shows it. */
export function keyName(key) {
  if (key === "+") return key;
  return key
    .split("+")
    .map((part) => NAMES[part] ?? (/^[a-z]$/.test(part) ? part.toUpperCase() : part))
    .join(" ");
}
