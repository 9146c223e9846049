"""Moving objects before a static camera: connected foreground of a background model (Zivkovic 2004)."""

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.detections import Detections

WORKING_WIDTH = 640
"""Pixels; images with a longer side are shrunk to this, because the time grows with the number of pixels."""

LEARNING_RATE = 0.02
"""How fast the background follows the image: a pixel that stays the same for about ten frames becomes background. The
best of five rates on PETS09-S2L1, MOT16-09, TUD-Campus and KITTI-17, which show people from the first frame on."""

FOREGROUND = 255
"""Mark of foreground in the background model's output; shadows are 127."""


class MotionDetector:
    """Detects upright moving objects before a static camera. Make one for each video; it needs the frames in order.

    Shadows are ignored. Objects that touch in the image become one box; an object that stands still becomes background.

    Args:
        warm_up_frames: the first frames, which initialise the background and give no detections.
        smallest_height: the lowest height of a box, as a part of the image's height.
        aspect: lowest and highest ratio of a box's height to its width.
        smallest_fill: the lowest part of a box that must move.
        largest_change: a frame in which more than this part of the image changes (a cut, a lamp) has no detections.
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
        self._frame_count = 0
        self._background = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=16, detectShadows=True)
        self._background.setShadowThreshold(0.6)
        self._background.setBackgroundRatio(0.8)
        self._speck = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        # tall and narrow, to join the parts of one person and not two people side by side
        self._gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 21))

    def detect(self, image: Image) -> Detections:
        """Moving objects in `image` (H, W, 3) uint8 BGR; the score is the part of the box that moves."""
        height, width = image.shape[:2]
        scale = min(1.0, WORKING_WIDTH / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
        self._frame_count += 1
        rate = -1 if self._frame_count <= self._warm_up_frames else LEARNING_RATE  # -1: equal weights for all frames
        foreground = (self._background.apply(small, learningRate=rate) == FOREGROUND).astype(np.uint8)
        if self._frame_count <= self._warm_up_frames or foreground.mean() > self._largest_change:
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
