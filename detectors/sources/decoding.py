"""Decoding by PyAV for files and live streams; it reports damage and time stamps, which OpenCV does not."""

import math
import time
from collections.abc import Iterator

import numpy as np
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from siamlink.detectors.base.arrays import FloatArray, Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.damaged_packets import REACH, marked_packets
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, StreamBroken

NO_TIME_STAMPS = 0x80
"""Flag of formats whose time stamps are computed from a frame rate (FFmpeg's `AVFMT_NOTIMESTAMPS`)."""
_HIGHEST_FRAME_RATE = 999.0
"""A higher number is a time base and not a frame rate, as in videos recorded by a browser."""


def video_stream(container: InputContainer, what: str) -> VideoStream:
    """The first video stream of a container, cover pictures aside; `what` names the source in errors.

    Raises:
        InputError: there is none, or its codec is unknown.
    """
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if not stream.codec_context:
            raise InputError(f"{what} holds video of a codec that FFmpeg does not know")
        return stream
    others = ", ".join(sorted({stream.type for stream in container.streams if stream.type != "video"}))
    raise InputError(f"{what} has no video stream" + (f", only {others}" if others else ""))


def native_frame_rate(stream: VideoStream) -> float:
    """Mean frames per second; `DEFAULT_FRAME_RATE` if the stream does not specify it."""
    return stated_frame_rate(stream) or DEFAULT_FRAME_RATE


def stated_frame_rate(stream: VideoStream) -> float | None:
    """Mean frames per second as the stream specifies them, if it does."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 0 < rate <= _HIGHEST_FRAME_RATE else None


def presentation_times(container: InputContainer, stream: VideoStream) -> FloatArray | None:
    """(N,) seconds of the frames after the first, in display order, from the packets alone; None if some have none.

    Frames before the first key frame cannot be decoded and are left out.
    """
    times, begun = [], -math.inf
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or (math.isinf(begun) and not packet.is_keyframe):
                continue
            if packet.pts is None or packet.is_corrupt:
                return None
            begun = packet.pts if math.isinf(begun) else begun
            if packet.pts >= begun and not packet.is_discard:
                times.append(packet.pts)
    except FFmpegError:
        return None
    order = np.argsort(times, kind="stable")
    seconds = np.array(times, np.float64)[order] * float(stream.time_base or 0)
    joined = (np.abs(order - np.arange(len(order))) > REACH).any()  # several videos, each with a clock of its own
    if len(seconds) < 2 or joined or (np.diff(seconds) <= 0).any():
        return None
    relative: FloatArray = seconds - seconds[0]
    return relative


def decode(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames in display order, up to the first damage.

    Damage before the first intact frame is skipped, as in a recording that starts between two key frames.

    Raises:
        StreamBroken: the data is damaged or cut off, cannot be read further, or has no intact frame.
    """
    count, fault = 0, ""
    try:
        for event in _events(container, stream):
            if isinstance(event, VideoFrame) and not event.is_corrupt:
                count += 1
                yield event
                continue
            fault = event if isinstance(event, str) else "the picture is damaged"
            if count:
                raise StreamBroken(f"decoding broke at frame {count + 1}: {fault}")
    except FFmpegError as error:
        raise StreamBroken(f"reading broke after frame {count}: {reason(error)}") from None
    if fault and not count:
        raise StreamBroken(fault)


def decode_live(container: InputContainer, stream: VideoStream, patience_seconds: float) -> Iterator[VideoFrame]:
    """The frames in display order; decoding errors are skipped, and damaged pictures are included.

    Raises:
        StreamBroken: reading fails, no picture comes for `patience_seconds`, or none could be decoded.
    """
    fault, count, latest = "", 0, time.monotonic()
    try:
        for packet in container.demux():
            try:
                frames = stream.codec_context.decode(packet) if packet.stream is stream else []
            except FFmpegError as error:
                fault, frames = reason(error), []
            for frame in frames:
                yield frame
                count, latest = count + 1, time.monotonic()
            if time.monotonic() - latest > patience_seconds:
                raise StreamBroken("no picture in time")
    except FFmpegError as error:
        yield from _drain(stream)
        raise StreamBroken(reason(error)) from None
    if fault and not count:
        raise StreamBroken(fault)


def _events(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | str]:
    """Decoded frames, and a text for each damage; raises `FFmpegError` if reading fails."""
    codec = stream.codec_context
    try:
        for packet in marked_packets(container, stream):
            if packet.is_corrupt:
                yield from _drain(stream)
                yield "the data is damaged or cut off"
                codec.flush_buffers()
                continue
            try:
                frames = codec.decode(packet)
            except FFmpegError as error:
                yield reason(error)
            else:
                yield from frames
    except FFmpegError:
        yield from _drain(stream)
        raise


def _drain(stream: VideoStream) -> list[VideoFrame]:
    """The remaining frames in the decoder."""
    try:
        frames = stream.codec_context.decode(None)
    except FFmpegError:
        return []
    for frame in frames:
        frame.time_base = stream.time_base
    return frames


def first_frame(frames: Iterator[VideoFrame], what: str) -> VideoFrame:
    """The first of `frames`.

    Raises:
        InputError: there is none; the message has the reason.
    """
    try:
        return next(frames)
    except StopIteration:
        raise InputError(f"{what} has no frames") from None
    except StreamBroken as fault:
        raise InputError(f"no frame of {what} can be decoded: {fault}") from None


def with_seconds(frames: Iterator[VideoFrame]) -> Iterator[tuple[float | None, VideoFrame]]:
    """Each frame with its time in seconds after the first one; None if it has no time stamp."""
    start: float | None = None
    for frame in frames:
        start = frame.time if start is None else start
        yield (None if frame.time is None or start is None else frame.time - start), frame


def to_bgr(frame: VideoFrame, reformatter: VideoReformatter | None = None) -> Image:
    """The pixels of a frame as (H, W, 3) uint8 BGR, rotated upright; sharing a reformatter is faster."""
    converted = (reformatter or VideoReformatter()).reformat(frame, format="bgr24")
    pixels = np.asarray(converted.to_ndarray(), np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))


def reason(error: FFmpegError) -> str:
    """FFmpeg's message of an error, in one line without the file."""
    return "no answer in time" if isinstance(error, ExitError) else str(error.strerror)
