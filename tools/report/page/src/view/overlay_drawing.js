/** Draws the boxes of a frame on the picture. */

import { OUTLINE, TRACK_TEXT, trackColour } from "../logic/colours.js";
import { lowerBound } from "../logic/columns.js";
import { FOUND, boxOf, linkOf, rowsOfFrame, trackOfRow } from "../logic/model.js";

const FONT = "600 12px system-ui, sans-serif";
const INTERPOLATED_DASH = [6, 4];
const FOUND_DASH = [2, 3];

/** Boxes, ids and what is selected. `place` is the placement of the picture on the stage. */
export function drawOverlay(context, state, place) {
  const { model, shown, showBoxes, track, second } = state;
  context.font = FONT;
  context.textBaseline = "middle";
  if (showBoxes) {
    const rows = [...rowsOfFrame(model, shown)];
    const chosen = ({ id }) => id === track || id === second;
    const boxes = rows.map((row) => ({ row, track: trackOfRow(model, row) }));
    for (const each of boxes) if (!chosen(each.track)) drawBox(context, state, place, each);
    drawPath(context, state, place);
    for (const each of boxes) if (chosen(each.track)) drawBox(context, state, place, each);
  }
  for (const each of marks(state)) drawMark(context, place, each, shown);
}

function drawBox(context, { model, track: selected, second }, place, { row, track }) {
  const box = onStage(boxOf(model, row), place);
  const chosen = track.id === selected;
  const dimmed = selected !== null && !chosen && track.id !== second;
  const colour = trackColour(track.id);
  context.globalAlpha = dimmed ? 0.85 : 1;
  strokeBox(context, box, colour, chosen ? 4 : 2, dashOf(model.boxes.interpolated[row]));
  if (chosen) strokeBox(context, grown(box, 4), "#ffffff", 1.5, []);
  context.globalAlpha = 1;
  const kind = model.classes.size > 1 ? ` ${track.className}` : "";
  const order = chosen && second !== null ? " (1st)" : track.id === second ? " (2nd)" : "";
  drawLabel(context, box, `${track.id}${kind}${order}`, colour, chosen ? 5 : 0);
}

/** Detected boxes have whole lines, interpolated ones dashes and found ones dots. */
function dashOf(interpolated) {
  if (!interpolated) return [];
  return interpolated === FOUND ? FOUND_DASH : INTERPOLATED_DASH;
}

function strokeBox(context, [x, y, w, h], colour, width, dash) {
  context.setLineDash([]);
  context.lineWidth = width + 2;
  context.strokeStyle = OUTLINE;
  context.strokeRect(x, y, w, h);
  context.setLineDash(dash);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.strokeRect(x, y, w, h);
  context.setLineDash([]);
}

function drawLabel(context, [x, y, , h], text, colour, margin) {
  const width = context.measureText(text).width + 8;
  const height = 17;
  const inside = y - height - margin < 0;
  const top = inside ? Math.max(y + margin, 0) : y - height - margin;
  if (inside && y + h < 0) return;
  context.fillStyle = colour;
  context.fillRect(x - 1, top, width, height);
  context.fillStyle = TRACK_TEXT;
  context.fillText(text, x + 3, top + height / 2 + 1);
}

/** Where the centre of the selected track was and will be, within a second. */
function drawPath(context, { model, track: id, shown }, place) {
  const track = id === null ? null : model.byId.get(id);
  if (!track) return;
  const reach = Math.max(Math.round(model.frames.rate), 5);
  const parts = { before: new Path2D(), after: new Path2D() };
  const open = { before: false, after: false };
  const { frame: frames } = model.boxes;
  let row = lowerBound(frames, shown - reach, track.start, track.stop);
  for (; row < track.stop && frames[row] <= shown + reach; row++) {
    const frame = frames[row];
    const [left, top, width, height] = onStage(boxOf(model, row), place);
    for (const part of frame < shown ? ["before"] : frame > shown ? ["after"] : ["before", "after"]) {
      parts[part][open[part] ? "lineTo" : "moveTo"](left + width / 2, top + height / 2);
      open[part] = true;
    }
  }
  for (const [part, dash] of [
    ["before", []],
    ["after", [2, 5]],
  ]) {
    context.lineCap = "round";
    context.lineWidth = 4;
    context.strokeStyle = OUTLINE;
    context.setLineDash(dash);
    context.stroke(parts[part]);
    context.lineWidth = 2;
    context.strokeStyle = trackColour(id);
    context.stroke(parts[part]);
  }
  context.lineCap = "butt";
  context.setLineDash([]);
}

/** Boxes to show beside those of the frame: what is pointed at, and the two boxes of a selected link. */
function marks({ model, link, preview, shown }) {
  const all = [...preview];
  if (link >= 0) {
    const { first, second, from, to } = linkOf(model, link);
    if (from !== shown && first >= 0) all.push({ frame: from, box: boxOf(model, first), label: "" });
    if (to !== shown && second >= 0) all.push({ frame: to, box: boxOf(model, second), label: "" });
  }
  return all;
}

function drawMark(context, place, { frame, box, label }, shown) {
  const on = onStage(box, place);
  strokeBox(context, on, "#ffffff", 2, [2, 3]);
  const when = frame === shown ? "" : `frame ${frame}`;
  const text = [label, when].filter(Boolean).join(", ");
  if (text) drawLabel(context, [on[0], on[1] + on[3] + 21, 0, 21], text, "#ffffff", 0);
}

function onStage([left, top, width, height], place) {
  return [place.left + left * place.scale, place.top + top * place.scale, width * place.scale, height * place.scale];
}

function grown([x, y, w, h], by) {
  return [x - by, y - by, w + 2 * by, h + 2 * by];
}
