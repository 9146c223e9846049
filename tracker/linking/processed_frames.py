"""Which frames the detector processed, and the steps from one to the next."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.detections import Detections

FEWEST = 8
"""Frames with detections from which a stride is recognised; fewer may have a common divisor by chance."""


def recognised_stride(frame: NDArray[np.integer]) -> int:
    """The frames from one processed frame to the next, by the frames that have detections; 1 with fewer than FEWEST."""
    frames = np.unique(frame)
    return max(int(np.gcd.reduce(np.diff(frames))), 1) if len(frames) >= FEWEST else 1


class ProcessedFrames:
    """Counts time in steps of the detector: if it processes every fifth frame, a step is five frames.

    The stride is the greatest common divisor of the distances of the processed frames so far.

    Args:
        stride: frames from one processed frame to the next, if known.
    """

    def __init__(self, stride: int | None = None) -> None:
        self._known, self._divisor, self._first = stride, 0, 0

    @property
    def stride(self) -> int:
        """Frames from one processed frame to the next."""
        return self._known or max(self._divisor, 1)

    def add(self, frame: NDArray[np.integer] | int) -> None:
        """Take in a frame, or several (N,) in any order, that the detector processed."""
        frames = np.unique(frame).astype(np.int64)
        if len(frames):
            self._first = self._first or int(frames[0])
            self._divisor = int(np.gcd.reduce(np.append(frames - self._first, self._divisor)))

    def step(self, frame: int) -> int:
        """The step of a frame: the frame itself if each is processed, else counted from 1 at the first of them."""
        return frame if self.stride == 1 else (frame - self._first) // self.stride + 1

    def at_steps(self, detections: Detections) -> Detections:
        """Detections with steps in place of frames."""
        if self.stride == 1:
            return detections
        return detections.with_frame(((detections.frame - self._first) // self.stride + 1).astype(np.int32))

    def frames_to(self, last: int) -> NDArray[np.int64]:
        """The processed frames up to a last one."""
        return np.arange(self._first, last + 1, self.stride, dtype=np.int64)


EVERY_FRAME = ProcessedFrames(1)
"""Of a detector that processes every frame."""
