"""Opens a video file, image folder, MOT sequence, camera, stream or pictures of a program as a `FrameSource`."""

from os import PathLike
from pathlib import Path
from typing import Any

from siamlink.detectors.mot.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS, FrameSource, check_frame_rate
from siamlink.detectors.sources.stream_url import RECORDING_PROTOCOLS, check_url, name_of


def open_source(
    source: Any,
    frame_rate: float | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    recorded: bool = False,
) -> FrameSource:
    """Open a source of frames.

    Args:
        source: a camera number ("0"), the URL of a stream ("rtsp://..."), a MOT sequence or its folder, an image
            folder, a video file, or what `open_given` takes.
        frame_rate: frames per second; None: that of the source.
        patience_seconds: how long to keep reconnecting to a camera or stream; 0: it ends with its first connection.
        recorded: whether a URL must be that of a recording, which is read like a file.

    Raises:
        InputError: the source is missing, cannot be read, or has no frames.
        ConfigError: the frame rate is not above 0.
    """
    if frame_rate is not None:
        check_frame_rate(frame_rate)
    if not isinstance(source, str | PathLike | Sequence):
        from siamlink.detectors.sources.given_pictures import open_given

        return open_given(source, frame_rate)
    if isinstance(source, str) and source.isdecimal():
        from siamlink.detectors.sources.live import Camera

        return Camera(int(source), frame_rate, patience_seconds)
    if isinstance(source, str) and "://" in source:
        if recorded:
            from siamlink.detectors.sources.url_recording import UrlRecording

            return UrlRecording(source, frame_rate)
        from siamlink.detectors.sources.live import LiveStream

        return LiveStream(source, frame_rate, patience_seconds)
    sequence = source if isinstance(source, Sequence) else _sequence_at(Path(source))
    frames = sequence and open_sequence_frames(sequence, frame_rate)
    return frames or _open_path(source.folder if isinstance(source, Sequence) else Path(source), None, frame_rate)


def live_title(source: object) -> str | None:
    """What messages call a camera or stream before it is opened; None for anything else, which may be a recording.

    Raises:
        InputError: the URL is not that of a stream.
    """
    if isinstance(source, str) and source.isdecimal():
        return f"camera {source}"
    if isinstance(source, str) and "://" in source:
        check_url(source)
        return None if source.startswith(RECORDING_PROTOCOLS) else f"stream {name_of(source)}"
    return None


def open_sequence_frames(sequence: Sequence, frame_rate: float | None = None) -> FrameSource | None:
    """The frames of a MOT sequence; None if it has detections only.

    Fewer frames than `seqinfo.ini` specifies count as a broken end.

    Args:
        sequence: the sequence.
        frame_rate: frames per second; None: that of `seqinfo.ini`.

    Raises:
        InputError: the frames cannot be read.
        ConfigError: the frame rate is not above 0.
    """
    if frame_rate is not None:
        check_frame_rate(frame_rate)
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
    """The sequence in a folder, or the sequence that the folder is the image folder of."""
    if is_sequence(path):
        return open_sequence(path)
    if path.is_dir() and is_sequence(path.parent):
        parent = open_sequence(path.parent)
        return parent if parent.frames == path.resolve() else None
    return None
