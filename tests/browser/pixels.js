// Pixels of screenshots: the number that a frame of the inputs carries, and colours at places in it.

import { PNG } from "pngjs";

const BLOCKS = 12; // white, black, then ten bits; see inputs.py
const BLOCK = 16;

/** A screenshot of a rectangle of a page, as { width, height, data } with four bytes a pixel. */
export async function pixels(page, clip) {
  return PNG.sync.read(await page.screenshot({ clip, animations: "disabled" }));
}

/** Where the picture is inside a video element that keeps its shape: { x, y, width, height } in pixels of the page. */
export async function pictureArea(video) {
  return video.evaluate((element) => {
    const box = element.getBoundingClientRect();
    const scale = Math.min(box.width / element.videoWidth, box.height / element.videoHeight);
    const [width, height] = [element.videoWidth * scale, element.videoHeight * scale];
    return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
  });
}

/** The number that the frame on the screen carries; an error if its code cannot be read. */
export function frameNumber(image, sourceWidth) {
  const scale = image.width / sourceWidth;
  const light = (block) => brightness(image, (block + 0.5) * BLOCK * scale, 0.5 * BLOCK * scale);
  const [white, black] = [light(0), light(1)];
  if (white - black < 100) throw new Error(`no frame code in the picture: white is ${white}, black is ${black}`);
  let number = 0;
  for (let block = 2; block < BLOCKS; block += 1) number = 2 * number + (light(block) > (white + black) / 2 ? 1 : 0);
  return number;
}

/** The mean of red, green and blue at a place. */
export function brightness(image, x, y) {
  const [red, green, blue] = colour(image, x, y);
  return (red + green + blue) / 3;
}

/** Red, green and blue at a place. */
export function colour(image, x, y) {
  const place = 4 * (Math.floor(y) * image.width + Math.floor(x));
  return [...image.data.subarray(place, place + 3)];
}
