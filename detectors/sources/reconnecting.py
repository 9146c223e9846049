"""`LiveSource`: frames of a camera or stream, which is called again when the connection is lost."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import Protocol

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.prefetch import POLL_SECONDS, prefetch_live
from siamlink.detectors.sources.frame_clock import Arrival, LiveClock
from siamlink.detectors.sources.frame_source import FrameSource, StreamBroken

FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.5, 30.0
"""Delay before a lost source is called again; each is twice the previous one."""
WAITING_FRAMES = 16
"""Frames that wait to be processed: 100 MB at 1920x1080."""
_ENDED = "it ended"


class Connection(Protocol):
    """A camera or stream that has answered and sent a first picture.

    Attributes:
        size: width and height in pixels.
        frame_rate: frames per second.
        endless: whether its end is a lost connection; a recording has a true end.
        on_demand: whether it sends frames on demand, so that none has to be dropped.
    """

    size: tuple[int, int]
    frame_rate: float
    endless: bool
    on_demand: bool

    def read(self) -> Iterator[tuple[float | None, Image]]:
        """Time stamp in seconds (None: no time stamp) and pixels of each picture; raises `StreamBroken` if it fails."""
        ...

    def close(self) -> None:
        """Release the camera or stream."""
        ...


Connect = Callable[[], Connection]
"""Calls the source; raises `InputError` if it does not answer."""


class LiveSource(FrameSource):
    """Frames of one connection after another, each read by a thread of its own.

    Frames that come faster than they are processed are dropped, the oldest first, unless the source sends them on
    demand. `LiveClock` numbers the frames: dropped frames have numbers too, and so has the time of a gap. A recording
    is not called again.

    Args:
        name: the name of the results.
        connect: calls the source.
        frame_rate: frames per second; None: that of the source.
        patience_seconds: how long to keep reconnecting; 0: it ends with its first connection.

    Raises:
        InputError: the source does not answer the first call.
    """

    def __init__(self, name: str, connect: Connect, frame_rate: float | None, patience_seconds: float) -> None:
        first = connect()
        super().__init__(name, frame_rate or first.frame_rate, None, first.size, live=True)
        self._connections = chain([first], iter(connect, None))
        self._endless, self._on_demand = first.endless, first.on_demand
        self._patience = patience_seconds if first.endless else 0.0

    def _read(self) -> Iterator[tuple[None, Image]]:
        clock, lost, delay = LiveClock(self.frame_rate, self._endless), "", FIRST_DELAY_SECONDS
        while True:
            before = clock.number
            fault = yield from self._follow(clock, lost)
            if clock.number > before:
                lost, delay = fault, FIRST_DELAY_SECONDS
            if not self._patience or not self._wait(delay, clock.arrival_time + self._patience):
                break
            delay = min(2 * delay, MAX_DELAY_SECONDS)
        if lost and self._patience:
            self.gaps.append(clock.gap_until(time.monotonic(), lost))
        if not self.stopped and (self._patience or lost != _ENDED):
            away = f" and not back within {counted(f'{self._patience:g}', 'second')}" if self._patience else ""
            raise StreamBroken(f"lost after frame {clock.number}{away}: {lost}")

    def _follow(self, clock: LiveClock, lost: str) -> Generator[tuple[None, Image], None, str]:
        """The frames of the next connection; returns why they end, an empty text if they were stopped.

        Args:
            clock: numbers the frames.
            lost: why the previous connection was lost; empty for the first.
        """
        arrivals = prefetch_live(
            self._arrivals(), WAITING_FRAMES, lambda: self.stopped, drop_oldest=not self._on_demand
        )
        try:
            for arrival in arrivals:
                if gap := clock.take(arrival, lost):
                    self.gaps.append(gap)
                lost = ""
                self.last_number, self.dropped_count = clock.number - 1, clock.dropped_count
                self.arrival_rate = None if self._on_demand else clock.arrival_rate
                yield None, arrival.image
        except (StreamBroken, InputError) as fault:
            return str(fault)
        return "" if self.stopped else _ENDED

    def _arrivals(self) -> Iterator[Arrival]:
        with closing(next(self._connections)) as connection:
            for position, (time_stamp, image) in enumerate(connection.read()):
                width, height = image.shape[1::-1]
                if (width, height) != self.size:
                    raise StreamBroken(f"its pictures are {width}x{height}, not {self.size[0]}x{self.size[1]}")
                yield Arrival(position, time.monotonic(), time_stamp, image)

    def _wait(self, delay: float, until: float) -> bool:
        """Wait before the next call; returns whether to make it: not after the time `until`, and not if stopped."""
        call = time.monotonic() + delay
        while not self.stopped and time.monotonic() < min(call, until):
            time.sleep(POLL_SECONDS)
        return not self.stopped and call < until
