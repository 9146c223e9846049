"""What is said about files that cannot be right."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.tools.evaluation import Evaluation, evaluate
from siamlink.tools.evaluation.notes import Notes, frames_differ

ROW = "{},1,10,10,20,40,{},{},1\n"


@pytest.fixture
def scored(tmp_path: Path):
    """Score results in the frames 1 to 3 of a sequence A, and B which is right, against ground truth of A."""

    def score(
        truth: str, tracks: str = "".join(ROW.format(f, 1, -1) for f in (1, 2, 3)), **options: object
    ) -> Evaluation:
        right = "".join(ROW.format(f, 1, 1) for f in (1, 2, 3))
        (tmp_path / "results").mkdir()
        for name, text, results in (("A", truth, tracks), ("B", right, right)):
            (tmp_path / "truth" / name / "gt").mkdir(parents=True)
            (tmp_path / "truth" / name / "gt" / "gt.txt").write_text(text)
            (tmp_path / "results" / f"{name}.txt").write_text(results)
        return evaluate(tmp_path / "truth", tmp_path / "results", **options)

    return score


def test_nothing_is_said_of_files_that_are_right(evaluation: Evaluation) -> None:
    assert evaluation.notes == ()


@pytest.mark.parametrize(
    ("truth", "false_positives", "note"),
    [
        ("", 3, "A: the ground truth is empty"),
        (
            ROW.format(1, 0, 1) + ROW.format(2, 0, 1),
            3,
            "A: no row of the ground truth counts: all 2 have flag 0 in column 7",
        ),
        (
            ROW.format(1, 1, 3) + ROW.format(2, 1, 8),
            2,
            "A: no row of the ground truth counts: none is a pedestrian (class 1), but car (3), distractor (8); choose "
            "with --classes, or --benchmark plain if these are not the classes of MOT",
        ),
    ],
)
def test_ground_truth_of_which_no_row_counts(scored, truth: str, false_positives: int, note: str) -> None:
    found = scored(truth)
    assert found.notes == (note,)
    assert np.isnan(found.sequences["A"].HOTA)
    assert found.as_dict()["sequences"]["A"]["MOTA"] is None
    assert false_positives == found.sequences["A"].FP
    assert pytest.approx(100) == found.sequences["B"].MOTA


def test_a_class_that_is_chosen_and_not_there(scored) -> None:
    assert scored(ROW.format(1, 1, 1), classes=["car"]).notes[0] == (
        "A, B: no row of the ground truth counts: none is of class car"
    )


def test_results_that_are_empty(scored) -> None:
    assert scored(ROW.format(1, 1, 1), "").notes == ("A: the results are empty",)


def test_results_of_other_frames_than_the_ground_truth(scored) -> None:
    tracks = "".join(ROW.format(f, 1, -1) for f in (5, 6))
    assert scored("".join(ROW.format(f, 1, 1) for f in range(1, 4)), tracks).notes == (
        "A: results are of frames 5 to 6, the ground truth is of frames 1 to 3",
    )


@pytest.mark.parametrize(
    ("tracks", "differ"),
    [
        (range(1, 101), False),
        (range(10, 91), False),
        (range(1, 51), True),
        (range(51, 151), True),
        (range(1, 201), True),
    ],
)
def test_frames_differ_if_more_than_a_quarter_lies_outside(tracks: range, differ: bool) -> None:
    def rows(frames: range) -> np.ndarray:
        return np.array([[frame, 1, 0, 0, 1, 1, 1] for frame in frames], float)

    assert bool(frames_differ(rows(range(1, 101)), rows(tracks))) == differ


def test_one_sentence_about_several_sequences_is_one_line() -> None:
    notes = Notes()
    for number in range(8):
        notes.add(f"S{number}", "the results are empty")
    notes.add("", "of all")
    assert notes.lines() == ("S0, S1, S2, S3, S4 and 3 more: the results are empty", "of all")


def test_results_may_last_as_long_as_the_sequence() -> None:
    truth, tracks = (np.array([[f, 1, 0, 0, 1, 1, 1] for f in range(1, last + 1)], float) for last in (10, 100))
    assert frames_differ(truth, tracks)
    assert not frames_differ(truth, tracks, 100)
    assert frames_differ(tracks, truth, 100)


def test_classes_that_may_not_be_those_of_mot(scored) -> None:
    truth = "".join(ROW.format(f, 1, kind) for f, kind in ((1, 1), (2, 2), (3, 2)))
    assert scored(truth).notes == (
        "A: 2 rows of the ground truth do not count: column 8 is read as a class of MOT17, and only class 1, "
        "pedestrian, is scored; if that is right, give --benchmark mot17, else --benchmark plain",
    )


@pytest.mark.parametrize("options", [{"benchmark": "mot17"}, {"benchmark": "plain"}, {"classes": ["pedestrian"]}])
def test_classes_that_the_user_knows(scored, options: dict[str, object]) -> None:
    truth = "".join(ROW.format(f, 1, kind) for f, kind in ((1, 1), (2, 1), (3, 2)))
    assert not any("column 8" in note for note in scored(truth, **options).notes)


def test_classes_of_mot_have_flag_0(scored) -> None:
    truth = "".join(ROW.format(f, flag, kind) for f, flag, kind in ((1, 1, 1), (2, 1, 1), (3, 0, 7)))
    assert scored(truth).notes == ()


@pytest.mark.parametrize(("scale", "said"), [(0.5, True), (1 / 1920, True), (1, False)])
def test_boxes_that_nowhere_overlap(scored, scale: float, said: bool) -> None:
    lines = [(f, 100 + 10 * f, 300, 40, 80) for f in range(1, 21)]
    truth = "".join(f"{f},1,{x},{y},{w},{h},1,1,1\n" for f, x, y, w, h in lines)
    tracks = "".join(f"{f},1,{x * scale},{y * scale},{w * scale},{h * scale},1\n" for f, x, y, w, h in lines)
    note = (
        f"A: no result overlaps ground truth by half: results reach to {340 * scale:.6g}, {380 * scale:.6g} pixels, "
        "the ground truth to 340, 380"
    )
    assert scored(truth, tracks).notes == ((note,) if said else ())


@pytest.mark.parametrize(("last", "said"), [("4,0,2", True), ("-1,-1,-1", False), ("4.5,0,1", False), ("4", False)])
def test_ten_columns_that_may_hold_classes(scored, last: str, said: bool) -> None:
    truth = "".join(f"{f},1,10,10,20,40,1,{last}\n" for f in (1, 2, 3))
    note = (
        "A: columns 8 to 10 of the ground truth hold whole numbers, and are not read; if column 8 is a class, give "
        "--benchmark plain, else --benchmark mot15"
    )
    notes = [
        each for each in scored(truth).notes if "column" in each and "read as" not in each and "no row" not in each
    ]
    assert notes == ([note] if said else [])
