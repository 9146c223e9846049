/** Lines of corrections as text: checked, and as the file that `siamlink track --constraints` reads. */

const SHAPES = {
  must: ["FRAME ID FRAME ID"],
  cannot: ["FRAME ID FRAME ID"],
  swap: ["FRAME ID ID"],
  split: ["FRAME ID"],
  merge: ["ID ID"],
  false: ["ID", "FRAME ID", "FRAME ID FRAME"],
  true: ["FRAME ID"],
};

/** The lines of text, without spaces around them and without empty ones. */
export function toLines(text) {
  return text
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter(Boolean);
}

/** What is wrong with lines, each as "line 3: ...". */
export function faults(lines) {
  return lines.flatMap((line, index) => {
    const fault = faultOf(line);
    return fault ? [`line ${index + 1}: ${fault}`] : [];
  });
}

function faultOf(line) {
  const [word, ...fields] = line.replace(/#.*/, "").trim().split(/\s+/);
  if (!word) return null;
  const shapes = Object.hasOwn(SHAPES, word) ? SHAPES[word] : null;
  if (!shapes) return `unknown word '${word.slice(0, 40)}'; expected ${Object.keys(SHAPES).join(", ")}`;
  if (!shapes.some((shape) => shape.split(" ").length === fields.length)) {
    return `expected ${word} ${shapes.join(" or ")}`;
  }
  const wrong = fields.find((field) => !/^\d{1,9}$/.test(field));
  return wrong === undefined ? null : `'${wrong.slice(0, 40)}' is not a whole number`;
}

/** The boxes that a line names: {frame, id}; frame null where it names a whole track. Of a line with faults, none. */
export function boxesOfLine(line) {
  const [word, ...fields] = line.replace(/#.*/, "").trim().split(/\s+/);
  if (!word || faultOf(line)) return [];
  const shape = SHAPES[word].find((each) => each.split(" ").length === fields.length).split(" ");
  const [frames, ids] = ["FRAME", "ID"].map((kind) => fields.map(Number).filter((_, i) => shape[i] === kind));
  if (word === "false" && frames.length === 2) return frames.map((frame) => ({ frame, id: ids[0] }));
  return ids.map((id, i) => ({ frame: frames[i] ?? frames[0] ?? null, id }));
}

/** The text of a constraints file. */
export function constraintsFile(tracks, lines) {
  return [`tracks ${tracks}`, ...lines, ""].join("\n");
}

/** Its name. */
export function constraintsName(name) {
  const plain = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_").slice(0, 120);
  return `${plain || "tracks"}.constraints.txt`;
}

/** Lines with others after them, without those that are there. */
export function withLines(lines, added) {
  return [...lines, ...added.filter((line) => !lines.includes(line))];
}
