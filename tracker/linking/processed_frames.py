"""Which frames the detector processed, and the steps from one to the next."""

import math

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.detections import Detections

LARGEST_CHANCE = 0.01
"""Largest probability of a stride by chance, with which it is recognised from the frames that have detections."""


def recognised_stride(frame: NDArray[np.integer]) -> int:
    """The frames from one processed frame to the next, by the frames that have detections; 1 if that may be chance."""
    frames = np.unique(frame)
    divisor = int(np.gcd.reduce(np.diff(frames))) if len(frames) > 1 else 0
    return divisor if _is_no_chance(divisor, len(frames)) else 1


def _is_no_chance(divisor: int, count: int) -> bool:
    """Whether the distances of so many frames hardly have a common divisor by chance.

    The first two frames have some distance; each later one fits to a divisor D of it with probability 1 / D.
    """
    return divisor > 1 and (count - 2) * math.log(divisor) >= -math.log(LARGEST_CHANCE)


class ProcessedFrames:
    """Counts time in steps of the detector: if it processes every fifth frame, a step is five frames.

    The stride is the greatest common divisor of the distances of the frames with detections, if that can hardly be
    chance, else of all frames that are said to be processed.

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
        found = self._divisor_found if _is_no_chance(self._divisor_found, self._found_count) else 0
        return self._known or found or max(self._divisor, 1)

    def add(self, frame: NDArray[np.integer] | int, found: bool = True) -> None:
        """Take in a processed frame, or several (N,), after all earlier ones.

        Args:
            frame: its number; of several, ascending.
            found: whether there are detections in it.
        """
        if isinstance(frame, int):
            frames = [frame]
        else:
            frames = frame[:1].tolist() if len(frame) and frame[0] == frame[-1] else np.unique(frame).tolist()
        if not frames:
            return
        if found:
            before = frames[0] if not self._found_count else self._last_found
            self._divisor_found = math.gcd(self._divisor_found, *(each - before for each in frames))
            self._found_count, self._last_found = self._found_count + len(frames), frames[-1]
        self._first = self._first or frames[0]
        self._divisor = math.gcd(self._divisor, *(each - self._first for each in frames))

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


EVERY_FRAME = ProcessedFrames(1)
"""Of a detector that processes every frame."""
