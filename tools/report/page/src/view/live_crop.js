/** A crop that is read from the video when it is needed. */

import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { usePage, useSelect } from "./store.js";
import { videoSource } from "./video_source.js";

/** @param {{frame: number, box: number[], label: string, small?: boolean}} props */
export function LiveCrop({ frame, box, label, small = false }) {
  const { crops } = usePage();
  const canvas = useRef(null);
  const source = useSelect(videoSource);
  const frames = useSelect((state) => state.model.frames);
  useEffect(() => {
    if (!source) return undefined;
    crops.open(source);
    return crops.draw(canvas.current, frames, frame, box);
  }, [source, frames, frame, box.join()]);
  if (!source) return null;
  return html`<canvas ref=${canvas} class=${small ? "live-crop small-crop" : "live-crop"} width="1" height="1"
    role="img" aria-label=${label}
    data-live-crop=${frame}></canvas>`;
}
