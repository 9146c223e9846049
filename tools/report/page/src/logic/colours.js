/** Colours for light and dark pages. Text and lines have a contrast of 4.5:1 or more to their background. */

export const PALETTES = {
  light: {
    surface: "#ffffff",
    band: "#eef1f5",
    line: "#c9d0d9",
    text: "#1b2430",
    quiet: "#56616f",
    cursor: "#b0005e",
    selected: "#dbe7ff",
    sure: "#1c5fc0",
    likely: "#0a7468",
    possible: "#a34f00",
    unsure: "#c2152c",
    unknown: "#5d6672",
  },
  dark: {
    surface: "#171b21",
    band: "#1f252d",
    line: "#3a434f",
    text: "#e8edf3",
    quiet: "#a3afbd",
    cursor: "#ff8ac4",
    selected: "#24395c",
    sure: "#7fb2ff",
    likely: "#4fd0bf",
    possible: "#ffb65c",
    unsure: "#ff8790",
    unknown: "#a5afbb",
  },
};

/** Colours of tracks on the picture: bright, for dark text on them and a dark line around them. */
export const TRACK_COLOURS = [
  "#ffd23f",
  "#4cc9f0",
  "#ff9e7a",
  "#90e070",
  "#e0aaff",
  "#ffe08a",
  "#62e6c9",
  "#ff9ecb",
  "#b6d94c",
  "#8fc0ff",
  "#ffb347",
  "#a8f0e0",
  "#d9b98c",
  "#c9c6ff",
  "#7ee08f",
  "#f4a6a0",
  "#5fd8e8",
  "#e6e05a",
  "#d7a6e0",
  "#b8d8a8",
];
export const TRACK_TEXT = "#10151c";
export const OUTLINE = "rgba(0, 0, 0, 0.65)";

/** The colour of a track, by its id; neighbouring ids differ. */
export function trackColour(id) {
  return TRACK_COLOURS[(((id * 7) % TRACK_COLOURS.length) + TRACK_COLOURS.length) % TRACK_COLOURS.length];
}
