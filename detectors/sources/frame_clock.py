"""Frame numbers of a live source that follow real time, also where frames are lost."""

import time
from typing import NamedTuple

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.sources.frame_source import Gap

MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 60.0
"""A shorter pause is network jitter; a longer one is a camera that sets its clock."""
SETTLING_SECONDS, RATE_AFTER_SECONDS = 2.0, 5.0
"""Frames that were buffered come at once in the first seconds of a connection, and do not count for the rate; it is
known when the others cover so many seconds."""


class Arrival(NamedTuple):
    """A picture of a live source.

    Attributes:
        position: number in its connection, from 0.
        arrival_time: seconds, by the monotonic clock.
        time_stamp: seconds; None if it has none.
        image: pixels.
    """

    position: int
    arrival_time: float
    time_stamp: float | None
    image: Image


class LiveClock:
    """Numbers frames as they arrive; a gap without frames takes as many numbers as it is long.

    Args:
        frame_rate: frames per second.
        pauses: whether a pause without frames is a gap; not so for a source that sends frames on demand.

    Attributes:
        number: of the latest frame; 0 before the first.
        arrival_time: of the latest frame, in seconds by the monotonic clock.
        dropped_count: frames that were dropped so far.
    """

    def __init__(self, frame_rate: float, pauses: bool = True) -> None:
        self.number, self.arrival_time, self.dropped_count = 0, time.monotonic(), 0
        self._rate, self._pauses, self._position = frame_rate, pauses, -1
        self._time_stamp: float | None = None
        self._rate_frames, self._rate_seconds, self._connected = 0, 0.0, 0.0

    def take(self, arrival: Arrival, lost: str) -> Gap | None:
        """Number the next frame; returns the gap before it, if there is one.

        Args:
            arrival: the frame.
            lost: why the previous connection was lost; empty if the connection is the same.
        """
        gap, step = self._gap(arrival, lost), arrival.position - self._position
        if gap:
            step = max(1, round(gap.seconds * self._rate))
            gap = gap._replace(before=self.number + step)
        else:
            self.dropped_count += step - 1
        if gap or not self.number:
            self._connected = arrival.arrival_time
        elif self.arrival_time >= self._connected + SETTLING_SECONDS:
            self._rate_frames += step
            self._rate_seconds += arrival.arrival_time - self.arrival_time
        self.number += step
        self._position, self._time_stamp, self.arrival_time = arrival.position, arrival.time_stamp, arrival.arrival_time
        return gap

    @property
    def arrival_rate(self) -> float | None:
        """Frames per second as they arrived, without gaps; None for the first seconds."""
        enough = self._rate_seconds >= RATE_AFTER_SECONDS
        return self._rate_frames / self._rate_seconds if enough else None

    def gap_until(self, end: float, reason: str) -> Gap:
        """The gap from the latest frame to the time `end`, with no frame after it."""
        return Gap(self.number, None, end - self.arrival_time, reason)

    def _gap(self, arrival: Arrival, lost: str) -> Gap | None:
        """The gap before a frame: between two connections, or within one by time stamps or else by the clock."""
        if lost:
            return self.gap_until(arrival.arrival_time, lost)
        if not self.number or not self._pauses:
            return None
        if arrival.time_stamp is None or self._time_stamp is None:
            passed = arrival.arrival_time - self.arrival_time
        else:
            passed = arrival.time_stamp - self._time_stamp
        pause = passed - (arrival.position - self._position) / self._rate
        within = MIN_PAUSE_SECONDS < pause < MAX_PAUSE_SECONDS
        return Gap(self.number, None, passed, "it paused") if within else None
