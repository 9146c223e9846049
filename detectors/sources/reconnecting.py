"""Cameras and streams have no known end and are read only once; one that is lost is waited for."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import Protocol

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.read_ahead import POLL_SECONDS, read_ahead
from siamlink.detectors.sources.frame_clock import Arrival, LiveClock
from siamlink.detectors.sources.frame_source import FrameSource, Image, StreamBroken

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 30.0
"""Before a source that is away is called again; every delay is twice the one before."""
WAITING_FRAMES = 16
"""Frames that wait while earlier ones are handled: 100 MB at 1920x1080."""
_ENDED = "it ended"


class Connection(Protocol):
    """A camera or stream that has answered, with a first picture.

    Attributes:
        size: width and height in pixels.
        frame_rate: frames a second.
        endless: whether it is lost when it ends, unlike a recording.
        waits: whether it keeps what is not asked for yet, so that nothing has to be dropped.
    """

    size: tuple[int, int]
    frame_rate: float
    endless: bool
    waits: bool

    def read(self) -> Iterator[tuple[float | None, Image]]:
        """Time stamp in seconds, if there is one, and pixels of each picture; raises `StreamBroken` at a fault."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


Connect = Callable[[], Connection]
"""Calls the source; raises `InputError` where it does not answer."""


class LiveSource(FrameSource):
    """Reads one connection after another, each by a thread of its own.

    Frames that come faster than they are asked for are dropped, the oldest that wait first. Numbers and times are those
    of `LiveClock`: dropped frames keep theirs, and a gap takes up as many as it is long. Nothing is dropped of a source
    that waits, and a recording is not called again.

    Args:
        name: names the outputs.
        connect: calls the source.
        frame_rate: frames a second; None: what the source says.
        patience_seconds: how long it may be away; with 0, its first end is the end.

    Raises:
        InputError: the source does not answer now.
    """

    def __init__(self, name: str, connect: Connect, frame_rate: float | None, patience_seconds: float) -> None:
        first = connect()
        super().__init__(name, frame_rate or first.frame_rate, None, first.size, live=True)
        self._connections = chain([first], iter(connect, None))
        self._endless, self._waits = first.endless, first.waits
        self._patience = patience_seconds if first.endless else 0.0

    def _read(self) -> Iterator[tuple[None, Image]]:
        clock, lost, delay = LiveClock(self.frame_rate, self._endless), "", FIRST_DELAY_SECONDS
        while True:
            before = clock.number
            fault = yield from self._follow(clock, lost)
            if clock.number > before:
                lost, delay = fault, FIRST_DELAY_SECONDS
            if not self._patience or not self._wait(delay, clock.arrived + self._patience):
                break
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
        if lost and self._patience:
            self.gaps.append(clock.gap(time.monotonic(), lost))
        if not self.stopped and (self._patience or lost != _ENDED):
            away = f" and not back within {self._patience:g} seconds" if self._patience else ""
            raise StreamBroken(f"lost after frame {clock.number}{away}: {lost}")

    def _follow(self, clock: LiveClock, lost: str) -> Generator[tuple[None, Image], None, str]:
        """The frames of the next connection; returns why they end, nothing where they are stopped.

        Args:
            clock: numbers the frames.
            lost: why the source has been away until now, if it has.
        """
        arrivals = read_ahead(self._arrivals(), WAITING_FRAMES, lambda: self.stopped, drop=not self._waits)
        try:
            for arrival in arrivals:
                if gap := clock.take(arrival, lost):
                    self.gaps.append(gap)
                lost = ""
                self.last_number, self.dropped_count = clock.number - 1, clock.dropped
                self.arrival_rate = clock.arrival_rate
                yield None, arrival.image
        except (StreamBroken, InputError) as fault:
            return str(fault)
        return "" if self.stopped else _ENDED

    def _arrivals(self) -> Iterator[Arrival]:
        with closing(next(self._connections)) as connection:
            for place, (stamp, image) in enumerate(connection.read()):
                width, height = image.shape[1::-1]
                if (width, height) != self.size:
                    raise StreamBroken(f"its pictures are {width}x{height}, not {self.size[0]}x{self.size[1]}")
                yield Arrival(place, time.monotonic(), stamp, image)

    def _wait(self, delay: float, until: float) -> bool:
        """Wait before the next call; returns whether there is to be one, before the time `until`."""
        call = time.monotonic() + delay
        while not self.stopped and time.monotonic() < min(call, until):
            time.sleep(POLL_SECONDS)
        return not self.stopped and call < until
