"""A source to track: its frames, its detections, or both."""

from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.conversion import detections_by_frame
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.formats.against_picture import lies_within_a_pixel
from siamlink.detectors.formats.pictures import Pictures, ReadingOptions
from siamlink.detectors.formats.read import AS_DEFINED, read_boxes
from siamlink.detectors.mot.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.selection import Selection
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, PATIENCE_SECONDS, FrameSource
from siamlink.detectors.sources.open import open_sequence_frames, open_source
from siamlink.tracker.cache.frame_cache import FrameCache
from siamlink.tracker.runs.corrections import AnyConstraints, Corrections, as_known
from siamlink.tracker.runs.frame_numbers import SteadyFrames, Timing, checked_timestamps

LOWEST_FRAME_RATE = 0.001
"""Frames per second; a lower rate is a mistake, and no video can be written with it."""
WITHIN_A_PIXEL = "all boxes lie within one pixel: they are parts of the picture; give pixels"


class TrackingInput(NamedTuple):
    """A source to track: frames, detections of each frame, or both.

    Attributes:
        name: names the outputs.
        frame_rate: frames per second.
        frame_count: frames to expect, for some videos an estimate; None where not known.
        frames: the images; None for a sequence that has detections only.
        detections: those that came with the source, in frames from `first_frame` on; None where a detector has to find
            them.
        counted: whether `frame_count` is exact.
        origin: the path or URL; of a live source only the name, as its URL may hold a password.
        detection_file: the file of `detections`, if they are from one.
        known: constraints on rows of the detections, or corrections of earlier tracks.
        cache: detections, descriptors and camera motion from earlier runs, and where new ones are kept.
        declared_size: width and height of the images in pixels by a MOT sequence's `seqinfo.ini`.
        class_names: the names of the classes of `detections`, if their file states them.
        timestamps: (N,) times of all frames in seconds that the caller knows.
        notes: what was assumed when it was opened, or is odd, a line each.
        first_frame: the number of the first frame: 1, except for images that are numbered by their names.
        rate_assumed: whether the frame rate is assumed, as neither the source nor the caller states one.
        selection: classes and lowest score of those that were selected from the given detections; None if all are.
    """

    name: str
    frame_rate: float
    frame_count: int | None
    frames: FrameSource | None
    detections: Detections | None
    counted: bool = False
    origin: str = ""
    detection_file: Path | None = None
    known: Constraints | Corrections = ()
    cache: FrameCache = FrameCache()
    declared_size: tuple[int, int] | None = None
    class_names: ClassNames | None = None
    timestamps: FloatArray | None = None
    notes: tuple[str, ...] = ()
    first_frame: int = 1
    rate_assumed: bool = False
    selection: dict[str, Any] | None = None

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the images in pixels, as declared, else of the first one; None without images."""
        return (self.declared_size or self.frames.size) if self.frames else None

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height that the images have or would have, in pixels; None where not known."""
        return self.declared_size or (self.frames.size if self.frames else None)

    @property
    def pictures(self) -> Pictures:
        """What is known of its pictures, to check boxes against."""
        frames, names = self.frames, {}
        if frames and frames.counted:
            names = {path.name: number for number, path in enumerate(frames.files, self.first_frame)}
        count = self.frame_count if self.counted else None
        return Pictures(self.name, self.picture_size, self.first_frame, count, names)

    def numbered_from(self, first_frame: int) -> "TrackingInput":
        """The same input with another number for its first frame."""
        if self.frames:
            self.frames.first_number = first_frame
        return self._replace(first_frame=first_frame)

    def from_one(self) -> "TrackingInput":
        """The same input with detections in frames from 1 on, as trackers count; its frames keep their numbers."""
        detections = self.detections and self.detections.later(1 - self.first_frame)
        return self._replace(first_frame=1, detections=detections)

    @property
    def live(self) -> bool:
        """Whether it is a camera or a stream, which has no known end."""
        return self.frames is not None and self.frames.live

    def named(self, name: Any) -> "TrackingInput":
        """The same with another name for its results.

        Raises:
            ConfigError: it cannot name files.
        """
        if not isinstance(name, str) or not name.isprintable() or not name.strip(". ") or set(name) & set("/\\:"):
            raise ConfigError(f"the results cannot be named {name!r:.80}: give a name for files, without a folder")
        return self._replace(name=name)

    def timed(self, timestamps: Any) -> "TrackingInput":
        """The same with the times of all frames in seconds; its frame rate is the mean rate then.

        Raises:
            InputError: they are no numbers that grow, or not as many as there are frames.
        """
        seconds = checked_timestamps(timestamps, self.frame_count if self.counted else None)
        rate = (len(seconds) - 1) / (seconds[-1] - seconds[0]) if len(seconds) > 1 else self.frame_rate
        return self._replace(timestamps=seconds, frame_rate=float(rate))

    def at_constant_rate(self, timing: Timing) -> "TrackingInput":
        """The same with frames and detections numbered as at a constant frame rate."""
        numbers, rate, frames = timing.numbers, timing.frame_rate, self.frames
        if numbers.is_constant and self.timestamps is None:
            return self
        detections = self.detections
        if detections is not None:
            detections = detections.with_frame(numbers.steady(detections.frame.astype(np.int64)).astype(np.int32))
        return self._replace(
            frame_rate=rate,
            frame_count=numbers.last,
            frames=None if frames is None else SteadyFrames(frames, numbers, rate, self.timestamps is not None),
            detections=detections,
        )

    def selected(self, options: DetectorOptions) -> Self:
        """The source with those of its given detections that the options select; without these, the source itself.

        Raises:
            ConfigError: an option cannot be followed, or there are constraints on rows of all the detections.
        """
        if self.detections is None or not options.given:
            return self
        names = options.class_names or self.class_names
        has_classes = names is not None or bool(self.detections.label.any())
        origin = str(self.detection_file) if self.detection_file else "the given detections"
        selection = Selection(options, names if has_classes else ClassNames({}), origin)
        kept = selection.of(self.detections, names)
        if len(kept) < len(self.detections) and self.known and not isinstance(self.known, Corrections):
            raise ConfigError("constraints name rows of all detections; select the detections before, by your own code")
        return self._replace(detections=kept, class_names=names, selection=selection.record)

    @property
    def last_frame(self) -> int:
        """The number of the last frame; that of the last detection where it is greater than an expected number."""
        if self.counted and self.frame_count:
            return self.first_frame + self.frame_count - 1
        last_detection = int(self.detections.frame.max(initial=0)) if self.detections else 0
        return max(self.frame_count or 0, last_detection)


