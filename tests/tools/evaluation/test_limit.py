"""The limit of links: what perfect ones reach, what a result lacks of it, and which boxes no detection was on."""

import json
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError
from siamlink.detectors.mot.sequence import find_sequences
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.evaluation import evaluate
from siamlink.tools.evaluation.ground_truth import SequencePair, pair_up
from siamlink.tools.evaluation.limit import LIMITED, Boxes, Limit, perfect_links
from siamlink.tools.evaluation.metrics import Scores, combine, measure

A, B, NOWHERE = (10, 10, 20, 40), (100, 10, 20, 40), (300, 10, 20, 40)
Placed = list[tuple[int, int, tuple[int, ...]]]


def rows(placed: Placed, *more: float) -> np.ndarray:
    return np.array([[frame, identity, *box, 1, *more] for frame, identity, box in placed], float).reshape(
        -1, 7 + len(more)
    )


def scored(pair: SequencePair, *names: str) -> tuple[float, ...]:
    scores = Scores.from_counts(measure(pair))
    return tuple(getattr(scores, name) for name in names)


TRUTH = rows([(frame, person, box) for frame in (1, 2, 3, 4) for person, box in ((5, A), (6, B))])
DETECTIONS = rows([(1, -1, A), (1, -1, B), (2, -1, A), (3, -1, A), (3, -1, B), (3, -1, NOWHERE), (4, -1, B)])


def test_detections_get_the_identity_that_they_overlap_and_false_ones_are_removed() -> None:
    limit = perfect_links("S", TRUTH, DETECTIONS)
    assert limit.tracks[:, :2].tolist() == [[1, 5], [1, 6], [2, 5], [3, 5], [3, 6], [4, 6]]
    assert scored(limit, "FP", "FN", "IDSW", "MOTA") == (0, 2, 0, pytest.approx(75))


def test_a_person_is_covered_by_the_better_of_two_detections() -> None:
    near = (12, 10, 20, 40)
    limit = perfect_links("S", rows([(1, 5, A)]), rows([(1, -1, near), (1, -1, A)]))
    assert limit.tracks[:, 2:6].tolist() == [list(A)]


def test_a_detection_of_a_distractor_is_forgiven() -> None:
    truth = np.vstack([rows([(1, 1, A)], 1, 1), rows([(1, 2, B)], 8, 1)])
    limit = perfect_links("MOT17-01", truth, rows([(1, -1, A), (1, -1, B)]))
    assert limit.benchmark == "mot17"
    assert limit.tracks[:, :2].tolist() == [[1, 1]]


def test_boxes_are_counted_by_track_and_detection() -> None:
    result = pair_up("S", TRUTH, rows([(1, 9, A), (2, 9, A), (4, 9, A), (1, 8, B)]))
    boxes = Boxes.count(result, perfect_links("S", TRUTH, DETECTIONS))
    assert boxes == Boxes(missed_detected=3, missed_undetected=1, interpolated=1, tracked=3)
    assert Boxes.total([boxes, boxes]) == Boxes(6, 2, 2, 6)


def test_no_detections_are_a_limit_of_nothing() -> None:
    limit = perfect_links("S", TRUTH, np.zeros((0, 7)))
    scores = Scores.from_counts(measure(limit))
    assert all(getattr(scores, name) == 0 for name in LIMITED)
    assert Limit(scores, scores, Boxes(0, 8, 0, 0)).metric("MOTA")["share"] is None
    nobody = perfect_links("S", np.zeros((0, 7)), DETECTIONS)
    assert len(nobody.tracks) == 0


@st.composite
def crowds(draw: st.DrawFn) -> np.ndarray:
    """Boxes that overlap each other a lot."""
    keys = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), unique=True, max_size=20))
    return rows([(frame, i, (draw(st.integers(0, 12)), draw(st.integers(0, 12)), 20, 20)) for frame, i in keys])


@settings(max_examples=100)
@given(truth=crowds(), tracks=crowds())
def test_the_limit_has_no_wrong_link_and_the_errors_add_up(truth: np.ndarray, tracks: np.ndarray) -> None:
    """The tracks are their own detections."""
    pair, perfect = pair_up("S", truth, tracks), perfect_links("S", truth, tracks)
    result, limit = (Scores.from_counts(measure(each)) for each in (pair, perfect))
    boxes = Boxes.count(pair, perfect)
    assert sum(astuple(boxes)) == len(truth)
    assert scored(pair, "FN") == (boxes.missed_detected + boxes.missed_undetected,)
    assert scored(perfect, "FP", "IDSW", "FN") == (0, 0, boxes.interpolated + boxes.missed_undetected)
    for name in LIMITED:
        parts = Limit(result, limit, boxes).metric(name)
        if not len(truth):
            assert set(parts.values()) == {None}
            continue
        assert parts["detection_error"] + parts["association_error"] == pytest.approx(100 - parts["result"])


