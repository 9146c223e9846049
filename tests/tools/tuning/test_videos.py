"""The videos that settings are searched on."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.tools.tuning.videos import described, read_videos
from siamlink.tracker.cache.record_store import DATABASE
from siamlink.tracker.configuration import load_parameters


def nothing(*_: object) -> None:
    """Neither notes nor progress."""


def test_sequences_of_one_video_are_one(streets: Path) -> None:
    videos = read_videos([streets, streets / "west"], nothing, nothing)
    assert [video.name for video in videos] == ["east, east-again", "west"]


def test_without_frames_or_appearance_nothing_is_described(streets: Path, tmp_path: Path) -> None:
    videos = read_videos([streets], nothing, nothing)
    assert described(videos, load_parameters("fast"), tmp_path, nothing) == videos
    assert not list(tmp_path.iterdir())
    blind = described(videos, load_parameters(), tmp_path, nothing)
    assert [each.appearance() for video in blind for each in video.sequences] == [None] * 3


@pytest.mark.slow
def test_all_detections_are_described_in_one_pass_that_is_kept(painted_streets: Path, tmp_path: Path) -> None:
    videos = read_videos([painted_streets], nothing, nothing)
    first = described(videos, load_parameters(), tmp_path, nothing)
    assert (tmp_path / DATABASE).is_file()
    west = first[1].sequences[0]
    assert west.source.detections is not None
    assert west.descriptor is not None
    known = west.appearance()
    assert known is not None
    rows = np.arange(3, len(west.source.detections), 7)
    assert known.describe(west.source.detections, rows) == pytest.approx(west.descriptor[rows])
    assert np.linalg.norm(west.descriptor, axis=1) == pytest.approx(np.ones(len(west.descriptor)), abs=1e-3)
    for image in (painted_streets / "west" / "img1").iterdir():
        image.write_bytes(image.read_bytes())
    again = described(videos, load_parameters(), tmp_path, nothing)
    assert again[1].sequences[0].descriptor == pytest.approx(west.descriptor, abs=1e-6)
