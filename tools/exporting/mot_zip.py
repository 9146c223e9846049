"""Zip archives in the layouts of MOTChallenge: a submission, or ground truth as CVAT's format MOT 1.1 has it."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamlink.detectors.mot.text import format_rows
from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

COUNTED, VISIBLE = 1, 1
"""Columns of ground truth: each box counts, and is taken to be visible as a whole."""


def write(path: Path, videos: Sequence[VideoTracks], options: ExportOptions) -> None:
    """Write a submission, `NAME.txt` of each video, or with `options.gt` the ground truth of one video."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if options.gt:
            archive.writestr("gt/gt.txt", truth_text(videos[0].tracks, list(videos[0].classes)))
            archive.writestr("gt/labels.txt", "".join(f"{name}\n" for name in videos[0].classes.values()))
            return
        for video in videos:
            archive.writestr(f"{video.name}.txt", submission_text(video.tracks))


def submission_text(tracks: Tracks) -> str:
    """The rows of ten columns, the last three -1, sorted by frame."""
    return format_rows(tracks.with_label(np.zeros(len(tracks), np.int16)), tracks.track_id)


def truth_text(tracks: Tracks, classes: list[int]) -> str:
    """The rows of nine columns; the eighth is the place of the class among `classes`, counted from 1."""
    number_of = {label: place for place, label in enumerate(classes, 1)}
    rows = zip(submission_text(tracks).splitlines(), tracks.label.tolist(), strict=True)
    return "".join(f"{_place(row)},{COUNTED},{number_of[label]},{VISIBLE}\n" for row, label in rows)


def _place(row: str) -> str:
    """The frame, id and box of a row of results."""
    return ",".join(row.split(",")[:6])
