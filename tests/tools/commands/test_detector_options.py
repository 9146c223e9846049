"""Options of the detector: classes, scores and names; with detectors, plug-ins and files of detections."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.tracker.runs.track import track

Run = Callable[..., Any]
TRAFFIC = '''
class Traffic:
    """A car above and a truck below."""

    class_names = {2: "car", 7: "truck"}

    def __init__(self):
        self.seen = 0

    def detect(self, image):
        self.seen += 1
        x = 4 * self.seen
        return [[x, 20, x + 14, 60, 0.9, 2], [150 - x, 70, 164 - x, 110, 0.6, 7]]

class Unnamed(Traffic):
    class_names = None

class ByName(Traffic):
    class_names = None

    def detect(self, image):
        rows = super().detect(image)
        return {"boxes": [row[:4] for row in rows], "scores": [0.9, 0.6], "labels": ["car", "truck"]}
'''


@pytest.fixture(autouse=True)
def _traffic(here: Path) -> None:
    (here / "traffic.py").write_text(TRAFFIC)


def labels_of(path: str) -> dict[int, int]:
    """How many lines of a file have each class."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    return {int(label): int((rows[:, 7] == label).sum()) for label in np.unique(rows[:, 7])}


@pytest.mark.parametrize(
    ("detector", "options", "found"),
    [
        ("Traffic", (), {2: 24, 7: 24}),
        ("Traffic", ("--classes", "truck"), {7: 24}),
        ("Traffic", ("--classes", "Car, 7"), {2: 24, 7: 24}),
        ("Traffic", ("--classes", "all", "--confidence", "0.7"), {2: 24}),
        ("Unnamed", ("--classes", "2"), {2: 24}),
        ("Unnamed", ("--classes", "car", "--class-names", "coco"), {2: 24}),
        ("ByName", ("--classes", "truck"), {1: 24}),
    ],
)
def test_detections_are_selected(siamlink: Run, detector: str, options: tuple[str, ...], found: dict[int, int]) -> None:
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", f"traffic.py:{detector}", *options)
    assert (result.code, result.err) == (0, "")
    assert labels_of("found.txt") == found


def test_tracks_and_record_are_of_the_selected_classes(siamlink: Run) -> None:
    options = ("--detector", "traffic.py:Traffic", "--classes", "truck", "--confidence", "0.5", "--no-video")
    assert siamlink("track", "walk.mp4", "-o", "out", *options).code == 0
    assert labels_of("out/walk.txt") == {7: 24}
    record = json.loads(Path("out/walk.json").read_text())
    assert record["detector"] == {"name": "traffic.py:Traffic", "classes": ["truck"], "confidence": 0.5}


def test_given_detections_are_selected_by_their_names(siamlink: Run) -> None:
    assert siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "traffic.py:Traffic").code == 0
    options = ("--detections", "found.txt", "--classes", "car", "--no-video")
    assert siamlink("track", "walk.mp4", "-o", "out", *options).code == 0
    assert labels_of("out/walk.txt") == {2: 24}
    record = json.loads(Path("out/walk.json").read_text())
    assert record["detector"] == {"classes": ["car"], "confidence": None}
    assert siamlink("track", "walk.mp4", "-o", "high", "--detections", "found.txt", "--confidence", "0.7").code == 0
    assert labels_of("high/walk.txt") == {2: 24}