def open_input(
    source: Any,
    detections: Any = None,
    frame_rate: float | None = None,
    use_public: bool = True,
    constraints: AnyConstraints = (),
    patience_seconds: float = PATIENCE_SECONDS,
    reading: ReadingOptions = AS_DEFINED,
    recorded: bool = False,
) -> TrackingInput:
    """Open a source together with its detections.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number, a stream URL, or pictures of a
            program as `open_given` takes them.
        detections: a file of detections in any format, a YOLO folder, `Detections`, or a list with what a detector
            returns for each frame; None: a MOT sequence's own `det/det.txt`, if wanted.
        frame_rate: frames per second; None: that of the source.
        use_public: whether a MOT sequence's own detections are used.
        constraints: as for `track`.
        patience_seconds: how long to reconnect to a live source before giving up; with 0, its first end is the end.
        reading: how the numbers in the file of detections are to be read, where that is not as its format defines.
        recorded: whether a URL must be that of a recording, which is read like a file.

    Raises:
        InputError: there are neither frames nor detections, or one of them cannot be read.
        ConfigError: the frame rate is not usable.
    """
    origin = str(source) if isinstance(source, int | np.integer) else source
    is_path = isinstance(origin, str | PathLike)
    classes = ClassNumbers()
    if not isinstance(detections, str | PathLike | Detections | None):
        detections = detections_by_frame(detections, classes)
    try:
        sequence = open_sequence(Path(origin)) if is_path and is_sequence(Path(origin)) else None
        if sequence is None:
            opened = _open_frames(origin, frame_rate, patience_seconds, recorded)
        else:
            opened, detections = _open_mot_sequence(sequence, detections, frame_rate, use_public)
        if opened.live and detections is not None:
            raise InputError(f"{opened.name} is live: its detections come from a detector and cannot be given")
        opened = _with_detections(opened, detections, reading)
    except OSError as error:
        raise InputError(f"cannot read {origin}: {error.strerror or error}") from None
    if opened.frame_rate < LOWEST_FRAME_RATE:
        raise ConfigError(
            f"{opened.name}: {opened.frame_rate:g} frames per second are too few; give the true --frame-rate"
        )
    return opened._replace(
        origin=str(origin) if is_path and "://" not in str(origin) and not opened.live else opened.name,
        known=as_known(constraints),
        class_names=opened.class_names or classes.names,
    )


