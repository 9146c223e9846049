"""The segments of a video: successive frames, as many in each."""

import re
from dataclasses import dataclass

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError

MOST = 10_000
"""Segments; more are a mistake."""


@dataclass(frozen=True)
class Segment:
    """Some successive frames of a video, counted from 1.

    Attributes:
        number: of the segment, from 1.
        count: how many segments there are.
        first: its first frame.
        last: its last frame.
    """

    number: int
    count: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def file_name(self) -> str:
        """Of a segment in a folder; in the order of the segments."""
        digits = len(str(self.count))
        return f"{self.number:0{digits}}-of-{self.count}"


def segments_of(frame_count: int, count: int) -> list[Segment]:
    """The segments of a video of so many frames.

    Raises:
        ConfigError: there are fewer frames than segments.
    """
    if count > frame_count:
        raise ConfigError(f"{counted(frame_count, 'frame is', 'frames are')} too few for {counted(count, 'segment')}")
    ends = [number * frame_count // count for number in range(count + 1)]
    return [Segment(number, count, ends[number - 1] + 1, ends[number]) for number in range(1, count + 1)]


def parse_part(text: str) -> tuple[int, int]:
    """Number and count of a segment as in 3/16.

    Raises:
        ConfigError: it is not of that form, or the number is not from 1 to the count.
    """
    parts = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text)
    number, count = (int(each) for each in parts.groups()) if parts else (0, 0)
    if not 1 <= number <= count <= MOST:
        raise ConfigError(f"a segment is K/N, such as 3/16, with K from 1 to N and N up to {MOST}, not {text[:40]!r}")
    return number, count
