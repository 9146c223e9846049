"""Numbers for the frames of a live source that are true to real time, whatever is lost on the way."""

import time
from typing import NamedTuple

from siamlink.detectors.sources.frame_source import Gap, Image

SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
"""What is shorter is the unrest of a network; what is longer, a camera that sets its clock."""
SECONDS_TO_TELL_RATE = 60.0
"""Frames that wait at the start, and come at once, are few by then."""


class Arrival(NamedTuple):
    """A picture: its place in its connection from 0, when it arrived, its time stamp if it has one, and its pixels."""

    place: int
    at: float
    stamp: float | None
    image: Image


class LiveClock:
    """Counts frames as they come, and goes on by the time that passes where none come.

    Args:
        frame_rate: frames a second.
        pauses: whether no frames for a while are a gap; not so where the source waits to be asked.

    Attributes:
        number: of the latest frame; 0 before the first.
        arrived: when the latest frame did, by the monotonic clock.
        dropped: how many frames were, so far.
    """

    def __init__(self, frame_rate: float, pauses: bool = True) -> None:
        self.number, self.arrived, self.dropped = 0, time.monotonic(), 0
        self._rate, self._pauses, self._place = frame_rate, pauses, -1
        self._stamp: float | None = None
        self._counted, self._counting_seconds = 0, 0.0

    def take(self, arrival: Arrival, lost: str) -> Gap | None:
        """Number the next frame; returns the gap before it, if there is one.

        Args:
            arrival: the frame.
            lost: why the connection before its own was lost; nothing if there is none or it is the same.
        """
        gap, step = self._gap(arrival, lost), arrival.place - self._place
        if gap:
            step = max(1, round(gap.seconds * self._rate))
            gap = gap._replace(before=self.number + step)
        else:
            self.dropped += step - 1
            if self.number:
                self._counted += step
                self._counting_seconds += arrival.at - self.arrived
        self.number += step
        self._place, self._stamp, self.arrived = arrival.place, arrival.stamp, arrival.at
        return gap

    @property
    def arrival_rate(self) -> float | None:
        """Frames a second as they arrived, gaps aside; None before there is enough to tell."""
        known = self._counting_seconds >= SECONDS_TO_TELL_RATE
        return self._counted / self._counting_seconds if known else None

    def gap(self, until: float, reason: str) -> Gap:
        """The gap between the latest frame and a time, with no frame after it."""
        return Gap(self.number, None, until - self.arrived, reason)

    def _gap(self, arrival: Arrival, lost: str) -> Gap | None:
        """The gap before a frame: after another connection, or in its own by time stamps, or else by the clock."""
        if lost:
            return self.gap(arrival.at, lost)
        if not self.number or not self._pauses:
            return None
        if arrival.stamp is None or self._stamp is None:
            passed = arrival.at - self.arrived
        else:
            passed = arrival.stamp - self._stamp
        pause = passed - (arrival.place - self._place) / self._rate
        within = SHORTEST_PAUSE_SECONDS < pause < LONGEST_PAUSE_SECONDS
        return Gap(self.number, None, passed, "it paused") if within else None
