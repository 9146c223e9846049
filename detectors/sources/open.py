"""Frames from anything: video file, image folder, MOT sequence, camera or stream."""

from pathlib import Path

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.mot.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, PATIENCE_SECONDS, Frame, FrameSource, Image

__all__ = ["DEFAULT_FRAME_RATE", "Frame", "FrameSource", "Image", "open_sequence_frames", "open_source"]


def open_source(
    source: str | Path | Sequence, frame_rate: float | None = None, patience_seconds: float = PATIENCE_SECONDS
) -> FrameSource:
    """Open whatever has frames.

    Args:
        source: a camera number ("0"), a stream's URL ("rtsp://..."), a MOT sequence or its folder, an image folder, or
            else a video file.
        frame_rate: frames a second, in place of what the source says of itself.
        patience_seconds: how long a camera or stream may be away; with 0, its first end is the end.

    Raises:
        InputError: the source is missing or unreadable, or has no frames.
        ConfigError: the frame rate is not above 0.
    """
    _check_rate(frame_rate)
    if isinstance(source, str) and source.isdecimal():
        from siamlink.detectors.sources.live import Camera

        return Camera(int(source), frame_rate, patience_seconds)
    if isinstance(source, str) and "://" in source:
        from siamlink.detectors.sources.live import LiveStream

        return LiveStream(source, frame_rate, patience_seconds)
    sequence = source if isinstance(source, Sequence) else _sequence_at(Path(source))
    frames = sequence and open_sequence_frames(sequence, frame_rate)
    return frames or _open_path(source.folder if isinstance(source, Sequence) else Path(source), None, frame_rate)


def open_sequence_frames(sequence: Sequence, frame_rate: float | None = None) -> FrameSource | None:
    """The frames of a MOT sequence, None when it has detections only.

    The frame rate is that of `seqinfo.ini` unless given; fewer frames than `seqinfo.ini` promises are a broken end.

    Raises:
        InputError: the frames are unreadable.
    """
    _check_rate(frame_rate)
    if sequence.frames is None:
        return None
    source = _open_path(sequence.frames, sequence.name, frame_rate or sequence.frame_rate)
    if sequence.frame_count:
        source.frame_count = source.promised_count = sequence.frame_count
    return source


def _open_path(path: Path, name: str | None, frame_rate: float | None) -> FrameSource:
    if path.is_dir():
        from siamlink.detectors.sources.image_folder import ImageFolder

        return ImageFolder(path, name, frame_rate)
    from siamlink.detectors.sources.video_file import VideoFile

    return VideoFile(path, name, frame_rate)


def _sequence_at(path: Path) -> Sequence | None:
    """The sequence that a folder is, or whose image folder it is."""
    if is_sequence(path):
        return open_sequence(path)
    if path.is_dir() and is_sequence(path.parent):
        parent = open_sequence(path.parent)
        return parent if parent.frames == path.resolve() else None
    return None


def _check_rate(frame_rate: float | None) -> None:
    if frame_rate is not None and not 0 < frame_rate < float("inf"):
        raise ConfigError(f"the frame rate must be a number above 0, not {frame_rate:g}")
