"""What there is to track: a source opened together with its detections."""

from pathlib import Path
from typing import NamedTuple

from siamlink.detectors.detections import Detections
from siamlink.detectors.errors import InputError
from siamlink.detectors.frame_source import DEFAULT_FRAME_RATE, FrameSource
from siamlink.detectors.mot_text import read_detections
from siamlink.detectors.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.video import open_sequence_frames, open_source


class TrackingInput(NamedTuple):
    """What there is to track: frames, detections of each frame, or both.

    Attributes:
        name: names the outputs.
        frame_rate: frames a second.
        frame_count: None where not known.
        frames: the images; None for a sequence that has detections only.
        detections: those given with the source; None where a detector has to find them.
    """

    name: str
    frame_rate: float
    frame_count: int | None
    frames: FrameSource | None
    detections: Detections | None

    @property
    def live(self) -> bool:
        """Whether it is a camera or a stream, which has no known end."""
        return self.frames is not None and self.frames.live

    @property
    def last_frame(self) -> int:
        """The number of the last frame, as far as it is known before reading."""
        last_detection = int(self.detections.frame.max(initial=0)) if self.detections else 0
        return self.frame_count or last_detection


def open_input(
    source: str | Path,
    detections: Path | Detections | None = None,
    frame_rate: float | None = None,
    use_public: bool = True,
) -> TrackingInput:
    """Open a source together with its detections.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number or a stream URL.
        detections: a MOT detection file or `Detections`; None: a MOT sequence's own `det/det.txt`, if wanted.
        frame_rate: frames a second; None: what the source says.
        use_public: whether a MOT sequence's own detections are used.

    Raises:
        InputError: there are neither frames nor detections, or one of them cannot be read.
    """
    folder = Path(source)
    if not is_sequence(folder):
        frames = open_source(source, frame_rate)
        given = _read(detections, None if frames.live else frames.frame_count)
        return TrackingInput(frames.name, frames.frame_rate, frames.frame_count, frames, given)
    sequence = open_sequence(folder)
    return _open_mot_sequence(sequence, detections, frame_rate, use_public)


def _open_mot_sequence(
    sequence: Sequence, detections: Path | Detections | None, frame_rate: float | None, use_public: bool
) -> TrackingInput:
    frames = open_sequence_frames(sequence, frame_rate)
    if detections is None and use_public and sequence.detection_file.is_file():
        detections = sequence.detection_file
    count = sequence.frame_count or (frames.frame_count if frames else None)
    given = _read(detections, count)
    if frames is None and given is None:
        raise InputError(f"{sequence.folder} has neither frames (img1/ or {sequence.name}.mp4) nor det/det.txt")
    rate = frame_rate or sequence.frame_rate or (frames.frame_rate if frames else DEFAULT_FRAME_RATE)
    return TrackingInput(sequence.name, rate, count, frames, given)


def _read(detections: Path | Detections | None, last_frame: int | None) -> Detections | None:
    if detections is None or isinstance(detections, Detections):
        return detections
    return read_detections(detections, last_frame)
