"""The clip of the README: a street, first with the detections of each frame, then with the tracks."""

from pathlib import Path

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.scene import Scene
from siamlink.tools.synthetic.street import street
from siamlink.tracker.drawing.annotate import Annotator
from siamlink.tracker.drawing.plates import text_plate
from siamlink.tracker.runs.track import track

WIDTH, HEIGHT, FRAME_RATE = 720, 405, 25
TRACKED, SHOWN = 15, (4.0, 13.0)
"""Seconds of the street that are tracked, and those that are shown: two people walk behind the kiosk then."""
STRIDE = 2
"""Every so many frames of the street are in the clip."""
WIPE = (1.8, 3.2)
"""Seconds of the clip at which the tracks begin to cover the detections, from the left, and cover all of them."""
QUALITY = 62
WHITE, DARK = (255, 255, 255), (40, 40, 40)


def draw_clip(path: Path, progress: Progress) -> None:
    """Write the clip as an animated WebP that repeats for ever."""
    from PIL import Image as Picture

    scene = street(TRACKED * FRAME_RATE, seed=2, width=WIDTH, height=HEIGHT, frame_rate=FRAME_RATE)
    pictures = [Picture.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)) for image in _images(scene, progress)]
    milliseconds = round(1000 * STRIDE / FRAME_RATE)
    first, *rest = pictures
    first.save(path, save_all=True, append_images=rest, duration=milliseconds, loop=0, quality=QUALITY, method=4)


def _images(scene: Scene, progress: Progress) -> list[Image]:
    """The images of the clip."""
    frames = [image for _, _, image in scene]
    detections = scene.detections(miss_rate=0.12, false_rate=0.6)
    tracks = track(frames, detections=detections, frame_rate=scene.frame_rate, matching="learned").tracks
    annotator = Annotator(scene.frame_rate)
    images = []
    for number, image in enumerate(frames, 1):
        tracked = annotator.draw(image.copy(), tracks.in_frame(number))
        progress("draw the clip", number, len(frames))
        seconds = (number - 1) / scene.frame_rate
        if SHOWN[0] <= seconds < SHOWN[1] and number % STRIDE == 0:
            detected = _with_detections(image.copy(), detections.in_frame(number))
            images.append(_wiped(detected, tracked, seconds - SHOWN[0]))
    return images


def _with_detections(image: Image, detections: Detections) -> Image:
    """The boxes of a detector and their scores."""
    for (x1, y1, x2, y2), score in zip(np.rint(detections.box).astype(int).tolist(), detections.score, strict=True):
        for colour, thickness in ((DARK, 4), (WHITE, 2)):
            cv2.rectangle(image, (x1, y1), (x2, y2), colour, thickness)
        _put(image, text_plate(f"{score:.2f}", WHITE, 8), x1, y1 - 15)
    return image


def _wiped(detected: Image, tracked: Image, seconds: float) -> Image:
    """The tracks on the left of a line that moves to the right, the detections on its right."""
    share = float(np.clip((seconds - WIPE[0]) / (WIPE[1] - WIPE[0]), 0, 1))
    border = round(share * detected.shape[1])
    image = np.hstack([tracked[:, :border], detected[:, border:]])
    if 0 < share < 1:
        cv2.line(image, (border, 0), (border, image.shape[0]), WHITE, 3)
    name = "detections" if share < 0.5 else "siamlink: tracks"
    _put(image, text_plate(name, DARK, 13), 10, image.shape[0] - 32)
    return image


def _put(image: Image, plate: Image, left: int, top: int) -> None:
    """Draw a plate, moved into the image."""
    height, width = plate.shape[:2]
    left, top = max(0, min(left, image.shape[1] - width)), max(0, min(top, image.shape[0] - height))
    image[top : top + height, left : left + width] = plate
