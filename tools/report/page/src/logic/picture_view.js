/** Where the picture lies on the stage: its scale and its offset, with zoom and pan. */

const LARGEST = 16;

/** The whole picture, centred. `stage` and `picture` are {width, height}. */
export function wholeView() {
  return { zoom: 1, x: 0, y: 0 };
}

/** The scale and the offset of the picture's pixels on the stage. */
export function placement(view, stage, picture) {
  const fit = Math.min(stage.width / picture.width, stage.height / picture.height) || 1;
  const scale = fit * view.zoom;
  return {
    scale,
    left: (stage.width - picture.width * scale) / 2 + view.x,
    top: (stage.height - picture.height * scale) / 2 + view.y,
  };
}

/** Zoom by a factor with the point of the stage where it is. */
export function zoomAt(view, factor, point, stage, picture) {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), LARGEST);
  const change = zoom / view.zoom;
  const [cx, cy] = [point.x - stage.width / 2, point.y - stage.height / 2];
  return panned({ zoom, x: cx - (cx - view.x) * change, y: cy - (cy - view.y) * change }, 0, 0, stage, picture);
}

/** Show a box [left, top, width, height] in the middle, as large as a third of the stage. */
export function viewOfBox([left, top, width, height], stage, picture) {
  const { scale } = placement(wholeView(), stage, picture);
  const wanted = Math.min(stage.width / width, stage.height / height) / 3 / scale;
  const zoom = Math.min(Math.max(wanted, 1), LARGEST);
  const x = (picture.width / 2 - left - width / 2) * scale * zoom;
  const y = (picture.height / 2 - top - height / 2) * scale * zoom;
  return panned({ zoom, x, y }, 0, 0, stage, picture);
}

/** Move the picture, not farther than its edges. */
export function panned(view, dx, dy, stage, picture) {
  const { scale } = placement(view, stage, picture);
  const room = (size, full) => Math.max(0, (full * scale - size) / 2);
  const limit = (value, most) => Math.min(Math.max(value, -most), most) + 0; // no -0
  return {
    zoom: view.zoom,
    x: limit(view.x + dx, room(stage.width, picture.width)),
    y: limit(view.y + dy, room(stage.height, picture.height)),
  };
}

/** The index of the smallest box that holds a point, of [left, top, width, height]s; -1 if none does. */
export function boxAt(boxes, { x, y }) {
  let best = -1;
  boxes.forEach(([left, top, width, height], index) => {
    const inside = x >= left && x <= left + width && y >= top && y <= top + height;
    if (inside && (best < 0 || width * height < boxes[best][2] * boxes[best][3])) best = index;
  });
  return best;
}
