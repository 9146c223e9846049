/** Levels of probability of links, each with a name, a dash and a height, so that none is told by colour alone. */

export const LEVELS = [
  { key: "sure", name: "sure", words: "95 % or more", least: 0.95, dash: [], height: 6 },
  { key: "likely", name: "likely", words: "80 to 95 %", least: 0.8, dash: [12, 2], height: 7 },
  { key: "possible", name: "possible", words: "50 to 80 %", least: 0.5, dash: [5, 2], height: 9 },
  { key: "unsure", name: "unsure", words: "below 50 %", least: 0, dash: [2, 2], height: 12 },
];
export const UNKNOWN = {
  key: "unknown",
  name: "not known",
  words: "no probability",
  least: NaN,
  dash: [1, 2],
  height: 6,
};

/** The index in LEVELS of a probability, 4 if it is not known. */
export function levelIndex(probability) {
  if (!(probability >= 0)) return LEVELS.length;
  return probability >= 0.95 ? 0 : probability >= 0.8 ? 1 : probability >= 0.5 ? 2 : 3;
}

/** Whether the link of a row is not sure, or has a gap. */
export function isUncertain({ probability, from, to }, row) {
  return levelIndex(probability[row]) > 0 || to[row] - from[row] > 1;
}

/** The level of a probability. */
export function levelOf(probability) {
  return LEVELS[levelIndex(probability)] ?? UNKNOWN;
}
