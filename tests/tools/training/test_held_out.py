"""New models beside the shipped ones, on videos that the new ones were not trained on."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.tools.evaluation.metrics import Scores
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.fold_work import Fold
from siamlink.tools.training.held_out import Comparison, SaveOrTrack, compare_calibrated, compare_tracks, pairs_to_test
from siamlink.tools.training.known_appearance import known_appearance
from siamlink.tracker.configuration import load_parameters


def names(videos: list[AnnotatedVideo]) -> list[str]:
    return [video.sequence.name for video in videos]


def scores(hota: float, idf1: float) -> Scores:
    return Scores(hota, 50, 50, 50, 50, 50, idf1, 50, 50, 1, 1, 1, 1, 1, 1)


def test_videos_that_were_left_out_are_tested(videos: list[AnnotatedVideo]) -> None:
    pairs = pairs_to_test(videos, videos[:2], fewest=2)
    assert [(tested.sequence.name, names(others)) for tested, others in pairs] == [("west", ["east", "east-again"])]


def test_without_these_all_are_tested_in_folds_of_whole_videos(videos: list[AnnotatedVideo]) -> None:
    pairs = pairs_to_test(videos, videos, fewest=1)
    assert [(tested.sequence.name, names(others)) for tested, others in pairs] == [
        ("east", ["west"]),
        ("east-again", ["west"]),
        ("west", ["east", "east-again"]),
    ]
    assert pairs_to_test(videos, videos, fewest=2) == [], "two levels need two videos to learn from"
    assert pairs_to_test(videos, videos, fewest=1, folds=1) == []


def test_both_models_are_scored(videos: list[AnnotatedVideo], tmp_path: Path) -> None:
    parameters = load_parameters("fast")
    matcher = Matcher.load(levels=2)
    use = SaveOrTrack(tmp_path, parameters)
    assert use(Fold([videos[2]], videos, matcher), videos[2], matcher) is None
    tracked = use(Fold([videos[2]], videos[:2], matcher), videos[2], matcher)
    comparison = compare_tracks([videos[0], videos[2]], [None, tracked])
    assert Matcher.load(tmp_path, levels=2).tracklets is not None
    assert list(comparison.new) == list(comparison.shipped) == ["west"]
    assert comparison.new["west"].HOTA > 50
    assert comparison.shipped["west"].HOTA > 50


def test_calibrated_models_are_those_of_the_other_videos(videos: list[AnnotatedVideo]) -> None:
    asked: list[list[str]] = []

    def trained(others: list[AnnotatedVideo]) -> Path:
        asked.append(names(others))
        return Path(str(files("siamlink.association.calibrated") / "weights"))

    comparison = compare_calibrated([(videos[2], videos[:2])], trained, lambda *_: None)
    assert asked == [["east", "east-again"]]
    assert comparison.new == comparison.shipped, "the same models"
    assert comparison.new["west"].HOTA > 50


def test_the_table_marks_what_the_shipped_models_know() -> None:
    new = {"mine": scores(50, 60), "KITTI-17": scores(52, 64)}
    shipped = {"mine": scores(48, 61), "KITTI-17": scores(53, 63)}
    comparison = Comparison(shipped, new)
    table = comparison.table()
    assert table.rows[0] == ("mine", "48.0", "50.0", "61.0", "60.0")
    assert table.rows[1][0] == "KITTI-17 *"
    assert table.rows[2] == ("mean", "50.5", "51.0", "62.0", "62.0")
    assert "trained on this video" in table.caption
    assert (
        comparison.verdict == "the new models are better than the shipped ones here: +0.5 HOTA on average, spread 2.1"
    )
    worse = "the new models are not better than the shipped ones here: -0.5 HOTA on average, spread 2.1; "
    assert Comparison(new, shipped).verdict == f"{worse}keep these, or train on more videos"


def test_descriptors_are_found_by_frame_and_box() -> None:
    box = np.array([[0, 0, 2, 4], [5, 0, 7, 4], [0, 0, 2, 4]], np.float32)
    described = Detections(np.array([1, 1, 2], np.int32), box, np.ones(3, np.float32), np.zeros(3, np.int16))
    descriptor = np.array([[1.0, 0], [0, 1], [0.6, 0.8]])
    source = known_appearance(described, descriptor)
    others = Detections(np.array([1, 2, 2], np.int32), box[[1, 0, 1]], np.ones(3, np.float32), np.zeros(3, np.int16))
    found = source.describe(others, np.arange(3))
    assert found[0] == pytest.approx([0, 1])
    assert found[1] == pytest.approx([0.6, 0.8])
    assert np.isnan(found[2]).all()


def test_nothing_is_tested_without_detections(videos: list[AnnotatedVideo], streets: Path) -> None:
    file = streets / "west" / "det" / "det.txt"
    moved = file.rename(file.with_name("other.txt"))
    try:
        assert pairs_to_test(videos, videos[:2], fewest=1) == []
    finally:
        moved.rename(file)
