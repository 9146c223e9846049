"""Videos with a variable frame rate: their frames are given the numbers that they would have at a constant rate."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, Image, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import FrameSource, StreamBroken

Boxes = TypeVar("Boxes", bound=Detections)


class FrameNumbers:
    """The numbers of N frames counted one by one, at a constant rate, and as their source numbers them.

    A tracker has the numbers at a constant rate. All are the same if nothing else is known.

    Args:
        steady: (N,) the number of each frame at the constant rate, ascending from 1; later frames follow one by one.
        first: the number of the first frame in its source.
    """

    def __init__(self, steady: IntArray | None = None, first: int = 1) -> None:
        self._steady, self._first = np.arange(1, 2) if steady is None else steady, first

    @classmethod
    def of_times(cls, seconds: FloatArray, frame_rate: float) -> "FrameNumbers":
        """Numbers by the times (N,) of the frames, ascending; a frame is later than the one before by one at least."""
        steps = np.maximum(np.round(np.diff(seconds) * frame_rate), 1)
        return cls(np.concatenate([[1], 1 + np.cumsum(steps)]).astype(np.int64))

    def beginning_with(self, first: int) -> "FrameNumbers":
        """The same with another number of the first frame in its source."""
        return FrameNumbers(self._steady, first)

    @property
    def count(self) -> int:
        """N."""
        return len(self._steady)

    @property
    def last(self) -> int:
        """The number of the last of them at the constant rate."""
        return int(self._steady[-1])

    @property
    def is_constant(self) -> bool:
        """Whether the frames are at a constant rate."""
        return self.last == self.count

    def steady(self, number: IntArray) -> IntArray:
        """Numbers at the constant rate, of frames counted one by one."""
        steady: IntArray = self._steady[np.minimum(number, self.count) - 1] + np.maximum(number - self.count, 0)
        return steady

    def number(self, steady: IntArray) -> IntArray:
        """The latest frames up to numbers at the constant rate, counted one by one; 0 for none."""
        later = np.maximum(steady - self.last, 0)
        number: IntArray = np.searchsorted(self._steady, steady, side="right") + later
        return number

    def count_up_to(self, steady: int) -> int:
        """How many frames there are up to a number at the constant rate."""
        return int(self.number(np.array(steady)))

    def of_source(self, steady: int) -> int:
        """The latest frame up to a number at the constant rate, as its source numbers it."""
        if self.is_constant:
            return steady + self._first - 1
        return self.count_up_to(steady) + self._first - 1

    def in_source(self, steady: NDArray[np.int32]) -> NDArray[np.int32]:
        """(K,) the latest frames up to numbers (K,) at the constant rate, as their source numbers them."""
        number = steady if self.is_constant else self.number(steady.astype(np.int64))
        return (number + self._first - 1).astype(np.int32)

    def given(self, boxes: Boxes) -> Boxes:
        """Boxes at the constant rate with the numbers of the source; those between two frames are left out."""
        if self.is_constant or not len(boxes):
            return boxes.later(self._first - 1)
        number = self.number(boxes.frame.astype(np.int64))
        came = self.steady(np.maximum(number, 1)) == boxes.frame
        return boxes[came].with_frame((number[came] + self._first - 1).astype(np.int32))


class SteadyFrames(FrameSource):
    """The frames of a source with the numbers that they have at a constant rate.

    Args:
        frames: the source.
        numbers: of its frames.
        frame_rate: the constant rate.
        has_all_times: whether a frame beyond the numbers is an error.
    """

    def __init__(
        self, frames: FrameSource, numbers: FrameNumbers, frame_rate: float, has_all_times: bool = False
    ) -> None:
        super().__init__(frames.name, frame_rate, numbers.last, None, frames.live, frames.single_pass)
        self.files, self.counted = frames.files, frames.counted
        self._frames, self._numbers, self._has_all_times = frames, numbers, has_all_times

    def _first_size(self) -> tuple[int, int]:
        return self._frames.size

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        for frame in self._frames.from_one():
            if self._has_all_times and frame.number > self._numbers.count:
                raise InputError(f"frame {frame.number} has no time stamp: {self._numbers.count} were given")
            self.last_number = int(self._numbers.steady(np.array(frame.number))) - 1
            yield None, frame.image
        if self._frames.broken:
            raise StreamBroken(self._frames.broken)

    def stop(self) -> None:
        """End the frames before the next one."""
        super().stop()
        self._frames.stop()


class Timing(NamedTuple):
    """How the frames of a source are numbered for its tracker, and its constant frame rate."""

    numbers: FrameNumbers
    frame_rate: float


def timing_of(frames: FrameSource | None, frame_rate: float, timestamps: FloatArray | None) -> Timing:
    """By the time stamps that are given, else by those of the source if these are not at a constant rate.

    The constant rate is the usual one: about one frame in the median of the times between two.

    Args:
        frames: the source, if there are frames.
        frame_rate: its mean frame rate.
        timestamps: (N,) seconds, if they are given.
    """
    seconds = timestamps
    if seconds is None and frames is not None:
        seconds = frames.presentation_times()
    if seconds is None or len(seconds) < 2:
        return Timing(FrameNumbers(), frame_rate)
    numbers = FrameNumbers.of_times(seconds, 1 / float(np.median(np.diff(seconds))))
    exact = (numbers.last - 1) / float(seconds[-1] - seconds[0])  # the median of times in milliseconds is rounded
    return Timing(numbers, frame_rate if numbers.is_constant and timestamps is None else exact)


def checked_timestamps(timestamps: Sequence[Any], count: int | None) -> FloatArray:
    """(N,) time stamps in seconds.

    Args:
        timestamps: of all frames.
        count: the number of frames, if it is known.

    Raises:
        InputError: they are no numbers that grow, or not as many as there are frames.
    """
    try:
        seconds = np.asarray(timestamps, np.float64)
    except (TypeError, ValueError):
        seconds = np.zeros((0, 0))
    if seconds.ndim != 1 or not np.isfinite(seconds).all():
        raise InputError("timestamps must be a list of one number for each frame, in seconds")
    if count is not None and len(seconds) != count:
        raise InputError(f"{counted(len(seconds), 'timestamp')} for {counted(count, 'frame')}: give each frame one")
    falling = np.flatnonzero(np.diff(seconds) <= 0)
    if len(falling):
        first = int(falling[0])
        raise InputError(
            f"timestamps must grow: that of frame {first + 2} is {seconds[first + 1]:g} s after {seconds[first]:g} s"
        )
    return seconds
