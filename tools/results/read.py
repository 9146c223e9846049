"""The tracks of a run, with what its record and its video say of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError, FormatError, InputError, SiamlinkError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.sequence import VIDEO_SUFFIXES
from siamlink.detectors.sources.frame_source import check_frame_rate
from siamlink.tools.results.recorded_files import part_of, recorded_file
from siamlink.tools.results.video_facts import VideoFacts, facts_of_record, facts_of_video
from siamlink.tracker.tracks import Tracks

NO_RECORD = "not the record of a run: expected a JSON object; rename it to do without"


@dataclass(frozen=True)
class Results:
    """The tracks of one video.

    Attributes:
        path: of the file.
        tracks: in pixels, in frames from `facts.first_frame` on.
        facts: what is known of the video, by the record and by the video itself.
        class_names: the names of classes, if they are known.
        record: of the run that made the tracks; empty without one.
        notes: what was assumed of the file or is odd in it, a line each.
    """

    path: Path
    tracks: Tracks
    facts: VideoFacts
    class_names: ClassNames | None
    record: dict[str, Any]
    notes: tuple[str, ...] = ()


def files_read(path: Path, video: Path | None = None) -> list[Path]:
    """The files that `read_with_source` reads, so that no output replaces them."""
    record = [] if path.is_dir() else [path.with_suffix(".json")]
    source = video or recorded_source(path)[0]
    return [path, *record, *([source] if source else [])]


def read_with_source(
    path: Path, video: Path | None = None, frame_rate: float | None = None
) -> tuple[Results, Path | None, str]:
    """Read the results of a run as `read_results` does, with the source that the record names where no video is given.

    Returns:
        The results; the source, None where there is none, or it is another one now; and why, for the user.
    """
    source, problem = (video, "") if video is not None else recorded_source(path)
    try:
        return read_results(path, source, frame_rate), source, problem
    except SiamlinkError as error:
        if video is not None or source is None:
            raise
        return read_results(path, None, frame_rate), None, f"{error}; give --video"


def recorded_source(results: Path) -> tuple[Path | None, str]:
    """The video, image folder or MOT sequence that the record of results names.

    Returns:
        Where it is, None if it is not there or not known; and why, for the user.

    Raises:
        InputError: the results are a video, or the record cannot be read.
        FormatError: the record is malformed.
    """
    record = read_record(results)
    stated = part_of(record, "input").get("source")
    if not isinstance(stated, str) or not stated:
        return None, "the record names no video: give --video" if record else "the video is not known: give --video"
    source = recorded_file(stated, results, record)
    return source, "" if source else f"the video {stated} was not found: give --video"


def read_results(path: Path, video: str | Path | None = None, frame_rate: float | None = None) -> Results:
    """Read the results of a run: `NAME.txt`, with its record `NAME.json` beside it if there is one.

    Args:
        path: tracks in any format that `read_boxes` reads.
        video: the video, image folder or MOT sequence, for what the record does not say.
        frame_rate: frames per second; None: those of the record, else of the video.

    Raises:
        InputError: a file cannot be read or is malformed, or there are boxes after the end of the video.
        ConfigError: the video is another one, or the frame rate is not above 0.
    """
    if frame_rate is not None:
        check_frame_rate(frame_rate)
    record = read_record(path)
    recorded, seen = facts_of_record(record), facts_of_video(video) if video is not None else VideoFacts()
    if recorded.size and seen.size and recorded.size != seen.size:
        both = " and ".join(f"{width}x{height}" for width, height in (seen.size, recorded.size))
        raise ConfigError(f"{video} is not the video of {path}: their pictures are {both} pixels")
    facts = VideoFacts(
        frame_rate or recorded.frame_rate or seen.frame_rate,
        recorded.frame_count or seen.frame_count,
        recorded.size or seen.size,
        seen.video or recorded.video,
        seen.image_files,
        recorded.first_frame if record else seen.first_frame,
    )
    boxes = read_boxes(path, Pictures(path.stem, facts.size), unique_ids=True)
    tracks = Tracks.from_box_file(boxes)
    last = int(tracks.frame.max(initial=0))
    if facts.last_frame and last > facts.last_frame:
        frames = counted(facts.frame_count or 0, "frame") + (
            f" from {facts.first_frame}" if facts.first_frame > 1 else ""
        )
        raise InputError(f"{path} has a box in frame {last}, but the video has {frames}")
    _check_pixels(path, tracks)
    return Results(path, tracks, facts, boxes.class_names or _class_names(path, record), record, boxes.notes)


def _check_pixels(path: Path, tracks: Tracks) -> None:
    if len(tracks) and float(np.abs(tracks.box).max()) <= 1.5:
        raise FormatError(path, "all boxes lie within one pixel: they are parts of the picture, and pixels are needed")


def read_record(tracks: Path) -> dict[str, Any]:
    """The record beside a file of tracks; empty if there is none.

    Raises:
        InputError: it cannot be read, or the tracks are a video.
        FormatError: it is not a JSON object.
    """
    if tracks.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(f"{tracks} is a video; give its tracks, {tracks.stem}.txt, which 'siamlink track' writes")
    if tracks.suffix == ".json" or tracks.is_dir():
        return {}
    path = tracks.with_suffix(".json")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise FormatError(path, NO_RECORD) from None
    if not isinstance(content, dict):
        raise FormatError(path, NO_RECORD)
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
