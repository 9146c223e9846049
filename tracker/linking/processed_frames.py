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

    The stride is the greatest common divisor of the distances of the frames with detections, if there are `FEWEST`,
    else of all frames that are said to be processed.

    Args:
        stride: frames from one processed frame to the next, if known.
    """

    def __init__(self, stride: int | None = None) -> None:
        self._known, self._first = stride, 0
        self._divisor = self._divisor_found = 0
        self._found_count, self._last_found = 0, 0

    @property
    def stride(self) -> int:
        """Frames from one processed frame to the next."""
        divisor = self._divisor_found if self._found_count >= FEWEST else self._divisor
        return self._known or max(divisor, 1)

    def add(self, frame: NDArray[np.integer] | int, found: bool = True) -> None:
        """Take in a processed frame, or several (N,), after all earlier ones.

        Args:
            frame: its number.
            found: whether there are detections in it.
        """
        frames = np.unique(frame).astype(np.int64)
        if not len(frames):
            return
        if found:
            before = frames[0] if not self._found_count else self._last_found
            self._divisor_found = int(np.gcd.reduce(np.append(frames - before, self._divisor_found)))
            self._found_count, self._last_found = self._found_count + len(frames), int(frames[-1])
        self._first = self._first or int(frames[0])
        self._divisor = int(np.gcd.reduce(np.append(frames - self._first, self._divisor)))

    @property
    def _origin(self) -> int:
        """The first frame at which a step can begin."""
        return self._first + (self._last_found - self._first) % self.stride if self._found_count else self._first

    def step(self, frame: int) -> int:
        """The step of a frame: the frame itself if each is processed, else counted from 1 at the first of them."""
        return frame if self.stride == 1 else (frame - self._origin) // self.stride + 1

    def at_steps(self, detections: Detections) -> Detections:
        """Detections with steps in place of frames."""
        if self.stride == 1:
            return detections
        return detections.with_frame(((detections.frame - self._origin) // self.stride + 1).astype(np.int32))

    def frames_to(self, last: int) -> NDArray[np.int64]:
        """The processed frames up to a last one."""
        return np.arange(self._origin, last + 1, self.stride, dtype=np.int64)


EVERY_FRAME = ProcessedFrames(1)
"""Of a detector that processes every frame."""
