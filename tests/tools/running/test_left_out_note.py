"""What a user is told about detections that end in no track."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.tools.running.left_out_note import left_out_note, stride_note
from siamlink.tracker.linking.left_out import CORRECTION, DUPLICATE, FALSE_ALARM, SHORT_TRACK, LeftOut
from siamlink.tracker.parameters import Matching
from siamlink.tracker.runs.result import Counts, TrackingResult
from siamlink.tracker.tracks import Tracks


def boxes(
    count: int, score: float, size: tuple[float, float] = (40, 110), label: int = 0, left: float = 500
) -> Detections:
    random = np.random.default_rng(count)
    corner = np.column_stack([np.full(count, left), np.full(count, 300.0)]) + random.uniform(-200, 200, (count, 2))
    sides = np.array(size) * random.uniform(0.9, 1.1, (count, 1))
    scores = np.full(count, score) + random.uniform(-0.01, 0.01, count)
    return Detections(np.arange(1, count + 1), np.hstack([corner, corner + sides]), scores, np.full(count, label))


def result(
    tracked: Detections,
    out: Detections,
    reason: int = FALSE_ALARM,
    stride: int = 1,
    matching: Matching = "learned",
) -> TrackingResult:
    left_out = LeftOut(out, np.full(len(out), reason, np.uint8))
    counts = Counts(len(tracked) + len(out), 1, len(tracked), 0, left_out=left_out.counts)
    tracks = Tracks.from_detections(tracked, np.arange(1, len(tracked) + 1).astype(np.int32))
    every = Detections.concatenate([tracked, out])
    return TrackingResult("A", tracks, every, counts, None, 100, None, {}, None, left_out, stride, matching)


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        pytest.param(boxes(30, 0.8, label=32), "all of class 32", id="class"),
        pytest.param(boxes(30, 0.8, (12, 12)), "all smaller than", id="small"),
        pytest.param(boxes(30, 0.8, (90, 250)), "all larger than", id="large"),
        pytest.param(boxes(30, 0.8, (75, 58)), "all wider than tall", id="shape"),
        pytest.param(boxes(30, 0.8, left=5000), "all near the right border", id="region"),
    ],
)
def test_the_kind_of_confident_detections_in_no_track_is_named_with_the_remedy(out: Detections, kind: str) -> None:
    note = left_out_note(result(boxes(200, 0.8), out))
    assert int(note.split()[0]) >= 10
    assert f"confident detections ({kind}" in note
    assert "taken for false alarms; the shipped models know pedestrians" in note
    assert "pedestrians" not in left_out_note(result(boxes(200, 0.8), out, matching="calibrated"))


def test_a_class_is_called_by_its_name() -> None:
    named = replace(result(boxes(200, 0.8), boxes(30, 0.8, label=32)), class_names=ClassNames({32: "sports ball"}))
    assert "(all of class sports ball)" in left_out_note(named)


def test_without_a_kind_the_reasons_are_said() -> None:
    some = result(boxes(200, 0.8), boxes(60, 0.9), SHORT_TRACK)
    assert left_out_note(some) == "60 confident detections are in no track: 60 seen in too few frames"


def test_detections_of_low_scores_and_few_detections_are_not_worth_a_line() -> None:
    assert left_out_note(result(boxes(200, 0.8), boxes(150, 0.3))) == ""
    assert left_out_note(result(boxes(200, 0.8), boxes(9, 0.9))) == ""


def test_false_alarms_by_corrections_are_not_told_to_those_who_wrote_them() -> None:
    assert left_out_note(result(boxes(200, 0.8), boxes(60, 0.9), CORRECTION)) == ""
    assert left_out_note(result(boxes(20, 0.8), boxes(200, 0.9), CORRECTION)) == ""


def test_where_most_detections_are_in_no_track_the_line_says_so_whatever_their_scores() -> None:
    note = left_out_note(result(boxes(10, 0.8), boxes(150, 0.3), DUPLICATE, matching="calibrated"))
    assert note == "10 of 160 detections are in tracks: 150 suppressed as duplicates of better boxes"


def test_where_most_detections_are_taken_for_false_alarms_the_line_says_what_to_try() -> None:
    assert left_out_note(result(boxes(0, 1), boxes(5, 0.3), matching="calibrated")) == (
        "0 of 5 detections are in tracks: 5 taken for false alarms; if they are objects, more of them must be found: "
        "try another detector, or a lower --confidence"
    )


@pytest.mark.parametrize(("stride", "word"), [(2, "2nd"), (3, "3rd"), (5, "5th"), (11, "11th"), (21, "21st")])
def test_a_stride_is_said(stride: int, word: str) -> None:
    assert f"every {word} frame" in stride_note(result(boxes(9, 1), boxes(0, 1), stride=stride))
    assert stride_note(result(boxes(9, 1), boxes(0, 1))) == ""


def test_a_class_without_any_track_is_said_though_its_scores_are_low() -> None:
    out = Detections.concatenate([boxes(59, 0.35, label=62), boxes(9, 0.35, label=56)])
    some = replace(result(boxes(100, 0.7), out), class_names=ClassNames({0: "person", 56: "chair", 62: "tv"}))
    expected = "no track is of class tv (59 detections): 59 taken for false alarms; --classes selects what is tracked"
    assert left_out_note(some) == expected
    assert left_out_note(result(Detections.concatenate([boxes(100, 0.7), boxes(1, 0.7, label=62)]), out)) == ""
