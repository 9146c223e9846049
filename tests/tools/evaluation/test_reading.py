"""Ground truth and results in other formats than MOT text."""

import json
import re
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.tools.evaluation import evaluate
from siamlink.tools.evaluation.layouts import find_inputs

BOXES = [(frame, identity, 100 * identity + 5 * frame, 10, 40, 60) for frame in (1, 2, 3) for identity in (1, 2)]
"""Frame from 1, id, left, top, width, height; object 1 is a car, object 2 a person."""
NAMES = {1: "car", 2: "person"}


def mot_text(last: int = -1) -> str:
    return "".join(f"{f},{i},{x},{y},{w},{h},1,{last},-1,-1\n" for f, i, x, y, w, h in BOXES)


def csv_text() -> str:
    rows = (f"{f},{i},{x},{y},{x + w},{y + h},0.5,{NAMES[i]}" for f, i, x, y, w, h in BOXES)
    return "frame,track_id,x_min,y_min,x_max,y_max,confidence,class_name\n" + "\n".join(rows) + "\n"


def kitti_text() -> str:
    rows = (
        f"{f - 1} {i} {NAMES[i]} 0 0 -10 {x} {y} {x + w} {y + h} -1 -1 -1 -1000 -1000 -1000 -10"
        for f, i, x, y, w, h in BOXES
    )
    return "\n".join(["0 -1 DontCare -1 -1 -10 1 1 9 9 -1 -1 -1 -1000 -1000 -1000 -10", *rows]) + "\n"


def coco_text(*videos: str) -> str:
    """A file with the same boxes in each of some videos."""
    number = {name: index for index, name in enumerate(videos, 1)}
    frames = [(each, frame) for each in number.values() for frame in (1, 2, 3)]
    boxes = [(each, n, *box) for each in number.values() for n, box in enumerate(BOXES)]
    return json.dumps(
        {
            "videos": [{"id": each, "name": name} for name, each in number.items()],
            "images": [
                {"id": 10 * v + f, "video_id": v, "frame_id": f - 1, "file_name": f"{f}.jpg"} for v, f in frames
            ],
            "categories": [{"id": each, "name": name} for each, name in NAMES.items()],
            "annotations": [
                {"id": 100 * v + n, "image_id": 10 * v + f, "track_id": i, "category_id": i, "bbox": box, "score": 0.4}
                for v, n, f, i, *box in boxes
            ],
        }
    )


def cvat_text() -> str:
    """Tracks of CVAT for video, a shape a frame."""
    tracks = "".join(
        f'<track id="{i}" label="{name}">'
        + "".join(
            f'<box frame="{f - 1}" keyframe="1" outside="0" occluded="0" xtl="{x}" ytl="{y}" xbr="{x + w}" '
            f'ybr="{y + h}"/>'
            for f, each, x, y, w, h in BOXES
            if each == i
        )
        + "</track>"
        for i, name in NAMES.items()
    )
    return f"<annotations><version>1.1</version>{tracks}</annotations>"


TEXTS = {"A.xml": cvat_text(), "A.txt": kitti_text(), "A.csv": csv_text(), "A.json": coco_text("A")}


