"""Whether a browser plays a video file, and jumps in it fast."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.sources.decoding import native_frame_rate, presentation_times, video_stream

CONTAINERS = ("mp4", "m4v", "webm")
"""Suffixes of files that all current browsers read."""
CODECS = ("h264", "vp8", "vp9", "av1")
PIXEL_FORMATS = ("yuv420p", "yuvj420p")
LONGEST_DISTANCE = 60
"""Frames from one key frame to the next; to show a frame, a browser decodes all frames since its key frame."""
TOLERANCE = 0.25
"""Frames that the time of a frame may differ from that at a constant rate."""


@dataclass(frozen=True)
class BrowserVideo:
    """A video file for a browser.

    Attributes:
        size: width and height in pixels.
        rate: frames per second.
        count: how many frames there are; None where it is not known.
        times: (N,) seconds of each frame after the first; None: at a constant rate.
        problem: why a browser does not play it well, as the end of a sentence; None if it does.
    """

    size: tuple[int, int]
    rate: float
    count: int | None
    times: FloatArray | None
    problem: str | None


def browser_video(path: Path) -> BrowserVideo | None:
    """How a browser plays a video file; None if the file cannot be read as one.

    Only packets are read, nothing is decoded.
    """
    try:
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            stream = video_stream(container, str(path))
            codec, rate = stream.codec_context, native_frame_rate(stream)
            problem = _format_problem(path, stream)
            starts_late = bool(stream.start_time)
            times = presentation_times(container, stream)
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            packets = [packet for packet in container.demux(video_stream(container, str(path))) if packet.size]
    except (FFmpegError, OSError):
        return None
    distance = _key_distance([packet.is_keyframe for packet in packets])
    if distance > LONGEST_DISTANCE:
        problem = problem or f"has a key frame every {distance} frames only, too few to jump fast"
    if starts_late:
        problem = problem or "does not start at time 0"
    if times is None:
        problem = problem or "has no usable time stamps"
        return BrowserVideo((codec.width, codec.height), rate, None, None, problem)
    rate = round(float((len(times) - 1) / times[-1]), 6)
    if not _durations_hold(packets, rate):
        problem = problem or "states wrong durations of its frames"
    is_steady = abs(times * rate - np.arange(len(times))).max() <= TOLERANCE
    return BrowserVideo((codec.width, codec.height), rate, len(times), None if is_steady else times, problem)


def _format_problem(path: Path, stream: VideoStream) -> str | None:
    codec = stream.codec_context
    if path.suffix.lower()[1:] not in CONTAINERS:
        return f"is a {path.suffix.lower() or 'nameless'} file, which browsers do not read"
    if codec.name not in CODECS and codec.codec.canonical_name not in CODECS:
        return f"is coded as {codec.codec.canonical_name}, which browsers do not play"
    if codec.pix_fmt not in PIXEL_FORMATS:
        return f"has pixels of the format {codec.pix_fmt}, which browsers do not play"
    if stream.sample_aspect_ratio not in (None, 0, 1):
        return "has pixels that are not square"
    return None


def _durations_hold(packets: "list[Packet[VideoStream]]", rate: float) -> bool:
    """Whether each frame is shown until the next one; a browser that jumps to its time shows another one if not."""
    ordered = sorted(packets, key=lambda packet: packet.pts or 0)
    differences = (
        abs((packet.duration or 0) - ((following.pts or 0) - (packet.pts or 0))) * float(packet.time_base or 0)
        for packet, following in pairwise(ordered)
    )
    return max(differences, default=0.0) * rate <= TOLERANCE


def _key_distance(keys: list[bool]) -> int:
    """The largest number of frames from a key frame to the next, or to the end."""
    places = [index for index, is_key in enumerate(keys) if is_key]
    ends = [*places[1:], len(keys)]
    return max((end - place for place, end in zip(places, ends, strict=True)), default=len(keys))
