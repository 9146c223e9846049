/** Frames of a video and their times in seconds. Frame numbers start at `frames.first`. */

/** The time to seek to so that the frame is shown: its middle, as its start may show the frame before. */
export function seekTime(frames, frame) {
  const k = clampFrame(frames, frame) - frames.first;
  const { times, rate } = frames;
  if (!times) return (k + 0.5) / rate;
  const end = k + 1 < times.length ? times[k + 1] : times[k] + 1 / rate;
  return (times[k] + end) / 2;
}

/** The frame that is shown, from the time of presentation that the browser gives for it. */
export function frameOfMediaTime(frames, seconds) {
  const { times, rate } = frames;
  if (!times) return clampFrame(frames, frames.first + Math.round(seconds * rate));
  return frames.first + nearest(times, seconds);
}

/** The frame that is shown at a position of playing, which may be anywhere within the frame. */
export function frameOfPosition(frames, seconds) {
  const { times, rate } = frames;
  if (!times) return clampFrame(frames, frames.first + Math.floor(seconds * rate + 1e-3));
  let k = nearest(times, seconds);
  if (k > 0 && times[k] > seconds + 1e-3) k--;
  return frames.first + k;
}

/** The time of a frame since the start of the video, in seconds. */
export function timeOf(frames, frame) {
  const k = clampFrame(frames, frame) - frames.first;
  return frames.times ? frames.times[k] : k / frames.rate;
}

/** The nearest frame that exists. */
export function clampFrame(frames, frame) {
  return Math.min(Math.max(Math.round(frame), frames.first), frames.last);
}

function nearest(times, seconds) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < seconds) low = middle + 1;
    else high = middle;
  }
  return low > 0 && seconds - times[low - 1] < times[low] - seconds ? low - 1 : low;
}

/** A time as text: 1:02.40, or 1:01:02 for hours. */
export function clock(seconds, digits = 2) {
  const whole = Math.floor(seconds / 60);
  const rest = (seconds - 60 * whole).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (whole < 60) return `${whole}:${rest}`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}
