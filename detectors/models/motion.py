"""Whatever moves before a static camera: a background model (Zivkovic 2004) and its connected foreground."""

import cv2
import numpy as np

from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import Image

WORKING_WIDTH = 640
"""Longer images are shrunk to this before anything else: the model's time goes with the pixels."""

LEARNING_RATE = 0.02
"""How fast the background follows the image: what stays for some ten frames becomes background. The best of five
rates on PETS09-S2L1, MOT16-09, TUD-Campus and KITTI-17, whose first frames show people where the ground should be."""

FOREGROUND = 255
"""How the background model marks foreground; shadows are 127."""


class MotionDetector:
    """Upright moving things before a static camera. It remembers frames: use one for every video, frames in order.

    Shadows are left out. People who touch in the image are one box; whoever stands still fades into the background.

    Args:
        warm_up_frames: the first frames teach the background and give no detections.
        smallest_height: the least height of a box, as part of the image's height.
        aspect: least and greatest height of a box, in widths.
        smallest_fill: the least part of a box that moves.
        largest_change: where more than this part of the image changes (a cut, a lamp), nothing is reported.
    """

    def __init__(
        self,
        warm_up_frames: int = 5,
        smallest_height: float = 0.05,
        aspect: tuple[float, float] = (0.8, 5.0),
        smallest_fill: float = 0.3,
        largest_change: float = 0.6,
    ) -> None:
        self._warm_up_frames = warm_up_frames
        self._smallest_height = smallest_height
        self._aspect = aspect
        self._smallest_fill = smallest_fill
        self._largest_change = largest_change
        self._seen = 0
        self._background = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=16, detectShadows=True)
        self._background.setShadowThreshold(0.6)
        self._background.setBackgroundRatio(0.8)
        self._speck = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        # Tall and narrow: joins a head to its body and not a person to the neighbour.
        self._gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 21))

    def detect(self, image: Image) -> Detections:
        """Moving things in `image` (H, W, 3) uint8 BGR; the score is the moving part of the box."""
        height, width = image.shape[:2]
        scale = min(1.0, WORKING_WIDTH / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
        self._seen += 1
        rate = -1 if self._seen <= self._warm_up_frames else LEARNING_RATE  # -1: all frames so far count alike.
        foreground = (self._background.apply(small, learningRate=rate) == FOREGROUND).astype(np.uint8)
        if self._seen <= self._warm_up_frames or foreground.mean() > self._largest_change:
            return Detections.empty()
        mask = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, self._speck)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._gap)
        parts = cv2.connectedComponentsWithStats(mask)[2][1:].astype(np.float32)
        left, top, w, h, area = parts.T
        fill = area / (w * h)
        tall = h >= self._smallest_height * size[1]
        upright = (h >= self._aspect[0] * w) & (h <= self._aspect[1] * w)
        kept = tall & upright & (fill >= self._smallest_fill)
        box = np.stack([left, top, left + w, top + h], axis=1)[kept]
        return Detections.from_boxes(1, box * np.tile(np.divide((width, height), size), 2), fill[kept])
