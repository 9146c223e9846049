"""The tracks of one video with what other tools want to know of it: frame rate, length, picture size, class names."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.tracks import Tracks

UNNAMED = "object"
"""The name of the only class of tracks whose classes are not known."""


@dataclass(frozen=True)
class VideoTracks:
    """The tracks of one video.

    Attributes:
        name: of the video.
        tracks: in pixels; frames count from 1.
        frame_rate: frames per second.
        frame_count: how many frames the video has.
        size: width and height of the pictures in pixels.
        class_names: the names of classes, if they are known.
        video: the file name of the video or image folder; empty if it is not known.
        image_files: the file names of the pictures of an image folder, in order; empty for a video.
        record: of the run that made the tracks; empty without one.
    """

    name: str
    tracks: Tracks
    frame_rate: float
    frame_count: int
    size: tuple[int, int]
    class_names: ClassNames | None = None
    video: str = ""
    image_files: tuple[str, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)

    def class_name(self, number: int) -> str:
        """The name of a class: its own, or one made of its number."""
        if self.class_names is not None:
            return self.class_names.name_of(number)
        return f"class {number}" if self.tracks.label.any() else UNNAMED

    @property
    def classes(self) -> dict[int, str]:
        """The names of the classes that occur, by number; `UNNAMED` alone where there are no tracks."""
        numbers = np.unique(self.tracks.label).tolist() or [0]
        return {number: self.class_name(number) for number in numbers}

    def file_name(self, frame: int) -> str:
        """The file name of the picture of a frame: its own, or the one that it has when a video is unpacked."""
        return self.image_files[frame - 1] if frame <= len(self.image_files) else f"{self.name}/{frame:06d}.jpg"


@dataclass(frozen=True)
class VideoFacts:
    """What is known of a video, each None where it is not.

    Attributes:
        frame_rate: frames per second.
        frame_count: how many frames there are.
        size: width and height in pixels.
        video: the file name.
        image_files: the file names of the pictures of an image folder.
    """

    frame_rate: float | None = None
    frame_count: int | None = None
    size: tuple[int, int] | None = None
    video: str = ""
    image_files: tuple[str, ...] = ()


def facts_of_video(path: str | Path) -> VideoFacts:
    """The facts of a video file, image folder or MOT sequence.

    Raises:
        InputError: it cannot be opened, or is a camera or stream.
    """
    from siamlink.detectors.mot.sequence import is_sequence, open_sequence
    from siamlink.detectors.sources.image_folder import ImageFolder
    from siamlink.detectors.sources.open import live_title, open_sequence_frames, open_source

    if title := live_title(str(path)):
        raise InputError(f"{title} is live; give the file or folder of the video")
    sequence = open_sequence(Path(path)) if is_sequence(Path(path)) else None
    frames = open_sequence_frames(sequence) if sequence else open_source(str(path))
    if frames is None:
        assert sequence is not None
        return VideoFacts(sequence.frame_rate, sequence.frame_count, sequence.size, sequence.name)
    pictures = tuple(file.name for file in frames.files) if isinstance(frames, ImageFolder) else ()
    return VideoFacts(frames.frame_rate, frames.frame_count, frames.size, Path(path).name, pictures)


def facts_of_record(record: dict[str, Any]) -> VideoFacts:
    """The facts that the record of a run states; what is malformed is not known."""
    stated = record.get("input")
    values = stated if isinstance(stated, dict) else {}
    rate, count, size = (values.get(key) for key in ("frame_rate", "frames", "size"))
    is_size = isinstance(size, list) and len(size) == 2 and all(isinstance(each, int) and each > 0 for each in size)
    return VideoFacts(
        float(rate) if isinstance(rate, int | float) and rate > 0 else None,
        count if isinstance(count, int) and count > 0 else None,
        (size[0], size[1]) if is_size and isinstance(size, list) else None,
        Path(str(values.get("source") or "")).name,
    )


def read_video_tracks(path: Path, video: str | Path | None = None, frame_rate: float | None = None) -> VideoTracks:
    """Read the results of a run: `NAME.txt`, with its record `NAME.json` beside it if there is one.

    Args:
        path: tracks as MOT text.
        video: the video, image folder or MOT sequence, for what the record does not say.
        frame_rate: frames per second; None: those of the record, else of the video.

    Raises:
        InputError: a file cannot be read or is malformed, or frame rate, size or length are not known.
    """
    if not path.stem.isprintable():
        raise InputError(f"the name of {str(path)!r} is not printable, and other tools cannot read it: rename the file")
    tracks, record = Tracks.from_mot(path), _read_record(path.with_suffix(".json"))
    recorded, seen = facts_of_record(record), facts_of_video(video) if video is not None else VideoFacts()
    if recorded.size and seen.size and recorded.size != seen.size:
        both = " and ".join(f"{width}x{height}" for width, height in (seen.size, recorded.size))
        raise ConfigError(f"{video} is not the video of {path}: their pictures are {both} pixels")
    rate, size = frame_rate or recorded.frame_rate or seen.frame_rate, recorded.size or seen.size
    last = int(tracks.frame.max(initial=0))
    count = recorded.frame_count or seen.frame_count
    missing = [what for what, value in (("frame rate", rate), ("picture size", size), ("length", count)) if not value]
    if missing or rate is None or size is None or count is None:
        raise InputError(
            f"the {' and the '.join(missing)} of {path.stem} are not known, as there is no {path.with_suffix('.json')} "
            f"that says so: give the video by --video"
        )
    if last > count:
        raise InputError(f"{path} has a box in frame {last}, but the video has {count} frames")
    _check_pixels(path, tracks)
    return VideoTracks(
        name=path.stem,
        tracks=tracks,
        frame_rate=rate,
        frame_count=count,
        size=size,
        class_names=_class_names(path, record),
        video=seen.video or recorded.video,
        image_files=seen.image_files,
        record=record,
    )


def check_names(videos: Iterable[VideoTracks]) -> None:
    """Check that no two videos have one name.

    Raises:
        ConfigError: two have.
    """
    names: set[str] = set()
    for video in videos:
        if video.name in names:
            raise ConfigError(f"two results are called {video.name}; each video of a file needs its own name")
        names.add(video.name)


def _check_pixels(path: Path, tracks: Tracks) -> None:
    if len(tracks) and float(np.abs(tracks.box).max()) <= 1.5:
        raise FormatError(path, "all boxes lie within one pixel: they are parts of the picture, and pixels are needed")


def _read_record(path: Path) -> dict[str, Any]:
    """The record beside the tracks; empty if there is none.

    Raises:
        InputError: it cannot be read.
        FormatError: it is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise FormatError(path, "not the record of a run: expected a JSON object") from None
    if not isinstance(content, dict):
        raise FormatError(path, "not the record of a run: expected a JSON object")
    return content


def _class_names(path: Path, record: dict[str, Any]) -> ClassNames | None:
    """The names that the record states, else those in a file beside the tracks; None if there are none."""
    classes = record.get("classes")
    entries = [each for each in classes if isinstance(each, dict)] if isinstance(classes, list) else []
    named = {each.get("number"): each.get("name") for each in entries if each.get("name") is not None}
    try:
        return ClassNames(named) if named else ClassNames.beside(path)  # type: ignore[arg-type]
    except TypeError:
        raise FormatError(path.with_suffix(".json"), "the classes are malformed") from None
