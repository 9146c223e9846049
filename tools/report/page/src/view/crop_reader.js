/** Draws parts of frames of the video on canvases, one after the other, with a video element of its own. */

import { seekTime } from "../logic/frame_times.js";

const MARGIN = 0.12; // of the sides of a box, around it
const LARGEST = { width: 130, height: 130 }; // pixels of a crop
const PATIENCE = 5000; // milliseconds for a seek

export class CropReader {
  #video = null;
  #source = null;
  #waiting = [];
  #working = false;

  /** Read from another video, or from none (null). */
  open(source) {
    if (source === this.#source) return;
    this.#source = source;
    this.#waiting = [];
    if (this.#video) this.#video.removeAttribute("src");
    this.#video = source
      ? Object.assign(document.createElement("video"), { src: source, muted: true, preload: "auto" })
      : null;
  }

  /** Draw the box [left, top, width, height] of a frame on a canvas, in turn. Returns a function that cancels this. */
  draw(canvas, frames, frame, box) {
    if (!this.#video) return () => {};
    const task = { canvas, frames, frame, box };
    this.#waiting.push(task);
    if (!this.#working) this.#work();
    return () => (this.#waiting = this.#waiting.filter((each) => each !== task));
  }

  async #work() {
    this.#working = true;
    while (this.#waiting.length) {
      const task = this.#waiting.shift();
      const video = this.#video;
      if ((await shown(video, seekTime(task.frames, task.frame))) && task.canvas.isConnected) drawCrop(video, task);
    }
    this.#working = false;
  }
}

/** Seek; whether the frame is there. */
async function shown(video, seconds) {
  if (video.readyState < 1 && !(await happened(video, "loadedmetadata"))) return false;
  const seeked = happened(video, "seeked");
  video.currentTime = seconds;
  return seeked;
}

function happened(video, name) {
  return new Promise((resolve) => {
    const ended = new AbortController();
    const end = (result) => {
      clearTimeout(timer);
      ended.abort();
      resolve(result);
    };
    const timer = setTimeout(end, PATIENCE, false);
    video.addEventListener(name, () => end(true), { signal: ended.signal });
    video.addEventListener("error", () => end(false), { signal: ended.signal });
  });
}

function drawCrop(video, { canvas, frames, box: [left, top, width, height] }) {
  const [mx, my] = [width * MARGIN, height * MARGIN];
  const [x, y] = [Math.max(left - mx, 0), Math.max(top - my, 0)];
  const [w, h] = [Math.min(left + width + mx, frames.width) - x, Math.min(top + height + my, frames.height) - y];
  if (w < 1 || h < 1) return;
  const scale = Math.min(LARGEST.width / w, LARGEST.height / h);
  const ratio = window.devicePixelRatio || 1;
  const [cw, ch] = [Math.round(w * scale), Math.round(h * scale)];
  Object.assign(canvas, { width: cw * ratio, height: ch * ratio });
  Object.assign(canvas.style, { width: `${cw}px`, height: `${ch}px` });
  const [sx, sy] = [video.videoWidth / frames.width, video.videoHeight / frames.height];
  canvas.getContext("2d").drawImage(video, x * sx, y * sy, w * sx, h * sy, 0, 0, canvas.width, canvas.height);
  canvas.dataset.drawn = "true";
}
