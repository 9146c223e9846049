/** Tracks as lists show them: found by id or class, in an order. */

export const ORDERS = {
  id: { name: "id", compare: (a, b) => a.id - b.id },
  start: { name: "start", compare: (a, b) => a.first - b.first || a.id - b.id },
  length: { name: "length, longest first", compare: (a, b) => b.stop - b.start - (a.stop - a.start) || a.id - b.id },
  least: { name: "least sure first", compare: (a, b) => certainty(a) - certainty(b) || a.id - b.id },
};

function certainty(track) {
  return track.least ?? 2;
}

/**
 * The tracks that a search finds, in an order.
 * @param {string} query ids and classes, separated by spaces or commas: "7 12", "3-9", "car"; empty finds all.
 */
export function findTracks(tracks, query, order) {
  const words = query
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const tests = words.map(wordTest);
  const found = tests.length ? tracks.filter((track) => tests.some((test) => test(track))) : [...tracks];
  return found.sort((ORDERS[order] ?? ORDERS.id).compare);
}

function wordTest(word) {
  const range = /^(\d+)-(\d+)$/.exec(word);
  if (range) return ({ id }) => id >= Number(range[1]) && id <= Number(range[2]);
  if (/^\d+$/.test(word)) return ({ id }) => id === Number(word);
  return ({ className }) => className.toLowerCase().includes(word);
}
