"""The tracks of one video with what other tools want to know of it: frame rate, length, picture size, class names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.results.read import read_results
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
        notes: what was assumed of the file of tracks or is odd in it, a line each.
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
    notes: tuple[str, ...] = ()

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


def read_video_tracks(path: Path, video: str | Path | None = None, frame_rate: float | None = None) -> VideoTracks:
    """Read the results of a run, and what other tools need to know of the video; raises as `read_results` does.

    Args:
        path: tracks as MOT text, with the record of the run beside it if there is one.
        video: the video, image folder or MOT sequence, for what the record does not say.
        frame_rate: frames per second; None: those of the record, else of the video.

    Raises:
        InputError: the name is not printable, or frame rate, size or length are not known.
    """
    if not path.stem.isprintable():
        raise InputError(f"the name of {str(path)!r} is not printable, and other tools cannot read it: rename the file")
    results = read_results(path, video, frame_rate)
    rate, count, size = results.facts.frame_rate, results.facts.frame_count, results.facts.size
    missing = [what for what, value in (("frame rate", rate), ("picture size", size), ("length", count)) if not value]
    if missing or rate is None or size is None or count is None:
        raise InputError(
            f"the {' and the '.join(missing)} of {path.stem} are not known, as there is no {path.with_suffix('.json')} "
            f"that says so: give the video by --video"
        )
    return VideoTracks(
        name=path.stem,
        tracks=results.tracks,
        frame_rate=rate,
        frame_count=count,
        size=size,
        class_names=results.class_names,
        video=results.facts.video,
        image_files=results.facts.image_files,
        record=results.record,
        notes=results.notes,
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