def _open_frames(origin: Any, frame_rate: float | None, patience_seconds: float, recorded: bool) -> TrackingInput:
    frames = open_source(origin, frame_rate, patience_seconds, recorded)
    return _noted(TrackingInput(frames.name, frames.frame_rate, frames.frame_count, frames, None, frames.counted))


def _open_mot_sequence(
    sequence: Sequence, detections: Path | Detections | None, frame_rate: float | None, use_public: bool
) -> tuple[TrackingInput, Path | Detections | None]:
    """The sequence without its detections, and the detections to use."""
    frames = open_sequence_frames(sequence, frame_rate)
    if detections is None and use_public and sequence.detection_file.is_file():
        detections = sequence.detection_file
    if frames is None and detections is None:
        videos = f"img1/ or {sequence.name}.mp4"
        if sequence.detection_file.is_file():
            raise InputError(f"{sequence.folder} has no frames ({videos}), so no detector can look at them")
        raise InputError(f"{sequence.folder} has neither frames ({videos}) nor det/det.txt")
    counted = sequence.frame_count is not None or (sequence.frames is not None and sequence.frames.is_dir())
    count = sequence.frame_count or (frames.frame_count if frames else None)
    rate = frame_rate or sequence.frame_rate or (frames.frame_rate if frames else DEFAULT_FRAME_RATE)
    source = TrackingInput(sequence.name, rate, count, frames, None, counted, declared_size=sequence.size)
    stated = frame_rate or sequence.frame_rate or frames
    return _noted(source._replace(rate_assumed=not stated)), detections


def _noted(source: TrackingInput) -> TrackingInput:
    """The input with the numbers and the notes of its frames."""
    frames = source.frames
    if frames is None:
        return source
    return source._replace(
        first_frame=frames.first_number,
        rate_assumed=frames.rate_assumed,
        notes=tuple(f"{source.name}: {note}" for note in frames.notes),
    )


def _with_detections(
    source: TrackingInput, detections: Path | Detections | None, reading: ReadingOptions
) -> TrackingInput:
    """Add detections, read from their file if need be; none may lie outside of counted frames."""
    if detections is None:
        return source
    if isinstance(detections, Detections):
        return _with_given_detections(source, detections)
    boxes = read_boxes(detections, source.pictures, reading)
    notes = tuple(f"{detections}: {note}" for note in boxes.notes)
    return source.numbered_from(boxes.first_frame)._replace(
        detections=boxes.detections(),
        detection_file=Path(detections),
        class_names=boxes.class_names,
        notes=source.notes + notes,
    )


def _with_given_detections(source: TrackingInput, detections: Detections) -> TrackingInput:
    """Add detections of a program."""
    if lies_within_a_pixel(detections.box):
        source = source._replace(notes=(*source.notes, WITHIN_A_PIXEL))
    if not len(detections) or not (source.counted and source.frame_count):
        return source._replace(detections=detections)
    first, last = int(detections.frame[0]), int(detections.frame[-1])
    if first < source.first_frame and last <= source.frame_count:
        return source.numbered_from(1)._replace(
            detections=detections, notes=(*source.notes, "images are counted from 1, as the detections are")
        )
    if last > source.last_frame:
        raise InputError(f"a detection in frame {last}, but {source.name} ends with frame {source.last_frame}")
    if first < source.first_frame:
        raise InputError(f"a detection in frame {first}, but {source.name} begins with frame {source.first_frame}")
    return source._replace(detections=detections)
