"""A recorded video as a frame source, and a video file."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from siamlink.detectors.base.arrays import FloatArray, Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.decoding import (
    NO_TIME_STAMPS,
    decode,
    first_frame,
    native_frame_rate,
    presentation_times,
    reason,
    stated_frame_rate,
    to_bgr,
    video_stream,
    with_seconds,
)
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.video_parts import FrameIndex, VideoPart, index_frames

_LENGTH_IN_HEADER = ("mov", "matroska", "avi", "flv", "asf")
"""Containers that declare their length; for others FFmpeg estimates it."""
_TIMES_IN_INDEX = "mov"
"""The container whose frame rates are computed from the times of all frames; for others the packets are read."""
_END_MARGIN_SECONDS = 0.5
"""A video counts as broken if it ends earlier than this, and than two frames, before its declared end."""


class RecordedVideo(FrameSource):
    """A video with an end, of any format that FFmpeg reads; opened anew for each pass over its frames.

    No frame is decoded before the size or a frame is needed.

    Args:
        container: the video, open.
        connect: opens it again.
        title: what errors call it.
        name: the name of the results.
        frame_rate: frames per second, which replaces the time stamps of the video; None: those.

    Raises:
        InputError: it holds no video.
    """

    def __init__(
        self,
        container: InputContainer,
        connect: Callable[[], InputContainer],
        title: str,
        name: str,
        frame_rate: float | None,
    ) -> None:
        stream = video_stream(container, title)
        rate = frame_rate or native_frame_rate(stream)
        super().__init__(name, rate, _expected_count(container, stream), None)
        stated, has_time_stamps = stated_frame_rate(stream), not container.format.flags & NO_TIME_STAMPS
        self.stated_rate = stated if has_time_stamps else None
        self.rate_assumed = frame_rate is None and stated is None
        self._connect, self._title, self._timed = connect, title, frame_rate is None

    def _first_size(self) -> tuple[int, int]:
        with self._connect() as container:
            stream = video_stream(container, self._title)
            height, width = to_bgr(first_frame(decode(container, stream), self._title)).shape[:2]
        return width, height

    def presentation_times(self) -> FloatArray | None:
        """(N,) seconds of all frames by the packets, if they may not be at a constant rate; else None.

        Raises:
            InputError: the video cannot be opened again.
        """
        if not self._timed:
            return None
        with self._connect() as container:
            stream = video_stream(container, self._title)
            indexed = container.format.name.startswith(_TIMES_IN_INDEX)
            varies = stream.average_rate != stream.base_rate if indexed else bool(self.files)
            return presentation_times(container, stream) if varies else None

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        end = 0.0
        with self._connect() as container:
            stream = video_stream(container, self._title)
            declared_end = _declared_end(container, stream)
            stream.thread_type = "NONE"  # with frame threads, damaged pictures are sometimes not marked as damaged
            reformatter = VideoReformatter()
            for seconds, frame in with_seconds(decode(container, stream)):
                end = max(end, _end_time(frame))
                yield (seconds if self._timed else None), to_bgr(frame, reformatter)
        if end and declared_end - end > max(_END_MARGIN_SECONDS, 2 / self.frame_rate):
            raise self._ended_early()


class VideoFile(RecordedVideo):
    """A video file.

    Args:
        path: the file.
        name: the name of the results; None: that of the file.
        frame_rate: frames per second, which replaces the time stamps of the file; None: those of the file.

    Raises:
        InputError: the file is missing, empty or not a video.
    """

    def __init__(self, path: Path, name: str | None = None, frame_rate: float | None = None) -> None:
        connect = partial(_open_file, path)
        with connect() as container:
            super().__init__(container, connect, str(path), name or path.stem, frame_rate)
        self.files = (path,)

    @cached_property
    def index(self) -> FrameIndex:
        """Of its frames, by all its packets.

        Raises:
            InputError: it is damaged, or its time stamps do not identify its frames.
        """
        return index_frames(self._connect, self._title)

    def count_frames(self) -> int:
        """See `FrameSource`."""
        return self.index.count

    def part(self, first: int, last: int) -> VideoPart:
        """See `FrameSource`."""
        return VideoPart(self, self._connect, self._title, self.index, first, last)


def _open_file(path: Path) -> InputContainer:
    try:
        if path.stat().st_size == 0 and path.is_file():
            raise InputError(f"{path} is empty (0 bytes)")
        container = av.open(f"file:{path}", metadata_errors="replace")
    except InvalidDataError:
        raise InputError(_why_no_video(path)) from None
    except FileNotFoundError:
        raise InputError(f"no such file or folder: {path}") from None
    except FFmpegError as error:
        raise InputError(f"cannot read {path}: {reason(error)}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    if container.format.name == "tty":
        container.close()
        raise InputError(_why_no_video(path))
    return container


def _why_no_video(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(80)
    if head[4:8] == b"ftyp":
        return f"{path} is cut off or damaged: its index (moov) cannot be read; copy or record it again"
    line = head.split(b"\n")[0].decode("utf-8", "replace").strip()
    return f"{path} is not a video" + (f"; it holds text: {line!r}" if line and line.isprintable() else "")


def _end_time(frame: VideoFrame) -> float:
    return (frame.time or 0.0) + float((frame.duration or 0) * (frame.time_base or 0))


def _declared_end(container: InputContainer, stream: VideoStream) -> float:
    """The time stamp of the end as declared in the header; 0 if the header does not declare it."""
    declared = container.format.name.split(",")[0] in _LENGTH_IN_HEADER
    seconds = _duration(container, stream) if declared else 0.0
    return seconds and seconds + float((stream.start_time or 0) * (stream.time_base or 0))


def _duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds of the video stream, never of a longer sound track; 0 if not known."""
    if stream.duration:
        return float(stream.duration * (stream.time_base or 0))
    tag = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))  # Matroska
    if tag:
        hours, minutes, seconds = map(float, tag.groups())
        return 3600 * hours + 60 * minutes + seconds
    alone = len(container.streams) == 1
    return (container.duration or 0) / av.time_base if alone else 0.0


def _expected_count(container: InputContainer, stream: VideoStream) -> int | None:
    """Duration times frame rate, because edit lists shorten both; without a duration, the number of stored frames."""
    return round(_duration(container, stream) * native_frame_rate(stream)) or stream.frames or None
