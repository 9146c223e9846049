/** The address that video elements play. */

import { base64Bytes } from "../logic/columns.js";
import { remember } from "./store.js";

/** An embedded video as an address of its bytes, which are then in memory once, however many elements play them. */
const embedded = remember((source) => {
  const [head, text] = source.split(";base64,", 2);
  if (text === undefined) return source;
  return URL.createObjectURL(new Blob([base64Bytes(text)], { type: head.slice("data:".length) }));
});

/** The address of the video; null if there is none or it could not be opened. */
export function videoSource({ model, videoFile, videoFault }) {
  if (videoFile) return videoFile;
  const source = videoFault ? null : (model.video?.source ?? null);
  return source?.startsWith("data:") ? embedded(source) : source;
}
