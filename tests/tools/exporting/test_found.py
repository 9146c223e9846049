"""Boxes that a search found keep their mark in every format that has marks."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.tools.exporting import coco, cvat, tables
from siamlink.tools.exporting.keyframes import sparse_keyframes
from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

FOUND = np.array([False, False, False, False, True, False, False, False])


@pytest.fixture
def searched(video: VideoTracks) -> VideoTracks:
    """The box of frame 7 was found."""
    tracks = video.tracks
    return replace(video, tracks=replace(tracks, found=FOUND, interpolated=tracks.interpolated | FOUND))


@pytest.mark.parametrize(
    ("write", "name"),
    [(tables.write_csv, "a.csv"), (tables.write_jsonl, "a.jsonl"), (coco.write, "a.json"), (cvat.write, "a.xml")],
)
def test_the_mark_is_read_again(write, name, searched, tmp_path):
    path = tmp_path / name
    write(path, [searched], ExportOptions())
    read = Tracks.read(path)
    assert read.frame[read.found].tolist() == [7]
    assert read.frame[read.interpolated].tolist() == [3, 7]


def test_the_box_before_found_ones_is_a_key_frame():
    count = 6
    run = Tracks(
        frame=np.arange(1, count + 1, dtype=np.int32),
        box=np.tile(np.array([[0, 0, 10, 20]], np.float32), (count, 1)),
        score=np.ones(count, np.float32),
        label=np.zeros(count, np.int16),
        track_id=np.ones(count, np.int32),
        interpolated=np.array([False, False, True, True, True, True]),
        found=np.array([False, False, False, False, True, True]),
    )
    assert np.flatnonzero(sparse_keyframes(run)).tolist() == [0, 2, 4, 5]
