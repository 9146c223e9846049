"""Ground truth in a report: switches, misses and false alarms, and scores."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.tools.evaluation import evaluate
from siamlink.tools.report.truth import Truth
from siamlink.tracker.tracks import Tracks

Make = Callable[..., Tracks]


def path(first: int, last: int, x: float) -> list[tuple[int, float, float]]:
    return [(frame, x, 50.0) for frame in range(first, last + 1)]


@pytest.fixture
def truth(tmp_path: Path, tracks_on: Make) -> Truth:
    """Two objects over 20 frames, at x = 100 and x = 300."""
    tracks_on({1: path(1, 20, 100), 2: path(1, 20, 300)}, score=np.ones(40)).save(tmp_path / "street.txt")
    return Truth.read(tmp_path / "street.txt", "street")


def test_a_switch_is_at_the_frame_where_the_track_changes(truth: Truth, tracks_on: Make) -> None:
    exchanged = {5: path(1, 11, 100) + path(12, 20, 300), 6: path(1, 11, 300) + path(12, 20, 100)}
    entry = truth.compare(tracks_on(exchanged)).entry
    switches = [(each["first"], each["object"], each["track"]) for each in entry["events"] if each["kind"] == "switch"]
    assert switches == [(12, 1, 6), (12, 2, 5)]
    assert entry["scores"]["IDSW"] == 2
    assert entry["events"][0]["previous"] == {"track": 5, "frame": 11}
    text = "Object 1 goes from track 5, last in frame 11, to track 6 in frame 12."
    assert entry["events"][0]["text"] == text


def test_misses_and_false_alarms_are_runs_of_frames(truth: Truth, tracks_on: Make) -> None:
    paths = {1: path(1, 4, 100) + path(9, 20, 100), 2: path(1, 20, 300), 7: path(5, 6, 500) + path(8, 8, 500)}
    events = truth.compare(tracks_on(paths)).entry["events"]
    runs = [(each["kind"], each["first"], each["last"], each["track"], each["object"]) for each in events]
    assert runs == [
        ("miss", 5, 8, None, 1),
        ("false_alarm", 5, 6, 7, None),
        ("false_alarm", 8, 8, 7, None),
    ]
    assert events[0]["box"] == [90, 40, 20, 20]
    assert events[1]["box"] == [490, 40, 20, 20]


def test_scores_are_those_of_evaluate(data: Path, tmp_path: Path) -> None:
    sequence = data / "TUD-Campus"
    tracks = Tracks.read(sequence / "gt" / "gt.txt")
    worse = tracks[np.arange(len(tracks)) % 7 > 0]
    worse.save(tmp_path / "TUD-Campus.txt")
    expected = evaluate(sequence, tmp_path / "TUD-Campus.txt").overall.as_dict()
    scores = Truth.read(sequence, "TUD-Campus").compare(worse).entry["scores"]
    assert scores == pytest.approx({name: expected[name] for name in ("HOTA", "IDF1", "MOTA", "IDSW")}, abs=0.01)


def test_ground_truth_of_several_sequences_needs_the_name_of_one(tmp_path: Path, tracks_on: Make) -> None:
    for name in ("east", "west"):
        tracks_on({1: path(1, 20, 100)}).save(tmp_path / f"{name}.txt")
    assert Truth.read(tmp_path, "west").annotated.name == "west"
    with pytest.raises(InputError, match="ground truth of 2 sequences, and none is north"):
        Truth.read(tmp_path, "north")
