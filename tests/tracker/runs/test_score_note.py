"""What a user is told about scores that are no probabilities."""

import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tracker.parameters import Matching
from siamlink.tracker.runs.result import Counts, TrackingResult
from siamlink.tracker.runs.score_note import score_note
from siamlink.tracker.tracks import Tracks

COMPARED = "they are compared with one another, but not used as probabilities"


def result(scores: list[float], matching: Matching = "calibrated", detector: str | None = None) -> TrackingResult:
    count = len(scores)
    found = Detections(np.arange(1, count + 1), np.tile([10, 20, 30, 60], (count, 1)), scores, np.zeros(count))
    return TrackingResult("A", Tracks.empty(), found, Counts(), detector, count, None, {}, matching=matching)


@pytest.mark.parametrize(
    ("scores", "note"),
    [
        ([12, 95.5, 40], f"scores from 12 to 95.5 look like percentages: {COMPARED}; divide them by 100"),
        ([-4, 3.25, 0.5], f"scores from -4 to 3.25 look like logits: {COMPARED}; give 1 / (1 + exp(-score))"),
        (
            [0.4, 2.5, 1.5],
            f"scores from 0.4 to 2.5 are no probabilities: {COMPARED}; give probabilities if the detector has them",
        ),
        (
            [-0.5, 127, 12],
            f"scores from -0.5 to 127 are no probabilities: {COMPARED}; give probabilities if the detector has them",
        ),
    ],
)
def test_scores_that_are_no_probabilities_are_named_with_the_remedy(scores: list[float], note: str) -> None:
    assert score_note(result(scores), None) == note


def test_a_confidence_is_compared_with_them_too() -> None:
    note = score_note(result([12, 95.5, 40], "learned"), 0.3)
    assert "they are compared with one another and with the confidence 0.3, but not" in note


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(result([]), id="none"),
        pytest.param(result([0, 0.4, 1]), id="probabilities"),
        pytest.param(result([0.4] * 19 + [1.01]), id="an outlier"),
        pytest.param(result([100, 100, 100]), id="all equal"),
        pytest.param(result([12, 95.5, 40], "learned"), id="learned matching uses ranks alone"),
        pytest.param(result([0.4, 2.5, 1.5], detector="hog"), id="distances of HOG"),
    ],
)
def test_where_nothing_is_lost_nothing_is_said(found: TrackingResult) -> None:
    assert score_note(found, None) == ""
