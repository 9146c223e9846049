/** The picture: the video, or an empty picture, with the boxes drawn over it; zoom, pan and clicks. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { placement } from "../logic/picture_view.js";
import { oncePerFrame, prepare, useSize } from "./canvas.js";
import { html } from "./html.js";
import { drawOverlay } from "./overlay_drawing.js";
import { usePointerOnPicture } from "./stage_pointer.js";
import { usePage, useSelect } from "./store.js";
import { videoSource } from "./video_source.js";

export function Stage() {
  const [stage, size] = useSize();
  const view = useSelect((state) => state.view);
  const frames = useSelect((state) => state.model.frames);
  const pointer = usePointerOnPicture(stage, size, frames);
  const place = placement(view, size, frames);
  const style = {
    width: `${frames.width}px`,
    height: `${frames.height}px`,
    transform: `translate(${place.left}px, ${place.top}px) scale(${place.scale})`,
  };
  return html`
    <section class="stage" ref=${stage} aria-label="Picture" data-zoom=${view.zoom.toFixed(2)} ...${pointer}>
      <div class="picture" style=${style}><${Video} /></div>
      <${Overlay} place=${place} size=${size} />
      <${VideoFault} />
      <${Waiting} />
    </section>`;
}

function Video() {
  const { store, player } = usePage();
  const ref = useRef(null);
  const source = useSelect(videoSource);
  useEffect(() => player.attach(ref.current), [source]);
  if (!source) return null;
  const failed = () => store.set({ videoFault: store.get().videoFile ? "chosen" : "missing", videoFile: null });
  return html`<video ref=${ref} src=${source} muted playsinline preload="auto" tabindex="-1"
    onError=${failed}></video>`;
}

function Overlay({ place, size }) {
  const { store } = usePage();
  const ref = useRef(null);
  const latest = useRef();
  latest.current = { place, size };
  const redraw = useMemo(
    () =>
      oncePerFrame(() => {
        const { place, size } = latest.current;
        if (ref.current && size.width) drawOverlay(prepare(ref.current, size), store.get(), place);
      }),
    [store],
  );
  useLayoutEffect(redraw);
  useLayoutEffect(() => {
    const stop = store.subscribe(redraw);
    return () => {
      stop();
      redraw.cancel();
    };
  }, [store]);
  return html`<canvas class="overlay" ref=${ref} aria-hidden="true"
    style=${{ width: "100%", height: "100%" }}></canvas>`;
}

/** Says that the picture of the frame is still being decoded. */
function Waiting() {
  const waiting = useSelect((state) => !state.playing && state.shown !== state.frame);
  return waiting ? html`<div class="waiting" aria-hidden="true">loading frame…</div>` : null;
}

/** Says why there is no picture, and lets a person choose the video. */
function VideoFault() {
  const { store } = usePage();
  const fault = useSelect((state) => state.videoFault);
  const source = useSelect((state) => state.model.video?.source ?? null);
  const file = useSelect((state) => state.videoFile);
  const [closed, setClosed] = useState(false);
  if (file || closed || (!fault && source)) return null;
  const name = source && !source.startsWith("data:") ? decodeName(source) : null;
  const why =
    fault === "chosen"
      ? "This browser cannot play the video that was chosen."
      : fault
        ? `The video ${name ?? ""} cannot be opened. It should lie beside this file; or this browser cannot play it.`
        : "This report has no video: it shows boxes alone.";
  const choose = ({ target }) => {
    if (target.files[0]) store.set({ videoFile: URL.createObjectURL(target.files[0]), videoFault: null });
  };
  return html`
    <div class="video-fault" data-video-fault=${fault ?? "none"}>
      <span>${why}</span>
      <label class="button small">Choose the video<input type="file" accept="video/*" class="unseen"
        onChange=${choose} /></label>
      <button type="button" class="small" data-action="close-fault" onClick=${() => setClosed(true)}>Close</button>
    </div>`;
}

function decodeName(source) {
  try {
    return decodeURIComponent(source).split("?")[0];
  } catch {
    return source;
  }
}