def test_classes_of_a_sequence_without_classes_cannot_be_selected(siamlink: Run, sequence: Callable[..., Path]) -> None:
    result = siamlink("track", sequence("SEQ"), "-o", "out", "--classes", "person")
    assert result.code == 2
    assert result.line.endswith("det/det.txt does not tell classes apart, so none can be selected: leave out --classes")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--detector", "traffic.py:Traffic", "--classes", "lorry"), "there is no class 'lorry'; known are car, truck"),
        (("--detector", "traffic.py:Unnamed", "--classes", "car"), "its classes have no names, so 'car' is not known"),
        (("--detector", "traffic.py:Traffic", "--device", "cpu"), "has no option device"),
        (("--detector", "traffic.py:Traffic", "--nms-iou", "0.5"), "has no option nms_iou"),
        (("--detector", "hog", "--image-size", "640"), "detector 'hog' has no option image_size"),
        (("--detector", "motion", "--classes", "person"), "detector 'motion' does not tell classes apart"),
        (("--detector", "motion", "--classes", ""), "classes are ''; expected names or numbers"),
        (("--detector", "motion", "--image-size", "big"), "image_size is 'big'"),
        (("--detector", "motion", "--device", "tpu"), "there is no device 'tpu'; known are auto, cpu, cuda"),
        (("--detector", "motion", "--class-names", "none.txt"), "cannot read none.txt"),
        (("--detections", "det.txt", "--preprocessing", "rgb"), "det.txt has no option preprocessing"),
        (("--detections", "det.txt", "--classes", "0"), "det.txt does not tell classes apart"),
    ],
)
def test_options_that_cannot_be_followed_are_one_line(siamlink: Run, options: tuple[str, ...], message: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out", "--no-video", *options)
    assert result.code == 2
    assert message in result.line
    assert not Path("out/walk.txt").exists()


def test_a_class_that_never_occurs_is_said(siamlink: Run) -> None:
    options = ("--detector", "traffic.py:ByName", "--classes", "truck,lorry", "--no-video")
    result = siamlink("track", "walk.mp4", "-o", "out", *options)
    assert (result.code, result.line) == (
        0,
        "walk: no detection was of class lorry; the detector reported car, truck",
    )
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "traffic.py:ByName", "--classes", "lorry")
    assert result.line == "walk: no detection was of class lorry; the detector reported car, truck"


def test_the_same_in_python() -> None:
    result = track("walk.mp4", "traffic.py:Traffic", classes=["truck"], confidence=0.5)
    assert set(result.tracks.label.tolist()) == {7}
    assert result.detector_record == {"name": "traffic.py:Traffic", "classes": ["truck"], "confidence": 0.5}
    everything = track("walk.mp4", "traffic.py:Traffic")
    assert everything.detector_record == {"name": "traffic.py:Traffic", "classes": "all", "confidence": None}
    given = track("walk.mp4", detections=everything.detections, classes="2", link_classes="mixed")
    assert set(given.tracks.label.tolist()) == {2}
    assert given.detector_record is None


def test_a_resumed_run_with_other_classes_does_not_keep_the_earlier_results(siamlink: Run) -> None:
    options = ("--detector", "traffic.py:Traffic", "--no-video", "--resume")
    assert siamlink("track", "walk.mp4", "-o", "out", *options).code == 0
    assert siamlink("track", "walk.mp4", "-o", "out", *options, "--classes", "car", "--overwrite").code == 0
    assert labels_of("out/walk.txt") == {2: 24}


def test_networks_say_what_they_report(siamlink: Run, models: Path) -> None:
    path = models / "yolox_nano_416x416.onnx"
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", f"onnx:{path}")
    assert result.line == f"onnx:{path} reports all its 80 classes; --classes selects some"
    options = ("--detector", f"onnx:{path}", "--classes", "person", "--confidence", "0.9", "--device", "cpu")
    result = siamlink("track", "walk.mp4", "-o", "out", "--no-video", *options)
    assert result.code == 0
    record = json.loads(Path("out/walk.json").read_text())["detector"]
    assert record == {
        "name": f"onnx:{path}",
        "family": "YOLOX",
        "classes": ["person"],
        "known_classes": 80,
        "confidence": 0.9,
        "nms_iou": 0.5,
        "image_size": [416, 416],
        "preprocessing": "letterbox,bgr,0-255",
        "device": "cpu",
    }
    shown = siamlink("detectors", f"onnx:{path}").out.splitlines()
    assert shown[1:3] == ["family: YOLOX", "classes: all"]
    assert shown[-1].startswith("class names: 0 person, 1 bicycle, 2 car")


def test_options_that_leave_nothing_are_named(siamlink: Run) -> None:
    options = ("--confidence", "0.99", "--classes", "car,truck", "--no-video")
    result = siamlink("track", "walk.mp4", "-o", "out", "--detector", "traffic.py:Traffic", *options)
    expected = "walk: no detections with --confidence 0.99 --classes car,truck, so there are no tracks"
    assert (result.code, result.line) == (0, expected)
