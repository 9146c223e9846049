/** Numbers and things as words of the page. */

/** A count with its word: "1 link", "3 links". */
export function count(number, one, many = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

/** A whole number with thin separators from 10,000 on. */
export function whole(number) {
  return number >= 10000 ? number.toLocaleString("en") : String(number);
}

/** A probability as text: "97 %", "99.8 %", "not known". */
export function percent(probability) {
  if (!Number.isFinite(probability)) return "not known";
  const value = 100 * probability;
  if (value > 99 && value < 100) return `${Math.min(value, 99.99).toFixed(value > 99.9 ? 2 : 1)} %`;
  if (value > 0 && value < 1) return value < 0.1 ? "below 0.1 %" : `${value.toFixed(1)} %`;
  return `${Math.round(value)} %`;
}

/** A number with so many digits after the point, "-" instead of what is not known. */
export function decimal(number, digits = 2) {
  return Number.isFinite(number) ? number.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1") : "-";
}

/** "frame 10", "frames 10 to 12". */
export function frameRange(first, last) {
  return first === last || !Number.isFinite(last) ? `frame ${first}` : `frames ${first} to ${last}`;
}

/** A track in a few words, for those who hear the page: "track 7, frames 10 to 250, 3 links"; or "track 7 car, ...". */
export function trackLabel(track, withClass = false) {
  const links = count(track.linkStop - track.linkStart, "link");
  return `track ${track.id}${withClass ? ` ${track.className}` : ""}, ${frameRange(track.first, track.last)}, ${links}`;
}

/** The kinds of things to work through. */
export const KINDS = {
  link: "Unsure link",
  crossing: "Crossing",
  appearance: "Change of appearance",
  begins_inside: "Begins inside the picture",
  ends_inside: "Ends inside the picture",
  switch: "Identity switch",
  miss: "Missed object",
  false_alarm: "False alarm",
};

/** The name of a kind; kinds that this page does not know are named as they are. */
export function kindName(kind) {
  return KINDS[kind] ?? String(kind).replaceAll("_", " ");
}

/** A feature's name with spaces. */
export function featureName(name) {
  return String(name).replaceAll("_", " ");
}

/**
 * What the objective loses without a link, as a sentence.
 * @param {number} loss in nats: costs are negative natural logarithms of probabilities.
 */
export function lossSentence(loss) {
  if (!Number.isFinite(loss)) return "What the result would lose without this link is not known.";
  if (loss < 0.005) return "Without this link, other tracks would be as good: the result does not depend on it.";
  const times = Math.exp(loss);
  const factor = times < 10 ? times.toFixed(1) : times < 10000 ? whole(Math.round(times)) : "more than 10,000";
  const result = `the best tracks would cost ${decimal(loss)} more: they would be ${factor} times less probable`;
  return `Without this link, ${result}.`;
}
