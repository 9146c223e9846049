/** The part of the video that the time line shows, in frames, and its scale in pixels. */

/** The fewest frames that are shown. */
const CLOSEST = 8;

/** The whole video. */
export function wholeScale(frames, width) {
  return { start: frames.first, stop: frames.last + 1, width, frames };
}

/** The pixel of (the start of) a frame. */
export function toPixel(scale, frame) {
  return ((frame - scale.start) / (scale.stop - scale.start)) * scale.width;
}

/** The frame, with its fraction, at a pixel. */
export function toFrame(scale, pixel) {
  return scale.start + (pixel / scale.width) * (scale.stop - scale.start);
}

/** Pixels that a frame takes. */
export function pixelsPerFrame(scale) {
  return scale.width / (scale.stop - scale.start);
}

/** The scale for another width. */
export function withWidth(scale, width) {
  return { ...scale, width };
}

/** Show `factor` times as many frames, with the frame at `pixel` where it is. */
export function zoomed(scale, factor, pixel) {
  const { frames } = scale;
  const all = frames.last + 1 - frames.first;
  const anchor = toFrame(scale, pixel);
  const span = Math.min(Math.max((scale.stop - scale.start) * factor, Math.min(CLOSEST, all)), all);
  return placed(scale, anchor - (pixel / scale.width) * span, span);
}

/** Move by a number of frames. */
export function moved(scale, by) {
  return placed(scale, scale.start + by, scale.stop - scale.start);
}

/** Move just as far as it takes to show a frame; the same scale if it is shown. */
export function showing(scale, frame) {
  const span = scale.stop - scale.start;
  const margin = Math.min(span * 0.05, 10);
  if (frame >= scale.start && frame + 1 <= scale.stop) return scale;
  if (frame < scale.start) return placed(scale, frame - margin, span);
  return placed(scale, frame + 1 + margin - span, span);
}

/** Move on by whole widths while frames are played, to show a frame; the same scale if it is shown. */
export function paged(scale, frame) {
  if (frame >= scale.start && frame + 1 <= scale.stop) return scale;
  const span = scale.stop - scale.start;
  return placed(scale, frame - span * 0.05, span);
}

/** Show the frames of a range with a margin at both ends. */
export function around(scale, from, to) {
  const span = Math.max((to - from + 1) * 1.3, Math.min(60, scale.frames.count));
  const whole = Math.min(span, scale.frames.count);
  return placed(scale, (from + to + 1 - whole) / 2, whole);
}

function placed(scale, start, span) {
  const { first, last } = scale.frames;
  const from = Math.min(Math.max(start, first), last + 1 - span);
  return { ...scale, start: from, stop: from + span };
}

/** Frames to mark on the axis, at least `spacing` pixels apart: 1, 2 or 5 times a power of ten. */
export function ticks(scale, spacing = 80) {
  const least = spacing / pixelsPerFrame(scale);
  let step = 1;
  for (let power = 1; step < least; power *= 10) {
    step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least) ?? step * 10;
  }
  const marks = [];
  for (let frame = Math.ceil(scale.start / step) * step; frame < scale.stop; frame += step) marks.push(frame);
  return marks;
}
