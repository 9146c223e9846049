"""The tracks of one video with what other tools want to know of it: frame rate, length, picture size, class names."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.results.read import read_with_source
from siamlink.tracker.tracks import Tracks

NAMES = {"frame_rate": "frame rate", "size": "picture size", "frame_count": "length"}
"""What some formats need to know of a video: fields of `VideoTracks`, and what messages call them."""
UNNAMED = "object"
"""The name of the only class of tracks whose classes are not known."""


@dataclass(frozen=True)
class VideoTracks:
    """The tracks of one video.

    Attributes:
        name: of the video.
        tracks: in pixels, in frames from `first_frame` on.
        frame_rate: frames per second; NaN if it is not known.
        frame_count: how many frames the video has; 0 if it is not known.
        size: width and height of the pictures in pixels; 0 if they are not known.
        class_names: the names of classes, if they are known.
        video: the file name of the video or image folder; empty if it is not known.
        image_files: the file names of the pictures of an image folder, in order; empty for a video.
        record: of the run that made the tracks; empty without one.
        notes: what was assumed of the file of tracks or is odd in it, a line each.
        first_frame: the number of the first frame: 1, except for images that are numbered by their names.
        source: where the video file, image folder or MOT sequence is; None if it is not known.
    """

    name: str
    tracks: Tracks
    frame_rate: float = math.nan
    frame_count: int = 0
    size: tuple[int, int] = (0, 0)
    class_names: ClassNames | None = None
    video: str = ""
    image_files: tuple[str, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    first_frame: int = 1
    source: Path | None = None

    def from_one(self) -> "VideoTracks":
        """The same tracks in frames from 1 on, for formats that count pictures whatever their names are."""
        return replace(self, tracks=self.tracks.later(1 - self.first_frame), first_frame=1)

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


def read_video_tracks(
    path: Path, video: Path | None = None, frame_rate: float | None = None, needs: Iterable[str] = tuple(NAMES)
) -> VideoTracks:
    """Read the results of a run, and what other tools need to know of the video; raises as `read_results` does.

    Args:
        path: tracks as MOT text, with the record of the run beside it if there is one.
        video: the video, image folder or MOT sequence, for what the record does not say; None: the source that the
            record names, if it is still there.
        frame_rate: frames per second; None: those of the record, else of the video.
        needs: the fields of the result that must be known.

    Raises:
        InputError: the name is not printable, or something that must be known is not.
    """
    if not path.stem.isprintable():
        raise InputError(f"the name of {str(path)!r} is not printable, and other tools cannot read it: rename the file")
    results, source, _ = read_with_source(path, video, frame_rate)
    facts = results.facts
    missing = [NAMES[each] for each in needs if not getattr(facts, each)]
    if missing:
        named = (", the ".join(missing[:-1]) + " and the ") * (len(missing) > 1) + missing[-1]
        remedy = "--frame-rate or --video" if missing == [NAMES["frame_rate"]] else "the video by --video"
        raise InputError(
            f"the {named} of {path.stem} {'is' if len(missing) == 1 else 'are'} not known: give {remedy} (a run of "
            f"siamlink writes them to {path.with_suffix('.json')})"
        )
    return VideoTracks(
        name=path.stem,
        tracks=results.tracks,
        frame_rate=facts.frame_rate or math.nan,
        frame_count=facts.frame_count or 0,
        size=facts.size or (0, 0),
        class_names=results.class_names,
        video=facts.video,
        image_files=facts.image_files,
        record=results.record,
        notes=results.notes,
        first_frame=facts.first_frame,
        source=source,
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