@pytest.mark.parametrize("truth", TEXTS)
@pytest.mark.parametrize("results", TEXTS)
def test_every_format_is_scored_against_every_other(tmp_path: Path, truth: str, results: str) -> None:
    for folder, name in (("truth", truth), ("results", results)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(TEXTS[name])
    for source in (tmp_path / "truth", tmp_path / "truth" / truth):
        found = evaluate(source, tmp_path / "results")
        assert found.benchmarks == {"A": "plain"}
        assert {name: each.overall.HOTA for name, each in found.classes.items()} == {"car": 100, "person": 100}
        assert (found.overall.FN, found.overall.FP, found.notes) == (0, 0, ())


@pytest.mark.parametrize("results", TEXTS)
def test_results_of_other_formats_are_scored_against_mot_ground_truth(tmp_path: Path, results: str) -> None:
    (tmp_path / "A" / "gt").mkdir(parents=True)
    (tmp_path / "A" / "gt" / "gt.txt").write_text(mot_text())
    (tmp_path / results).write_text(TEXTS[results])
    found = evaluate(tmp_path / "A", tmp_path / results)
    assert (found.overall.FN, found.overall.FP) == (0, 0)
    assert re.match("A: the results have classes (car, person|person, car), the ground truth none", found.notes[0])
    chosen = evaluate(tmp_path / "A", tmp_path / results, classes=["car"])
    assert (chosen.overall.FN, chosen.overall.FP, chosen.notes) == (3, 0, ())


def test_ground_truth_as_siamlink_import_writes_it_has_classes(tmp_path: Path) -> None:
    (tmp_path / "A" / "gt").mkdir(parents=True)
    text = "".join(f"{f},{i},{x},{y},{w},{h},1,{i},-1,-1\n" for f, i, x, y, w, h in BOXES)
    (tmp_path / "A" / "gt" / "gt.txt").write_text(text)
    (tmp_path / "A" / "gt" / "gt.classes.txt").write_text("0\ncar\nperson\n")
    for results in (kitti_text(), text):
        (tmp_path / "A.txt").write_text(results)
        found = evaluate(tmp_path / "A", tmp_path / "A.txt")
        assert found.benchmarks == {"A": "plain"}
        assert {name: each.overall.HOTA for name, each in found.classes.items()} == {"car": 100, "person": 100}


def test_a_file_of_several_videos_holds_their_ground_truth_and_results(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(coco_text("A", "B"))
    (tmp_path / "results.json").write_text(coco_text("B", "C"))
    inputs = find_inputs(tmp_path / "truth.json", tmp_path / "results.json")
    assert [(truth.name, path is not None) for truth, path in inputs.files] == [("A", False), ("B", True)]
    found = evaluate(tmp_path / "truth.json", tmp_path / "results.json")
    assert found.sequences["B"].HOTA == 100
    (tmp_path / "mine").mkdir()
    for name in ("A", "B"):
        (tmp_path / "mine" / f"{name}.csv").write_text(csv_text())
    assert [each.HOTA for each in evaluate(tmp_path / "truth.json", tmp_path / "mine").sequences.values()] == [100, 100]


def test_of_two_files_of_a_sequence_mot_text_is_taken_and_the_record_is_not(tmp_path: Path) -> None:
    (tmp_path / "A" / "gt").mkdir(parents=True)
    (tmp_path / "A" / "gt" / "gt.txt").write_text(mot_text())
    (tmp_path / "results").mkdir()
    for name, text in (("A.txt", mot_text()), ("A.json", "{}"), ("A.csv", csv_text()), ("A.classes.txt", "1\n2\n")):
        (tmp_path / "results" / name).write_text(text)
    inputs = find_inputs(tmp_path, tmp_path / "results")
    assert [path.name for _, path in inputs.scored] == ["A.txt"]
    assert inputs.unknown == ""


@pytest.mark.parametrize("name", ["A.txt", "A.csv"])
def test_boxes_without_ids_are_detections(tmp_path: Path, name: str) -> None:
    text = {"A.txt": "1,-1,10,10,20,40,1\n2,-1,10,10,20,40,1\n", "A.csv": "frame,x_min,y_min,x_max,y_max\n1,1,1,9,9\n"}[
        name
    ]
    (tmp_path / "truth.csv").write_text(csv_text())
    (tmp_path / name).write_text(text)
    with pytest.raises(FormatError, match=r"box(es)? without a track id: these are detections"):
        evaluate(tmp_path / "truth.csv", tmp_path / name)


def test_files_that_are_no_boxes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(csv_text())
    (tmp_path / "results.json").write_text("{")
    with pytest.raises(InputError, match=r"results\.json"):
        evaluate(tmp_path / "truth.csv", tmp_path / "results.json")


@pytest.mark.parametrize(
    ("types", "benchmark"),
    [
        (("Car", "Van", "Misc"), "kitti"),
        (("Pedestrian", "Person"), "kitti"),
        (("Car", "Person"), "plain"),
        (("Car", "Bus"), "plain"),
        (("Tram",), "plain"),
    ],
)
def test_the_rules_of_kitti_are_for_its_types(tmp_path: Path, types: tuple[str, ...], benchmark: str) -> None:
    rows = "".join(
        f"0 {n} {each} 0 0 -10 {99 * n} 9 {99 * n + 40} 90 1 1 1 1 1 1 1\n" for n, each in enumerate(types, 1)
    )
    for name in ("truth.txt", "results.txt"):
        (tmp_path / name).write_text(rows)
    found = evaluate(tmp_path / "truth.txt", tmp_path / "results.txt")
    assert found.benchmarks == {"truth": benchmark}
    assert (found.overall.FN, found.overall.FP) == (0, 0)


def test_ground_truth_of_kitti_of_which_no_row_counts(tmp_path: Path) -> None:
    rows = "0 1 Car 1 0 -10 99 9 199 90 1 1 1 1 1 1 1\n1 1 Car 0 3 -10 99 9 199 90 1 1 1 1 1 1 1\n"
    for name in ("truth.txt", "results.txt"):
        (tmp_path / name).write_text(rows)
    found = evaluate(tmp_path / "truth.txt", tmp_path / "results.txt")
    assert found.notes == (
        "truth: no row of the ground truth counts: none is a car or pedestrian without truncation or large occlusion",
    )
    assert found.overall.FP == 0


def test_a_mark_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text("0 1 Car none 0 -10 99 9 199 90 1 1 1 1 1 1 1\n")
    with pytest.raises(FormatError, match="truncation, occlusion or a DontCare region is not a number"):
        evaluate(tmp_path / "truth.txt", tmp_path / "truth.txt")
