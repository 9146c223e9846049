"""Corrected tracks as the ground truth of a MOT sequence, to train and evaluate with."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.mot.text import format_rows
from siamlink.tools.results.video_facts import VideoFacts
from siamlink.tracker.tracks import Tracks


def write_sequence(folder: Path, tracks: Tracks, facts: VideoFacts, class_names: ClassNames | None) -> None:
    """Write `seqinfo.ini` and `gt/gt.txt` into a new folder.

    Each row of the ground truth counts: its score is 1. As in results, the eighth of its ten columns is the class.
    """
    (folder / "gt").mkdir(parents=True)
    counted = replace(tracks, score=np.ones(len(tracks), np.float32))
    rows = format_rows(counted, tracks.track_id, classes_known=class_names is not None)
    (folder / "gt" / "gt.txt").write_text(rows, encoding="ascii")
    (folder / "seqinfo.ini").write_text(_seqinfo(folder.name, tracks, facts), encoding="utf-8")


def _seqinfo(name: str, tracks: Tracks, facts: VideoFacts) -> str:
    """What is known of the video, in the layout of MOTChallenge, whose `seqLength` is of frames from 1."""
    length = facts.frame_count or int(tracks.frame.max(initial=0)) if facts.first_frame == 1 else None
    width, height = facts.size or (None, None)
    values = {
        "name": name,
        "imDir": "img1",
        "frameRate": f"{facts.frame_rate:.10g}" if facts.frame_rate else None,
        "seqLength": length or None,
        "imWidth": width,
        "imHeight": height,
        "imExt": ".jpg",
    }
    lines = [f"{key}={value}\n" for key, value in values.items() if value is not None]
    return "".join(["[Sequence]\n", *lines])
