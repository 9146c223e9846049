"""`FrameSource`: numbered images with their times, from a video, a folder, a camera or a stream."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from siamlink.detectors.base.arrays import FloatArray, Image
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError, InputError

DEFAULT_FRAME_RATE = 30.0
"""Frames per second if neither the source nor the caller specifies it."""

PATIENCE_SECONDS = 300.0
"""How long to keep reconnecting to a live source: longer than a camera or a router takes to restart."""


class Frame(NamedTuple):
    """One image.

    Attributes:
        number: from 1, except for images that are numbered by their names.
        seconds: its time after the first frame.
        image: (H, W, 3) uint8 BGR pixels.
    """

    number: int
    seconds: float
    image: Image


class Gap(NamedTuple):
    """A time without frames from a live source; the frame numbers continue during it.

    Attributes:
        after: the number of the last frame before it.
        before: the number of the first frame after it; None if none came.
        seconds: its length.
        reason: why the frames stopped.
    """

    after: int
    before: int | None
    seconds: float
    reason: str


class StreamBroken(Exception):  # noqa: N818 - a signal from `_read` to `__iter__` that never leaves a FrameSource
    """The frames end too early; the message has the reason."""


def check_frame_rate(frame_rate: Any) -> float:
    """The frame rate, if it is a finite number above 0.

    Raises:
        ConfigError: it is not.
    """
    number = float(frame_rate) if isinstance(frame_rate, Real) and not isinstance(frame_rate, bool) else math.nan
    if not 0 < number < math.inf:
        shown = f"{frame_rate:g}" if isinstance(frame_rate, float) else f"{frame_rate!r:.40}"
        raise ConfigError(f"the frame rate must be a number above 0, not {shown}")
    return number


class FrameSource(ABC):
    """Images of one size, in order; a second iteration starts again from the first, if there can be one.

    Attributes:
        name: the name of the results; safe as a file name.
        frame_rate: frames per second.
        frame_count: expected frames; an estimate for some videos, None if it is not known.
        counted: whether `frame_count` is exact, as that of a list of images.
        promised_count: frames that must come, from `seqinfo.ini`; fewer count as a broken end. None: no such number.
        live: whether it is a camera or a stream, which has no known end and can be read once only.
        single_pass: whether it can be read once only.
        read_count: frames delivered so far.
        last_number: the number of the last of them; greater than `read_count` if a live source lost or dropped frames.
        dropped_count: frames of a live source that were dropped because they came faster than they were processed.
        gaps: the times without frames from a live source.
        arrival_rate: measured frames per second of a live source; None for the first seconds, and for one that sends
            frames on demand.
        stated_rate: frames per second that the video file itself states; None if it states none.
        rate_assumed: whether `frame_rate` is `DEFAULT_FRAME_RATE`, as neither the recording nor the caller states one.
        broken: why the frames ended too early, in one line; None if they did not.
        stopped: whether the frames end before the next one, as after a call of `stop`.
        files: the files that hold the frames, in order; none for a live source.
        first_number: the number of the first frame: 1, except for images that are numbered by their names.
        notes: what a user should know of the source, a line each.
    """

    def __init__(
        self,
        name: str,
        frame_rate: float,
        frame_count: int | None,
        size: tuple[int, int] | None,
        live: bool = False,
        single_pass: bool = False,
    ) -> None:
        self.name = name
        self.frame_rate = frame_rate
        self.frame_count, self.counted = frame_count, False
        self.promised_count: int | None = None
        self._size = size
        self.live, self.single_pass = live, live or single_pass
        self.read_count = self.last_number = self.dropped_count = 0
        self.gaps: list[Gap] = []
        self.arrival_rate: float | None = None
        self.stated_rate: float | None = None
        self.rate_assumed = False
        self.broken: str | None = None
        self.stopped = False
        self.files: tuple[Path, ...] = ()
        self.first_number = 1
        self.notes: list[str] = []
        self._started = False

    @abstractmethod
    def _read(self) -> Iterator[tuple[float | None, Image]]:
        """Time in seconds (None: from the frame rate) and pixels of each frame; `StreamBroken` at an early end."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; the first image is decoded if they are not known yet.

        Raises:
            InputError: no image can be decoded.
        """
        if self._size is None:
            self._size = self._first_size()
        return self._size

    def _first_size(self) -> tuple[int, int]:
        """The size of the first image, for a source that is made without its size."""
        raise NotImplementedError

    def presentation_times(self) -> FloatArray | None:
        """(N,) seconds of all frames if they are known before decoding and not at a constant rate; else None."""
        return None

    def check(self) -> None:
        """Decode the first image if the size is not known yet; raises `InputError` if that fails."""
        _ = self.size

    def __iter__(self) -> Iterator[Frame]:
        self.check()
        if self.single_pass and self._started:
            kind = "live" if self.live else "an iterator"
            raise InputError(f"{self.name} is {kind} and can be read once only")
        self._started, self.broken = True, None
        self.read_count, self.last_number = 0, self.first_number - 1
        return self._number(self._read())

    def from_one(self) -> Iterator[Frame]:
        """The frames, counted from 1 whatever their numbers are."""
        offset = self.first_number - 1
        return (frame._replace(number=frame.number - offset) for frame in self) if offset else iter(self)

    def count_frames(self) -> int:
        """How many frames there are, without decoding them.

        Raises:
            InputError: that cannot be said, or the source is damaged; it cannot be read in parts then.
        """
        raise InputError(f"{self.name} cannot be read in parts: segments are for video files and image folders")

    def part(self, first: int, last: int) -> "FrameSource":
        """Some successive frames, from the first to the last, counted from 1; their numbers are counted so too.

        The part breaks off where they are not those of the whole source.

        Raises:
            InputError: it cannot be read in parts.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """End the frames before the next one; a signal handler may call it."""
        self.stopped = True

    def _number(self, images: Iterator[tuple[float | None, Image]]) -> Iterator[Frame]:
        try:
            for seconds, image in images:
                self._check_size(image)
                self.read_count += 1
                self.last_number += 1
                by_rate = (self.last_number - self.first_number) / self.frame_rate
                yield Frame(self.last_number, by_rate if seconds is None else seconds, image)
            if self.read_count < (self.promised_count or 0):
                raise self._ended_early()
        except StreamBroken as reason:
            self.broken = str(reason)

    def _check_size(self, image: Image) -> None:
        height, width = image.shape[:2]
        if (width, height) != self.size:
            change = f"from {self.size[0]}x{self.size[1]} to {width}x{height}"
            raise StreamBroken(f"the picture size changes {change} at frame {self.last_number + 1}")

    def _ended_early(self) -> StreamBroken:
        return StreamBroken(f"ends after {self.read_count} of {counted(self.frame_count or 0, 'frame')}")
