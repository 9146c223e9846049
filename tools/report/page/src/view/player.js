/** Plays and shows frames: of the video, or by a clock where there is none. */

import { clampFrame, frameOfMediaTime, frameOfPosition, seekTime } from "../logic/frame_times.js";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];

export class Player {
  #store;
  #video = null;
  #wanted = null; // a frame to seek to when the seek under way has ended
  #timer = 0;

  constructor(store) {
    this.#store = store;
  }

  get #frames() {
    return this.#store.get().model.frames;
  }

  /** Show frames of a video element, or of none (null). Returns a function that ends this. */
  attach(video) {
    this.pause();
    this.#video = video;
    if (!video) {
      this.#store.set({ shown: this.#store.get().frame });
      return () => {};
    }
    const ended = new AbortController();
    const on = (name, listener) => video.addEventListener(name, listener, { signal: ended.signal });
    on("loadedmetadata", () => this.go(this.#store.get().frame, true));
    on("seeked", () => this.#seeked());
    on("play", () => this.#store.set({ playing: true }));
    on("pause", () => this.#store.set({ playing: false }));
    if (video.requestVideoFrameCallback) this.#follow(video, ended.signal);
    else on("timeupdate", () => this.#present(frameOfPosition(this.#frames, video.currentTime)));
    video.playbackRate = this.#store.get().speed;
    if (video.readyState >= 1) this.go(this.#store.get().frame, true);
    return () => {
      ended.abort();
      if (this.#video === video) this.#video = null;
    };
  }

  /** Draw in step: the browser says which frame it presents. */
  #follow(video, signal) {
    const presented = (_, { mediaTime }) => {
      if (signal.aborted) return;
      this.#present(frameOfMediaTime(this.#frames, mediaTime));
      video.requestVideoFrameCallback(presented);
    };
    video.requestVideoFrameCallback(presented);
  }

  /** A frame is on the screen: the present one, unless another one has been asked for. */
  #present(shown) {
    const onItsWay = this.#video?.seeking || this.#wanted !== null;
    this.#store.set(onItsWay ? { shown } : { shown, frame: shown });
  }

  #seeked() {
    const frame = this.#wanted;
    this.#wanted = null;
    if (frame !== null) this.go(frame, true);
    else if (!this.#video.requestVideoFrameCallback) this.#present(this.#store.get().frame);
  }

  /** Show a frame. */
  go(frame, again = false) {
    const to = clampFrame(this.#frames, frame);
    if (to === this.#store.get().frame && !again) return;
    const video = this.#video;
    this.#store.set(video ? { frame: to } : { frame: to, shown: to });
    if (!video) return;
    if (video.seeking) this.#wanted = to;
    else video.currentTime = seekTime(this.#frames, to);
  }

  step(by) {
    this.pause();
    this.go(this.#store.get().frame + by);
  }

  toggle() {
    if (this.#store.get().playing) this.pause();
    else this.play();
  }

  play() {
    const { frame } = this.#store.get();
    if (frame >= this.#frames.last) this.go(this.#frames.first);
    if (this.#video) return void this.#video.play().catch(() => this.#store.set({ playing: false }));
    this.#store.set({ playing: true });
    let [before, due] = [performance.now(), 0];
    const tick = (now) => {
      due += ((now - before) / 1000) * this.#frames.rate * this.#store.get().speed;
      before = now;
      const steps = Math.floor(due);
      due -= steps;
      if (steps) this.go(this.#store.get().frame + steps);
      if (this.#store.get().frame >= this.#frames.last) this.pause();
      else this.#timer = requestAnimationFrame(tick);
    };
    this.#timer = requestAnimationFrame(tick);
  }

  pause() {
    cancelAnimationFrame(this.#timer);
    if (this.#video && !this.#video.paused) this.#video.pause();
    if (this.#store.get().playing) this.#store.set({ playing: false });
  }

  setSpeed(speed) {
    this.#store.set({ speed });
    if (this.#video) this.#video.playbackRate = speed;
  }

  /** The next speed, faster (1) or slower (-1). */
  changeSpeed(by) {
    const place = SPEEDS.indexOf(this.#store.get().speed) + by;
    this.setSpeed(SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)]);
  }
}
