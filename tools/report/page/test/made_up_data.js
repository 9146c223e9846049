/** Made-up report data in the format of the page, of any size. */

const FEATURES = [
  "gap_seconds",
  "iou",
  "distance",
  "appearance_similarity",
  "rank_later",
  "motion_residual_x",
  "score_later",
];

/** Numbers from 0 to 1 that are the same each time (a linear congruential generator). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function encode(array) {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

/**
 * Data of tracks that cross a picture, with gaps, interpolated boxes and unsure links.
 * @param {{tracks?: number, frames?: number, length?: number, seed?: number, part?: object}} options `length`: mean
 *   frames of a track; `part`: what replaces parts of the data.
 */
export function madeUpData({ tracks: count = 12, frames = 300, length = 120, seed = 7, ...part } = {}) {
  const random = randomNumbers(seed);
  const boxes = { frame: [], box: [], score: [], interpolated: [], link: [] };
  const links = { track: [], from: [], to: [], probability: [], loss: [], appearance: [] };
  const details = {};
  const tracks = [];
  const picture = { width: 1280, height: 720, rate: 25, count: frames, first: 1 };
  for (let row = 0; row < count; row++) {
    tracks.push(addTrack({ row, random, boxes, links, details, picture, length: Math.min(length, frames - 2) }));
  }
  return {
    format: 1,
    siamlink: "0.1.0",
    name: "made-up",
    video: null,
    frames: picture,
    classes: [
      { number: 1, name: "person", tracks: Math.ceil(count / 2) },
      { number: 3, name: "car", tracks: Math.floor(count / 2) },
    ],
    boxes: {
      frame: encode(Int32Array.from(boxes.frame)),
      box: encode(Int16Array.from(boxes.box)),
      unit: 0.25,
      score: encode(Uint8Array.from(boxes.score)),
      scores: [0.2, 0.98],
      interpolated: encode(Uint8Array.from(boxes.interpolated)),
      link: encode(Int32Array.from(boxes.link)),
      original: null,
    },
    tracks,
    links: {
      track: encode(Int32Array.from(links.track)),
      from: encode(Int32Array.from(links.from)),
      to: encode(Int32Array.from(links.to)),
      probability: encode(Float32Array.from(links.probability)),
      loss: encode(Float32Array.from(links.loss)),
      appearance: encode(Float32Array.from(links.appearance)),
    },
    details,
    review: reviewOf(links, tracks),
    truth: null,
    corrections: { tracks: "made-up.txt", lines: [] },
    notes: [],
    served: null,
    ...part,
  };
}

function addTrack({ row, random, boxes, links, details, picture, length }) {
  const id = row + 1;
  const span = Math.max(4, Math.round(length * (0.5 + random())));
  const first = 1 + Math.floor(random() * Math.max(1, picture.count - span));
  const last = Math.min(first + span - 1, picture.count);
  const start = boxes.frame.length;
  const height = 60 + 160 * random();
  const from = { x: random() * picture.width * 0.9, y: random() * (picture.height - height) };
  const speed = { x: (random() - 0.5) * 4, y: (random() - 0.5) * 0.6 };
  let least = null;
  for (let frame = first; frame <= last;) {
    let step = random() < 0.94 ? 1 : 2 + Math.floor(random() * 12);
    if (frame + step > last) step = 1;
    const linked = frame + step <= last;
    const filled = step > 1 && random() < 0.6;
    const box = (f) => [from.x + speed.x * (f - first), from.y + speed.y * (f - first), height * 0.4, height];
    addBox(boxes, frame, box(frame), false, linked ? links.track.length : -1, random);
    if (linked) {
      const probability = step === 1 ? 1 - 0.12 * random() ** 6 : 0.3 + 0.69 * random();
      least = Math.min(least ?? 1, probability);
      if (probability < 0.9 || step > 1) details[links.track.length] = makeDetail(frame, step, box, row, random);
      addLink(links, row, frame, frame + step, probability, random);
      for (let f = frame + 1; filled && f < frame + step; f++) addBox(boxes, f, box(f), true, -1, random);
    }
    frame += step;
  }
  return {
    id,
    class: row % 2 ? 3 : 1,
    start,
    stop: boxes.frame.length,
    speed: 25 * Math.hypot(speed.x, speed.y),
    least,
    crops: [],
  };
}

function addBox(boxes, frame, box, interpolated, link, random) {
  boxes.frame.push(frame);
  boxes.box.push(...box.map((side) => Math.round(4 * side)));
  boxes.score.push(interpolated ? 0 : Math.floor(256 * random()));
  boxes.interpolated.push(interpolated ? 1 : 0);
  boxes.link.push(link);
}

function addLink(links, row, from, to, probability, random) {
  links.track.push(row);
  links.from.push(from);
  links.to.push(to);
  links.probability.push(probability);
  links.loss.push(probability > 0.9 ? 3 + 6 * random() : 2 * random());
  links.appearance.push(random());
}

function makeDetail(frame, step, box, row, random) {
  const features = FEATURES.map((name) => [name, Number((10 * random()).toFixed(2)), 4 * (random() - 0.4)]);
  features.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]));
  const other = (at, shift) => ({
    frame: at,
    box: box(at).map((side, i) => (i < 2 ? side + shift : side)),
    track: random() < 0.7 ? 1 + ((row + 1) % 3) : null,
    probability: 0.4 * random(),
    loss: random() < 0.5 ? 3 * random() : null,
  });
  return {
    features,
    base: -1.2,
    after: [other(frame + step, 40), other(frame + step, -60), other(frame + step + 1, 20)],
    before: [other(frame, 55)],
  };
}

function reviewOf(links, tracks) {
  const rows = links.probability.map((_, row) => row).sort((a, b) => links.probability[a] - links.probability[b]);
  const unsure = rows.slice(0, 40).map((row) => ({
    kind: "link",
    frame: links.from[row],
    until: links.to[row],
    tracks: [tracks[links.track[row]].id],
    link: row,
    text: `Track ${tracks[links.track[row]].id} is linked with probability ${links.probability[row].toFixed(2)}.`,
  }));
  const crossing = {
    kind: "crossing",
    frame: 100,
    until: 110,
    tracks: [1, 2],
    link: null,
    text: "Tracks 1 and 2 cross.",
  };
  const end = {
    kind: "ends_inside",
    frame: 150,
    until: null,
    tracks: [3],
    link: null,
    text: "Track 3 ends 200 pixels from the edge of the picture.",
  };
  return [...unsure, crossing, end];
}
