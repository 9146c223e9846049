/** Two tracks: 7 in frames 10 to 15, of which 12, 13 and 15 are interpolated, and 9 in frames 12 and 13. */

import { encode } from "./made_up_data.js";

export function smallData(part = {}) {
  const box = [41, 80, 120, 242];
  return {
    format: 1,
    name: "small",
    video: null,
    frames: { width: 640, height: 480, rate: 10, count: 30, first: 1 },
    classes: [{ number: 1, name: "person", tracks: 1 }],
    boxes: {
      frame: encode(Int32Array.from([10, 11, 12, 13, 14, 15, 12, 13])),
      box: encode(Int16Array.from(Array(8).fill(box).flat())),
      unit: 0.25,
      score: encode(Uint8Array.from([255, 0, 0, 0, 128, 0, 10, 10])),
      scores: [0.1, 0.9],
      interpolated: encode(Uint8Array.from([0, 0, 1, 1, 0, 1, 0, 0])),
      link: encode(Int32Array.from([0, 1, -1, -1, -1, -1, 2, -1])),
      original: null,
    },
    tracks: [
      { id: 7, class: 1, start: 0, stop: 6, speed: 5, least: 0.4, crops: [] },
      { id: 9, class: 5, start: 6, stop: 8, speed: null, least: 0.99, crops: [] },
    ],
    links: {
      track: encode(Int32Array.from([0, 0, 1])),
      from: encode(Int32Array.from([10, 11, 12])),
      to: encode(Int32Array.from([11, 14, 13])),
      probability: encode(Float32Array.from([0.97, 0.4, 0.99])),
      loss: encode(Float32Array.from([5, NaN, 1])),
      appearance: encode(Float32Array.from([0.9, 0.5, NaN])),
    },
    details: {},
    review: [],
    truth: null,
    corrections: { tracks: "small.txt", lines: [] },
    notes: [],
    served: null,
    ...part,
  };
}

/** The same boxes after corrections: `original` are the ids of the 8 detections in the original tracks. */
export function correctedData(original, part = {}) {
  const data = smallData(part);
  return { ...data, boxes: { ...data.boxes, original: encode(Int32Array.from(original)) } };
}
