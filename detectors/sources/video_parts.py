"""Parts of a video file: the frames, with their numbers, that one pass over all of it would give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from siamlink.detectors.base.arrays import Image, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.damaged_packets import REACH, marked_packets
from siamlink.detectors.sources.decoding import decode, reason, to_bgr, video_stream
from siamlink.detectors.sources.frame_source import FrameSource, StreamBroken

ATTEMPTS = 3
"""Key frames from which a part is decoded before it is decoded from the beginning of the file."""
WHOLE = "track it in one piece, without segments"
"""What is possible with a video that cannot be read in parts."""

Connect = Callable[[], InputContainer]


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a video file by its packets, without decoding.

    Attributes:
        time_stamp: (N,) of the frames in the order of display, in units of the stream.
        key: (M,) the frames, counted from 1, at which decoding can begin.
    """

    time_stamp: IntArray
    key: IntArray

    @property
    def count(self) -> int:
        """N."""
        return len(self.time_stamp)

    def starts(self, frame: int) -> list[int]:
        """Frames at which to begin, one after the other, in order to decode a frame; 1 is the last."""
        earlier = self.key[self.key <= frame][::-1][:ATTEMPTS].tolist()
        return [each for each in earlier if each > 1] + [1]


def index_frames(connect: Connect, title: str) -> FrameIndex:
    """The index of a video file.

    Args:
        connect: opens it.
        title: what errors call it.

    Raises:
        InputError: it is damaged, or its time stamps do not identify its frames.
    """
    times, keys = list[int](), list[int]()
    with connect() as container:
        stream = video_stream(container, title)
        try:
            for packet in marked_packets(container, stream):
                if packet.size == 0 or (not keys and not packet.is_keyframe):
                    continue
                if packet.is_corrupt:
                    raise InputError(f"{title} is damaged after {counted(len(times), 'frame')}: {WHOLE}")
                if packet.pts is None:
                    raise InputError(f"{title} has frames without time stamps: {WHOLE}")
                if keys and packet.pts < keys[0]:
                    continue  # shown before the first key frame, and needs what was cut off before it
                if packet.is_keyframe:
                    keys.append(packet.pts)
                if not packet.is_discard:
                    times.append(packet.pts)
        except FFmpegError as error:
            raise InputError(f"{title} cannot be read to its end ({reason(error)}): {WHOLE}") from None
    if not times:
        raise InputError(f"{title} has no frames")
    order = np.argsort(times, kind="stable")
    time_stamp = np.array(times, np.int64)[order]
    if (np.abs(order - np.arange(len(order))) > REACH).any() or (np.diff(time_stamp) <= 0).any():
        raise InputError(f"{title} has a clock that starts again, as joined files have: {WHOLE}")
    return FrameIndex(time_stamp, np.searchsorted(time_stamp, np.unique(keys)) + 1)


class VideoPart(FrameSource):
    """Some successive frames of a video file, with their numbers in the whole video.

    Args:
        whole: the video.
        connect: opens it.
        title: what errors call it.
        index: of all its frames.
        first: the first frame, counted from 1.
        last: the last one.
    """

    def __init__(
        self, whole: FrameSource, connect: Connect, title: str, index: FrameIndex, first: int, last: int
    ) -> None:
        super().__init__(whole.name, whole.frame_rate, last - first + 1, whole.size)
        self.files, self.counted, self.first_number = whole.files, True, first
        self._connect, self._title, self._index, self._last = connect, title, index, last

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        expected, reformatter = self._index.time_stamp[self.first_number - 1 : self._last], VideoReformatter()
        read = 0
        for frame in self._decoded(int(expected[0])):
            if read == len(expected) or frame.pts != expected[read]:
                raise StreamBroken(f"its packets do not say what its frames are: {WHOLE}")
            yield None, to_bgr(frame, reformatter)
            read += 1
            if read == len(expected) and self._last < self._index.count:
                return
        if read < len(expected):
            raise self._ended_early()

    def _decoded(self, first: int) -> Iterator[VideoFrame]:
        """The frames from a time stamp on, decoded from the latest key frame from which that succeeds."""
        for start in self._index.starts(self.first_number):
            with self._connect() as container:
                stream = video_stream(container, self._title)
                stream.thread_type = "NONE"  # as for the whole video
                frames = decode(container, stream)
                if start == 1:
                    yield from islice(frames, self.first_number - 1, None)
                    return
                try:
                    container.seek(int(self._index.time_stamp[start - 1]), stream=stream)
                    frame = next(frames, None)
                except (FFmpegError, StreamBroken):
                    continue
                if frame is not None and frame.pts is not None and frame.pts <= first:
                    yield from (each for each in chain([frame], frames) if each.pts is None or each.pts >= first)
                    return
