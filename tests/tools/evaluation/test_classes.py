"""What is scored together where ground truth and results have classes."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.class_names import COCO, ClassNames, read_class_names
from siamlink.tools.evaluation.classes import ClassChoice, ClassedRows
from siamlink.tools.evaluation.metrics import Scores
from siamlink.tools.evaluation.reading import classed_tracks, classed_truth, read_tracks
from siamlink.tools.evaluation.scoring import evaluate

HERE, THERE, AWAY = (10, 10, 20, 40), (100, 10, 20, 40), (200, 10, 20, 40)
NAMED = ClassNames({1: "car", 2: "person", 3: "dog"})


def truth_rows(*classes: int, flag: int = 1) -> np.ndarray:
    """One box of each class in frame 1, side by side."""
    return np.array([[1, n, 50 * n, 10, 20, 40, flag, kind, 1] for n, kind in enumerate(classes)], float)


def track_rows(*classes: int) -> np.ndarray:
    """The same of results; -1 is no class."""
    return np.array([[1, n, 50 * n, 10, 20, 40, 0.5, kind, -1, -1] for n, kind in enumerate(classes)], float)


def grouped(
    truth: np.ndarray,
    tracks: np.ndarray,
    selection: list[str] | None = None,
    benchmark: str = "auto",
    truth_names: ClassNames | None = None,
    track_names: ClassNames | None = None,
) -> tuple[dict[str, tuple[int, int]], tuple[str, ...]]:
    """The number of rows of ground truth and of results in each group, and what is said about them."""
    annotated = classed_truth("S", truth, benchmark, truth_names)
    choice = ClassChoice.of([annotated], selection)
    groups = choice.groups(annotated, classed_tracks(tracks, track_names))
    return {each.class_name: (len(each.truth), len(each.tracks)) for each in groups}, choice.notes.lines()


def test_every_class_of_the_ground_truth_is_scored_for_itself() -> None:
    assert grouped(truth_rows(0, 2, 2), track_rows(2, 0, 0, 0)) == ({"0": (1, 3), "2": (2, 1)}, ())


def test_classes_are_compared_by_name_where_both_have_names() -> None:
    found, notes = grouped(truth_rows(1, 2, 2), track_rows(0, 2), None, "plain", NAMED, COCO)
    assert found == {"car": (1, 1), "person": (2, 1)}
    assert notes == ()


def test_numbers_are_not_compared_where_both_have_names() -> None:
    names = ClassNames({1: "person", 2: "cyclist", 3: "car"})
    found, notes = grouped(truth_rows(1, 2, 3, 7), track_rows(0, 2, 2), None, "plain", names, COCO)
    assert found == {"person": (1, 1), "cyclist": (1, 0), "car": (1, 2), "7": (1, 0)}
    assert notes == ()


@pytest.mark.parametrize(
    ("one", "other"), [("pedestrian", "person"), ("Motorbike", "motorcycle"), ("traffic_light", "traffic light")]
)
def test_names_of_one_meaning_are_one_class(one: str, other: str) -> None:
    theirs = ClassNames({0: "x", 5: other})
    found, _ = grouped(truth_rows(1, 2), track_rows(0, 5), None, "plain", ClassNames({1: one, 2: "x"}), theirs)
    assert found == {one: (1, 1), "x": (1, 1)}


def test_names_of_one_meaning_are_two_classes_where_the_ground_truth_has_both() -> None:
    names = ClassNames({1: "Pedestrian", 2: "Person"})
    both = ClassNames({0: "person", 5: "pedestrian"})
    truth = truth_rows(1, 2, 2)
    found, _ = grouped(truth, track_rows(0, 5, 5, 5), None, "plain", names, both)
    assert found == {"Pedestrian": (1, 3), "Person": (2, 1)}
    found, _ = grouped(truth, track_rows(0, 2), None, "plain", names, COCO)
    assert found == {"Pedestrian": (1, 0), "Person": (2, 1)}
    assert grouped(truth, track_rows(0, 2), ["person"], "plain", names, COCO)[0] == {"Person": (2, 1)}


def test_results_of_a_class_without_ground_truth_are_not_scored() -> None:
    found, notes = grouped(truth_rows(0, 2), track_rows(0, 2, 7, 7))
    assert found == {"0": (1, 1), "2": (1, 1)}
    assert notes == ("S: results of class 7 are not scored: the ground truth has none of it",)


def test_of_a_tracker_of_several_classes_only_the_class_of_the_ground_truth_is_scored() -> None:
    found, notes = grouped(truth_rows(0, 0), track_rows(0, 7))
    assert found == {"0": (2, 1)}
    assert notes == ("S: results of class 7 are not scored: the ground truth has none of it",)


def test_a_chosen_class_is_never_taken_from_another() -> None:
    found, notes = grouped(truth_rows(1, 3), track_rows(0, 0), ["car"], track_names=COCO)
    assert found == {"car": (1, 0)}
    assert notes == ("S: no results of class car, only of person",)


def test_results_without_classes_are_scored_as_one_class() -> None:
    found, notes = grouped(truth_rows(0, 2), track_rows(-1, -1))
    assert found == {"": (2, 2)}
    assert notes == ("S: the results have no classes: 0, 2 are scored as one class",)


def test_results_of_other_classes_altogether_are_scored_as_one_class() -> None:
    found, notes = grouped(truth_rows(0, 2), track_rows(5, 6), None, "auto")
    assert found == {"": (2, 2)}
    assert notes == ("S: the results have classes 5, 6, not 0, 2: all are scored as one class",)


@pytest.mark.parametrize("kind", [0, 1, 7])
def test_a_tracker_of_one_class_is_scored_on_the_one_class_of_the_ground_truth(kind: int) -> None:
    assert grouped(truth_rows(0, 0), track_rows(kind, kind)) == ({"0": (2, 2)}, ())


def test_only_pedestrians_of_mot_count_and_other_classes_of_named_results_are_left_out() -> None:
    truth, tracks = truth_rows(1, 3, 7), track_rows(0, 2)
    assert grouped(truth, tracks, track_names=COCO) == ({"": (3, 1)}, ())
    found, notes = grouped(truth, tracks)
    assert found == {"": (3, 2)}
    assert notes == (
        "S: the results have classes 0, 2 without names: all are scored as pedestrian; name them with --class-names",
    )


def test_a_tracker_of_another_class_is_scored_as_pedestrians_and_that_is_said() -> None:
    found, notes = grouped(truth_rows(1, 3), track_rows(2, 2), track_names=COCO)
    assert found == {"": (2, 2)}
    assert notes == ("S: all results are of class car, and are scored as pedestrian",)
    found, notes = grouped(truth_rows(1, 3), track_rows(2, 7), track_names=COCO)
    assert found == {"": (2, 0)}
    assert notes == ("S: no results of class pedestrian, only of car, truck",)


def test_classes_of_mot_other_than_pedestrians_count_whatever_their_flag() -> None:
    truth = truth_rows(1, 3, 3)
    truth[:, 6] = (1, 0, 0)
    found, _ = grouped(truth, track_rows(0, 2), ["car"], track_names=COCO)
    assert found == {"car": (2, 1)}
    found, _ = grouped(truth, track_rows(0, 2), ["pedestrian", "car"], track_names=COCO)
    assert found == {"pedestrian": (3, 1), "car": (2, 1)}


@pytest.mark.parametrize("selection", [["person"], ["Pedestrian"], ["1"]])
def test_a_class_is_chosen_by_name_or_number_of_the_ground_truth(selection: list[str]) -> None:
    assert grouped(truth_rows(1, 3), track_rows(0, 2), selection, track_names=COCO) == ({"": (2, 1)}, ())


def test_any_scores_all_classes_as_one() -> None:
    assert grouped(truth_rows(0, 2), track_rows(0, 7), ["any"]) == ({"": (2, 2)}, ())
    assert grouped(truth_rows(1, 3), track_rows(0, 7), ["any"])[0] == {"": (2, 2)}
    assert grouped(truth_rows(1, 3), track_rows(0, 7), ["any"], "mot15") == ({"": (2, 2)}, ())


def test_ground_truth_without_classes_is_scored_against_the_chosen_results() -> None:
    truth, tracks = truth_rows(-1, -1), track_rows(0, 0, 2)
    assert grouped(truth, tracks, ["person"], track_names=COCO) == ({"": (2, 2)}, ())
    assert grouped(truth, tracks, ["0"]) == ({"": (2, 2)}, ())
    found, notes = grouped(truth, tracks)
    assert found == {"": (2, 3)}
    assert notes == (
        "S: the results have classes 0, 2, the ground truth none: all are scored as one class; choose with --classes",
    )
    found, notes = grouped(truth, track_rows(-1), ["person"])
    assert notes == ("S: neither the ground truth nor the results have classes: all are scored",)
    found, notes = grouped(truth, tracks, ["dog"], track_names=COCO)
    assert (found, notes) == ({"": (2, 0)}, ("S: no results of class dog, only of person, car",))


def test_a_name_that_cannot_be_known_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no class 'horse' in the ground truth; known are pedestrian, person on"):
        grouped(truth_rows(1, 3), track_rows(0), ["horse"])
    with pytest.raises(ConfigError, match="the classes have numbers but no names: give the number of 'car'"):
        grouped(truth_rows(0, 3), track_rows(0), ["car"])
    with pytest.raises(ConfigError, match="give the number of 'car'"):
        grouped(truth_rows(-1), track_rows(0, 2), ["car"])


def test_names_of_the_results_choose_where_only_they_have_names() -> None:
    assert grouped(truth_rows(0, 2, 2), track_rows(0, 2), ["car"], track_names=COCO)[0] == {"car": (2, 1)}


@pytest.mark.parametrize("column", [0.5, -2, 40_000])
def test_an_eighth_column_of_other_numbers_holds_no_classes(column: float) -> None:
    tracks = track_rows(0, 1)
    tracks[1, 7] = column
    assert classed_tracks(tracks).classes is None
    assert classed_tracks(tracks[:, :7]).classes is None


def test_names_are_read_from_a_file_or_are_those_of_coco(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("car\nbus\n")
    assert read_class_names("coco") is COCO
    assert dict(read_class_names(str(tmp_path / "names.txt"))) == {0: "car", 1: "bus"}
    assert ClassedRows(np.zeros((0, 7))).numbers_of("car") == set()


def test_labels_beside_a_file_name_its_classes(tmp_path: Path) -> None:
    (tmp_path / "A" / "gt").mkdir(parents=True)
    (tmp_path / "A" / "gt" / "labels.txt").write_text("car\nbus\n")
    lines = [f"1,{n},{50 * n},10,20,40,1,{kind},1\n" for n, kind in ((1, 1), (2, 2))]
    (tmp_path / "A" / "gt" / "gt.txt").write_text("".join(lines))
    (tmp_path / "A.txt").write_text("1,1,50,10,20,40,1,5,-1,-1\n1,2,100,10,20,40,1,5,-1,-1\n")
    found = evaluate(tmp_path, tmp_path / "A.txt", class_names=COCO)
    assert found.benchmarks == {"A": "plain"}
    assert {name: (each.overall.FN, each.overall.FP) for name, each in found.classes.items()} == {
        "car": (1, 0),
        "bus": (0, 1),
    }
    assert (found.overall.FN, found.overall.FP) == (1, 1)
    assert pytest.approx(found.class_mean.MOTA) == (0 + 0) / 2
    assert isinstance(found.class_mean, Scores)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A.json", '{"classes": [{"number": 5, "name": "bus", "tracks": 1}, {"number": 7, "name": null}]}'),
        ("A.classes.txt", "a\nb\nc\nd\ne\nbus\n"),
    ],
)
def test_names_come_from_a_file_beside_the_results(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "A.txt").write_text("1,1,50,10,20,40,1,5,-1,-1\n1,2,100,10,20,40,1,7,-1,-1\n")
    (tmp_path / name).write_text(text)
    assert read_tracks(tmp_path / "A.txt", names=COCO).name_of(5) == "bus"
    assert read_tracks(tmp_path / "A.txt").name_of(7) == "7"


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"classes": 3}', '{"classes": [{"number": "x", "name": "y"}]}'])
def test_a_record_without_names_is_none(tmp_path: Path, record: str) -> None:
    (tmp_path / "A.txt").write_text("1,1,50,10,20,40,1,5,-1,-1\n")
    (tmp_path / "A.json").write_text(record)
    assert read_tracks(tmp_path / "A.txt").names is None


def test_sequences_with_and_without_classes_have_a_table_together(tmp_path: Path) -> None:
    for name, truth in (("A", truth_rows(0, 2)), ("B", truth_rows(-1, -1)[:, :7])):
        (tmp_path / "truth" / name / "gt").mkdir(parents=True)
        np.savetxt(tmp_path / "truth" / name / "gt" / "gt.txt", truth, fmt="%d", delimiter=",")
        np.savetxt(tmp_path / f"{name}.txt", track_rows(0, 2), fmt="%g", delimiter=",")
    found = evaluate(tmp_path / "truth", tmp_path, classes=["0", "2"])
    assert [row[:2] for row in found.table().rows] == [
        ("A", "0"), ("A", "2"), ("A", "all"), ("B", "no class"),
        ("overall", "0"), ("overall", "2"), ("overall", "no class"), ("overall", "all"), ("overall", "mean"),
    ]  # fmt: skip
    assert {row[2] for row in found.table().rows} == {"100.0"}


def test_sequences_of_mot_and_of_numbers_without_names_are_scored_together(tmp_path: Path) -> None:
    for name, truth in (("A", truth_rows(0, 2)), ("MOT17-1", truth_rows(1, 1))):
        (tmp_path / "truth" / name / "gt").mkdir(parents=True)
        np.savetxt(tmp_path / "truth" / name / "gt" / "gt.txt", truth, fmt="%d", delimiter=",")
        np.savetxt(tmp_path / f"{name}.txt", track_rows(*truth[:, 7].astype(int)), fmt="%g", delimiter=",")
    found = evaluate(tmp_path / "truth", tmp_path)
    assert found.benchmarks == {"A": "plain", "MOT17-1": "mot17"}
    assert (found.overall.FN, found.overall.FP, found.notes) == (0, 0, ())
