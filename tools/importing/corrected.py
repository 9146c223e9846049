"""Writes what comes of corrected tracks: the tracks, constraints, and a sequence with ground truth."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import ClassNames, names_file
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.exact_text import format_detections
from siamlink.detectors.mot.text import format_rows
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE
from siamlink.tools.importing.constraints import ConstraintLine, Matched, constraints_text, keep_apart, match
from siamlink.tools.importing.sequence_folder import write_sequence
from siamlink.tools.results.read import Results
from siamlink.tools.results.video_facts import VideoFacts
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class Corrected:
    """Corrected tracks and what they are compared with.

    Attributes:
        name: of the video.
        tracks: after the correction.
        facts: what is known of the video.
        class_names: names of classes, if they are known.
        results: the earlier tracks, if they are given.
        detections: the detections, if they are given.
        notes: remarks on the file.
    """

    name: str
    tracks: Tracks
    facts: VideoFacts
    class_names: ClassNames | None
    results: Results | None = None
    detections: Detections | None = None
    notes: tuple[str, ...] = ()

    @property
    def file_names(self) -> list[str]:
        """What is written into the output folder."""
        names = [f"{self.name}.txt", self.name]
        names += [f"{self.name}.constraints.txt"] if self.is_compared else []
        return names + ([f"{self.name}.detected.txt"] if self.detections is not None else [])

    @property
    def is_compared(self) -> bool:
        """Whether there is something that the tracks are compared with."""
        return self.results is not None or self.detections is not None


def read_corrected(path: Path, name: str, facts: VideoFacts) -> Corrected:
    """Read corrected tracks from a file of any format.

    Raises:
        InputError: it cannot be read or is malformed, or holds no tracks.
    """
    pictures = Pictures(name, facts.size, facts.first_frame, facts.frame_count)
    boxes = read_boxes(path, pictures, unique_ids=True)
    tracks = Tracks.from_box_file(boxes).later(facts.first_frame - boxes.first_frame)
    if not len(tracks):
        raise InputError(f"{path} holds no tracks")
    unknown = np.full(len(tracks), np.nan, np.float32)  # the links were made by a person
    return Corrected(name, replace(tracks, link_probability=unknown), facts, boxes.class_names, notes=boxes.notes)


def write_corrected(corrected: Corrected, folder: Path, output: Path) -> list[str]:
    """Write everything to a temporary folder that becomes part of the output folder; returns remarks, a line each."""
    name, tracks = corrected.name, corrected.tracks
    (folder / f"{name}.txt").write_text(tracks.to_mot_text(corrected.class_names), encoding="ascii")
    if corrected.class_names is not None:
        names_file(folder / f"{name}.txt").write_text(corrected.class_names.to_text(), encoding="utf-8")
    write_sequence(folder / name, tracks, corrected.facts, corrected.class_names)
    notes = list(corrected.notes)
    if corrected.detections is not None:
        notes += _write_against_detections(corrected, corrected.detections, folder)
    elif corrected.results is not None:
        notes += _write_against_results(corrected, corrected.results, folder, output)
    if not corrected.facts.frame_rate:
        notes.append("the frame rate is not known and not in seqinfo.ini: give --frame-rate or --video")
    return notes


def _write_against_results(corrected: Corrected, results: Results, folder: Path, output: Path) -> list[str]:
    earlier = results.tracks[~results.tracks.interpolated]
    matched = match(earlier, earlier.track_id.astype(np.int64), corrected.tracks)
    tracks_file = os.path.relpath(results.path, output)
    text = constraints_text(tracks_file, earlier.frame.astype(np.int64), matched.earlier, matched.lines)
    (folder / f"{corrected.name}.constraints.txt").write_text(text, encoding="utf-8")
    return _remarks(corrected, matched, matched.lines, "boxes that were detected")


def _write_against_detections(corrected: Corrected, detections: Detections, folder: Path) -> list[str]:
    """The detections in tracks become a file of tracks, which the constraints name."""
    own = np.arange(1, len(detections) + 1)
    matched = match(detections, own, corrected.tracks)
    rate = corrected.facts.frame_rate or DEFAULT_FRAME_RATE
    lines = sorted({*matched.lines, *keep_apart(matched, rate)}, key=lambda line: (detections.frame[line[1]], line))
    used = np.flatnonzero(matched.corrected > 0)
    text = format_rows(detections[used], matched.corrected[used].astype(np.int32))
    (folder / f"{corrected.name}.detected.txt").write_text(text, encoding="ascii")
    text = constraints_text(
        f"{corrected.name}.detected.txt", detections.frame.astype(np.int64), matched.corrected, lines
    )
    (folder / f"{corrected.name}.constraints.txt").write_text(text, encoding="utf-8")
    (folder / corrected.name / "det").mkdir()
    known = corrected.class_names is not None
    (folder / corrected.name / "det" / "det.txt").write_text(format_detections(detections, known), encoding="ascii")
    return _remarks(corrected, matched, lines, "detections")


def _remarks(corrected: Corrected, matched: Matched, lines: list[ConstraintLine], what: str) -> list[str]:
    """What constraints cannot say: boxes of no corrected track, and corrected boxes that no earlier one belongs to."""
    kinds = [kind for kind, _, _ in lines]
    removed = int((matched.corrected < 1).sum())
    back = match(corrected.tracks, corrected.tracks.track_id.astype(np.int64), _as_tracks(matched.boxes))
    new = int(((back.corrected < 1) & ~corrected.tracks.interpolated).sum())
    remarks = [f"{kinds.count('must')} constraints 'must', {kinds.count('cannot')} 'cannot'"]
    if removed:
        remarks.append(f"{removed} of {len(matched.boxes)} {what} are in no corrected track")
    if new:
        remarks.append(f"{new} corrected boxes are none of the {what}; they are in the tracks and in the ground truth")
    return remarks


def _as_tracks(boxes: Detections) -> Tracks:
    """Boxes, each as a track of its own."""
    return Tracks.from_detections(boxes, np.arange(1, len(boxes) + 1).astype(np.int32))