@pytest.fixture
def street(here: Path) -> Path:
    """Sequences A and B with detections; in the results everybody in B gets another track in each frame."""
    found = "".join(f"{f:g},-1,{x},{y},{w},{h},1\n" for f, _, x, y, w, h, _ in DETECTIONS.tolist())
    lines = [f"{f:g},{i:g},{x},{y},{w},{h},1,-1,-1,-1\n" for f, i, x, y, w, h, _ in TRUTH.tolist()]
    for name in ("A", "B"):
        for part, text in (("gt", "".join(lines)), ("det", found)):
            (here / "street" / name / part).mkdir(parents=True)
            (here / "street" / name / part / f"{part}.txt").write_text(text)
    (here / "results").mkdir()
    (here / "results" / "A.txt").write_text("".join(lines))
    changing = "".join(line.replace(",", f",{number + 1}", 1) for number, line in enumerate(lines[:6]))
    (here / "results" / "B.txt").write_text(changing)
    return here / "street"


def test_the_tables_and_the_json_hold_result_limit_and_errors(siamlink: Callable, street: Path) -> None:
    done = siamlink("evaluate", street, "results", "--limit", "det/det.txt", "--json", "scores.json")
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines() if line.strip()]
    assert ["A", "HOTA", "100.0"] in [line[:3] for line in lines]
    assert ["overall", "2", "1", "1", "3"] in lines
    assert ["in", "percent"] in lines
    figures = json.loads(Path("scores.json").read_text())
    limit = figures["limit"]
    assert list(limit["sequences"]) == ["A", "B"]
    assert limit["sequences"]["B"]["IDF1"]["result"] == figures["sequences"]["B"]["IDF1"]
    assert limit["sequences"]["A"]["MOTA"] == pytest.approx(
        {"result": 100, "limit": 75, "share": 400 / 3, "detection_error": 25, "association_error": -25}
    )
    assert limit["sequences"]["B"]["AssA"]["association_error"] > 20
    assert limit["overall"]["boxes"] == {
        name: sum(limit["sequences"][each]["boxes"][name] for each in "AB") for name in limit["overall"]["boxes"]
    }


def test_without_detections_there_is_no_limit(siamlink: Callable, street: Path) -> None:
    done = siamlink("evaluate", street, "results", "--json", "scores.json")
    assert "detection" not in done.out
    assert "limit" not in json.loads(Path("scores.json").read_text())


def test_bad_detections_are_one_clear_line(siamlink: Callable, street: Path) -> None:
    done = siamlink("evaluate", street, "results", "--limit", "det/other.txt")
    assert done.code == 2
    assert "no detections det/other.txt: no such file here or in " in done.line
    shared = siamlink("evaluate", street, "results", "--limit", "results/A.txt")
    assert (shared.code, "belong to one sequence, but 2 are scored" in shared.line) == (2, True)
    with pytest.raises(ConfigError, match="belong to one sequence"):
        evaluate(street, "results", detections="results/A.txt")
    (street / "B" / "det" / "det.txt").write_text("1,-1,10,10,zero,40,1\n")
    with pytest.raises(FormatError, match="line 1, column 5"):
        evaluate(street, "results", detections="det/det.txt")
    with pytest.raises(InputError, match="no detections in the folder"):
        evaluate(street / "A", "results", detections="results")


def test_a_file_is_the_detections_of_one_sequence(street: Path) -> None:
    limits = evaluate(street / "A", "results", detections=street / "A" / "det" / "det.txt").limits
    assert limits is not None
    assert limits.sequences["A"].metric("MOTA")["limit"] == pytest.approx(75)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("ADL-Rundle-6", "ETH-Sunnyday", "KITTI-17", "PETS09-S2L1", "TUD-Campus"), (51.71, 81.03, 68.11)),
        (("MOT16-09",), (48.58, 78.66, 64.83)),
    ],
)
def test_limits_of_real_detections(data: Path, names: tuple[str, ...], expected: tuple[float, ...]) -> None:
    counts = {}
    for sequence in (each for each in find_sequences(data) if each.name in names):
        truth, boxes = (read_rows(path) for path in (sequence.truth_file, sequence.detection_file))
        counts[sequence.name] = measure(perfect_links(sequence.name, truth, boxes))
    scores = Scores.from_counts(combine(counts))
    found = (scores.HOTA, scores.IDF1, scores.MOTA, scores.FP, scores.IDSW)
    assert found == pytest.approx((*expected, 0, 0), abs=0.005)
