"""Whether neighbouring segments have seen the same picture where they meet."""

import hashlib

import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.video_parts import WHOLE
from siamlink.tools.segments.segment import Segment
from siamlink.tools.segments.segment_file import Arrays

BEFORE, END = "before", "end"
"""Names of the digests of the frame before a segment, and of its last frame."""


class SeamFrames:
    """Takes note of the frame before a segment and of its last frame.

    A decoder that begins at a key frame may show other pictures than one that begins with the file, if the video says
    wrongly where decoding can begin. Then the neighbours differ in the frame that both decode.

    Args:
        segment: of the video.
    """

    def __init__(self, segment: Segment) -> None:
        self._names = {segment.first - 1: BEFORE, segment.last: END}
        self.digests: Arrays = {}

    def see(self, number: int, image: Image) -> None:
        """Take in a frame, with its number in the video."""
        if name := self._names.get(number):
            self.digests[name] = np.frombuffer(hashlib.sha256(image.tobytes()).digest(), np.uint8)


def check_seams(segments: list[Segment], records: list[Arrays]) -> None:
    """Check that each segment has seen the frame before it as the one before has.

    Raises:
        InputError: two differ.
    """
    for segment, earlier, later in zip(segments[1:], records, records[1:], strict=False):
        if END in earlier and BEFORE in later and not np.array_equal(earlier[END], later[BEFORE]):
            raise InputError(
                f"frame {segment.first - 1} is another picture if decoding begins at the key frame before it: {WHOLE}"
            )


def check_complete(part: FrameSource, segment: Segment, last: int) -> None:
    """Check that the frames of a segment have come.

    Args:
        part: the frames, read.
        segment: of the video.
        last: the frame that came last.

    Raises:
        InputError: they broke off.
    """
    if part.broken or last != segment.last:
        reason = part.broken or "the frames end"
        raise InputError(f"the video breaks off after frame {last}: {reason}")
