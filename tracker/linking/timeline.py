"""Variable time stamps: frames are given the numbers that they would have at a constant frame rate."""

import math
from typing import Any, NamedTuple

import numpy as np

from siamlink.detectors.base.errors import InputError
from siamlink.tracker.tracks import Tracks


class Moment(NamedTuple):
    """A frame with a time stamp.

    Attributes:
        number: of the frame, as its caller numbers it.
        steady: its number at the constant frame rate.
        seconds: its time stamp.
    """

    number: int
    steady: int
    seconds: float


class Timeline:
    """Numbers frames by their time stamps, and gives tracks the numbers of the frames that came.

    A frame that comes some frame times after the one before gets a number that is as much higher, at least by one; the
    numbers between are frames that were not processed. Without time stamps, numbers stay as they are.

    Args:
        frame_rate: frames per second.
    """

    def __init__(self, frame_rate: float) -> None:
        self._rate = frame_rate
        self._last: Moment | None = None
        self._untimed = False
        self._number_at: dict[int, int] = {}

    def next(self, frame_number: int | None, timestamp: Any) -> Moment | None:
        """The next frame, None without a time stamp; it counts from `add` on.

        Args:
            frame_number: as its caller numbers it; None: the next number.
            timestamp: in seconds, or None.

        Raises:
            InputError: the frame number or the time stamp does not grow, or only some frames have a time stamp.
        """
        if self._untimed if timestamp is not None else self._last is not None:
            raise InputError("either all frames have a timestamp, or none has")
        if timestamp is None:
            return None
        if not isinstance(timestamp, int | float | np.integer | np.floating) or not math.isfinite(timestamp):
            raise InputError(f"expected a timestamp in seconds, not {timestamp!r:.40}")
        number, seconds, last = 1 if frame_number is None else frame_number, float(timestamp), self._last
        if last is None:
            return Moment(number, 1, seconds)
        number = last.number + 1 if frame_number is None else frame_number
        if seconds <= last.seconds or number <= last.number:
            raise InputError(
                f"time stamps and frame numbers must grow: {seconds:g} s, frame {number} after {last.seconds:g} s, "
                f"frame {last.number}"
            )
        return Moment(number, last.steady + max(1, round((seconds - last.seconds) * self._rate)), seconds)

    def add(self, moment: Moment | None) -> None:
        """Let a frame, or one without a time stamp, be the latest one."""
        if moment is None:
            self._untimed = True
        else:
            self._last, self._number_at[moment.steady] = moment, moment.number

    def number(self, steady: int) -> int:
        """The latest frame up to one of the constant frame rate, as its caller numbers it; 0 for none."""
        if self._last is None:
            return steady
        return max((number for at, number in self._number_at.items() if at <= steady), default=0)

    def given(self, tracks: Tracks, final_frame: int) -> Tracks:
        """Tracks with the numbers of the frames that came; boxes in frames between these are left out.

        Args:
            tracks: with the numbers of the constant frame rate.
            final_frame: later tracks are of later frames of that rate.
        """
        if self._last is None or not len(tracks):
            return tracks
        steady, number = (
            np.array(list(column), np.int32) for column in (self._number_at.keys(), self._number_at.values())
        )
        part = tracks[np.isin(tracks.frame, steady)]
        first_open = max((at for at in self._number_at if at <= final_frame), default=0)
        self._number_at = {at: each for at, each in self._number_at.items() if at >= first_open}
        return part.with_frame(number[np.searchsorted(steady, part.frame)])
