/** The pieces that a row of the time line is drawn of. */

import { lowerBound } from "./columns.js";
import { isUncertain, levelIndex } from "./levels.js";

/**
 * Pieces of a track within a range of frames: stretches of links of one level and one kind.
 *
 * kind "detected": from frame to frame; "interpolated": boxes between were interpolated; "gap": no boxes between;
 * "found": a search found the boxes before the first or after the last detected one; "extended": other boxes there.
 * @returns {{kind: string, level: number, from: number, to: number}[]} frames of their first and last boxes.
 */
export function trackPieces(model, track, start, stop) {
  const { links } = model;
  const pieces = extensions(track);
  let row = Math.max(lowerBound(links.from, Math.floor(start), track.linkStart, track.linkStop) - 1, track.linkStart);
  for (let piece = null; row < track.linkStop && links.from[row] < stop; row++) {
    const [from, to, level] = [links.from[row], links.to[row], levelIndex(links.probability[row])];
    const kind = to - from === 1 ? "detected" : linkKind(model, track, row);
    if (piece && piece.kind === kind && piece.level === level && piece.to === from && kind === "detected")
      piece.to = to;
    else pieces.push((piece = { kind, level, from, to }));
  }
  if (track.linkStart === track.linkStop) {
    pieces.push({ kind: "detected", level: levelIndex(NaN), from: track.firstDetected, to: track.lastDetected });
  }
  return pieces;
}

function extensions(track) {
  const level = levelIndex(NaN);
  const all = [
    { kind: "extended", level, from: track.first, to: track.firstFound },
    { kind: "found", level, from: track.firstFound, to: track.firstDetected },
    { kind: "found", level, from: track.lastDetected, to: track.lastFound },
    { kind: "extended", level, from: track.lastFound, to: track.last },
  ];
  return all.filter(({ from, to }) => from < to);
}

/** Whether the boxes between the two boxes of a link were interpolated or there are none. */
function linkKind(model, track, row) {
  const [from, to] = [model.links.from[row], model.links.to[row]];
  if (to - from === 1) return "detected";
  const box = lowerBound(model.boxes.frame, from + 1, track.start, track.stop);
  return model.boxes.frame[box] < to ? "interpolated" : "gap";
}

/**
 * The link that a click in a row means; -1 if it means the track.
 * Of the links within `reach` frames, the least sure; sure ones only if a frame is wide enough to aim at.
 */
export function linkNear(model, track, frame, reach) {
  const { links } = model;
  const aimed = reach < 0.75;
  let row = Math.max(lowerBound(links.to, Math.floor(frame - reach), track.linkStart, track.linkStop), track.linkStart);
  let best = -1;
  for (; row < track.linkStop && links.from[row] + 0.5 <= frame + reach; row++) {
    if (links.to[row] + 0.5 < frame - reach) continue;
    const worthIt = aimed || isUncertain(links, row);
    if (worthIt && (best < 0 || links.probability[row] < links.probability[best])) best = row;
  }
  return best;
}
