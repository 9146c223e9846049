"""The pedestrian detector of OpenCV 4: histograms of oriented gradients, linear classifier (Dalal and Triggs 2005)."""

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections

WINDOW_PERSON = 96
"""Height in pixels of a person in the classifier's window of 64x128."""

PADDING = 16
"""Pixels added around the image, so that windows at its border fit."""

MARGIN = np.array([0.18, 0.1, 0.18, 0.125])
"""Left, top, right and bottom margin around the person, as parts of the window. Without margins the recall at IoU 0.5,
mean of PETS09-S2L1, TUD-Campus, KITTI-17 and MOT16-09, is 0.23; with these it is 0.60."""


class HogDetector:
    """Detects upright people; the image is scaled so that the smallest ones fill the classifier's window.

    Args:
        smallest_person: height in pixels of the smallest people to detect.
        largest_image: pixels of the scaled image at most, which bounds the time; in larger images the smallest people
            to detect are taller.
        score_threshold: the lowest score, the distance to the classifier's plane.
        iou_limit: of two boxes with a higher intersection over union, the one with the lower score is dropped.

    Attributes:
        fingerprint: the settings.
    """

    def __init__(
        self,
        smallest_person: float = 50,
        largest_image: float = 1.7e6,
        score_threshold: float = 0.4,
        iou_limit: float = 0.45,
    ) -> None:
        if not hasattr(cv2, "HOGDescriptor"):
            raise DetectorError(f"OpenCV {cv2.__version__} has no HOG detector: install 'opencv-python<5'")
        self.fingerprint = f"{smallest_person} {largest_image} {score_threshold} {iou_limit}"
        self._scale = WINDOW_PERSON / smallest_person
        self._largest_image = largest_image
        self._score_threshold = score_threshold
        self._iou_limit = iou_limit
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))

    def detect(self, image: Image) -> Detections:
        """People in `image` (H, W, 3) uint8 BGR; the score is the distance to the classifier's plane."""
        height, width = image.shape[:2]
        scale = min(self._scale, (self._largest_image / (height * width)) ** 0.5)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size[0] + 2 * PADDING < 64 or size[1] + 2 * PADDING < 128:
            return Detections.empty()  # no window fits: OpenCV would crash
        scaled = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        windows, weights = self._hog.detectMultiScale(
            scaled,
            hitThreshold=self._score_threshold,
            winStride=(8, 8),
            padding=(PADDING, PADDING),
            scale=1.1,
            groupThreshold=0,
        )
        window = np.asarray(windows, np.float32).reshape(-1, 4) / np.tile(np.divide(size, (width, height)), 2)
        margin = MARGIN * np.tile(window[:, 2:], 2)
        box = np.hstack([window[:, :2] + margin[:, :2], window[:, :2] + window[:, 2:] - margin[:, 2:]])
        score = np.asarray(weights, np.float32).reshape(-1)
        kept = suppress_non_maxima(box, score, self._iou_limit)
        return Detections.from_boxes(1, box[kept], score[kept])
