"""Boxes that a search found are marked in tracks and in their text."""

from pathlib import Path

import numpy as np

from siamlink.association.appearance.loading import SHIPPED, SHIPPED_GENERAL
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks


def test_the_mark_in_text_is_two_and_is_read_again(tmp_path: Path):
    count = 3
    tracks = Tracks(
        frame=np.arange(1, 1 + count, dtype=np.int32),
        box=np.tile(np.array([[1, 2, 11, 32]], np.float32), (count, 1)),
        score=np.ones(count, np.float32),
        label=np.zeros(count, np.int16),
        track_id=np.ones(count, np.int32),
        interpolated=np.array([False, True, True]),
        found=np.array([False, False, True]),
    )
    assert [line.split(",")[-1] for line in tracks.to_mot_text().splitlines()] == ["-1", "1", "2"]
    read = Tracks.read(tracks.save(tmp_path / "tracks.txt"))
    assert read.interpolated.tolist() == [False, True, True]
    assert read.found.tolist() == [False, False, True]


def test_without_a_search_nothing_is_marked():
    tracks = Tracks.empty()
    assert tracks.found.shape == (0,)
    assert not TrackerParameters().searches
    assert TrackerParameters(gaps={"search": True}).searches
    assert not TrackerParameters(gaps={"search": True, "interpolate": False}).searches
    assert not TrackerParameters(gaps={"search": True}, mode="windowed").searches


def test_the_network_that_searches_is_that_of_the_settings(tmp_path: Path):
    assert TrackerParameters().siamese_file == SHIPPED
    assert TrackerParameters(appearance="onnx:any.onnx").siamese_file == SHIPPED
    assert TrackerParameters(matching="calibrated").siamese_file == SHIPPED
    assert TrackerParameters(appearance="siamese-general").siamese_file == SHIPPED_GENERAL
    assert (
        TrackerParameters(appearance=f"siamese:{tmp_path}/own.safetensors").siamese_file == tmp_path / "own.safetensors"
    )
    several = f"onnx:any.onnx, siamese:{tmp_path}/own.safetensors, siamese:other.safetensors"
    assert TrackerParameters(appearance=several).siamese_file == tmp_path / "own.safetensors"
    (tmp_path / "siamese.safetensors").touch()
    assert TrackerParameters(model=str(tmp_path)).siamese_file == tmp_path / "siamese.safetensors"
