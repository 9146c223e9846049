"""`FrameSource`: numbered, timed images that know whether they ended or broke."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import InputError

Image = NDArray[np.uint8]
"""(H, W, 3) uint8, BGR."""

DEFAULT_FRAME_RATE = 30.0
"""Frames a second where neither the source nor the caller knows."""

PATIENCE_SECONDS = 300.0
"""How long a live source may be away: longer than a camera or a router takes to start anew."""


class Frame(NamedTuple):
    """One image: its number from 1, its time in seconds after the first frame, and its (H, W, 3) uint8 BGR pixels."""

    number: int
    seconds: float
    image: Image


class Gap(NamedTuple):
    """A time without frames from a live source, whose numbers went on.

    Attributes:
        after: the number of the last frame before it.
        before: the number of the first frame after it; None where none came.
        seconds: how long it was.
        reason: why the frames stopped.
    """

    after: int
    before: int | None
    seconds: float
    reason: str


class StreamBroken(Exception):  # noqa: N818 - a signal from `_read` to `__iter__`; it never leaves a FrameSource
    """The frames end here, too early; the message says why."""


class FrameSource(ABC):
    """Images of one size, from the first to the last; iterating again starts over unless the source is live.

    Attributes:
        name: names the outputs; safe as a file name.
        frame_rate: frames a second.
        frame_count: frames to expect; an estimate for some videos, None where nothing is known.
        promised_count: frames that must come, where someone has counted them; fewer are a broken end.
        live: whether it is a camera or a stream, which has no known end and can be read only once.
        read_count: frames delivered so far.
        last_number: the number of the last of them; more than that where a live source lost or dropped some.
        dropped_count: frames of a live source that came faster than they were asked for, and were left out.
        gaps: the times for which a live source was away.
        arrival_rate: frames a second as they came from a live source, after a minute.
        broken: why the frames ended before their end, in one line; None as long as all is well.
        stopped: whether the frames are to end before the next one, as if there were no more.
        files: that hold the frames, in order; none where the source is live.
    """

    def __init__(
        self, name: str, frame_rate: float, frame_count: int | None, size: tuple[int, int] | None, live: bool = False
    ) -> None:
        self.name = name
        self.frame_rate = frame_rate
        self.frame_count = frame_count
        self.promised_count: int | None = None
        self._size = size
        self.live = live
        self.read_count = self.last_number = self.dropped_count = 0
        self.gaps: list[Gap] = []
        self.arrival_rate: float | None = None
        self.broken: str | None = None
        self.stopped = False
        self.files: tuple[Path, ...] = ()
        self._opened = False

    @abstractmethod
    def _read(self) -> Iterator[tuple[float | None, Image]]:
        """The time (None: by the frame rate) and the pixels of each frame; raises `StreamBroken` at an early end."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; where opening did not tell them, the first image is decoded for it.

        Raises:
            InputError: no image can be decoded.
        """
        if self._size is None:
            self._size = self._first_size()
        return self._size

    def _first_size(self) -> tuple[int, int]:
        """The size of the first image, of a source that is made without one."""
        raise NotImplementedError

    def check(self) -> None:
        """See to it that there is an image, before the work that needs it; raises `InputError` as `size` does."""
        _ = self.size

    def __iter__(self) -> Iterator[Frame]:
        self.check()
        if self.live and self._opened:
            raise InputError(f"{self.name} is live and can be read only once")
        self._opened, self.broken = True, None
        self.read_count = self.last_number = 0
        return self._number(self._read())

    def stop(self) -> None:
        """Let the frames end before the next one; a handler of signals may call it."""
        self.stopped = True

    def _number(self, images: Iterator[tuple[float | None, Image]]) -> Iterator[Frame]:
        try:
            for seconds, image in images:
                self._check_size(image)
                self.read_count += 1
                self.last_number += 1
                by_rate = (self.last_number - 1) / self.frame_rate
                yield Frame(self.last_number, by_rate if seconds is None else seconds, image)
            if self.read_count < (self.promised_count or 0):
                raise self._ended_early()
        except StreamBroken as reason:
            self.broken = str(reason)

    def _check_size(self, image: Image) -> None:
        height, width = image.shape[:2]
        if (width, height) != self.size:
            change = f"from {self.size[0]}x{self.size[1]} to {width}x{height}"
            raise StreamBroken(f"the picture size changes {change} at frame {self.read_count + 1}")

    def _ended_early(self) -> StreamBroken:
        return StreamBroken(f"ends after {self.read_count} of {self.frame_count} frames")
