"""What detectors of other libraries return: light stand-ins with the attributes of the real classes."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.base.errors import DetectorError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.conversion import to_detections
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector

torch = pytest.importorskip("torch", reason="tensors are PyTorch's")

IMAGE = np.zeros((40, 60, 3), np.uint8)
BOX, SCORE = [1.0, 2.0, 11.0, 22.0], 0.75
NAMES = {0: "person", 2: "car"}


@dataclass
class Boxes:
    """As `ultralytics.engine.results.Boxes`."""

    xyxy: Any
    conf: Any
    cls: Any
    id: Any = None


@dataclass
class Results:
    """As `ultralytics.engine.results.Results`."""

    boxes: Any
    names: Any = field(default_factory=lambda: NAMES)
    orig_shape: tuple[int, int] = (40, 60)
    obb: Any = None
    probs: Any = None


@dataclass
class SupervisionDetections:
    """As `supervision.Detections`."""

    xyxy: Any
    confidence: Any = None
    class_id: Any = None
    data: dict[str, Any] = field(default_factory=dict)


def boxes(kind: Any = torch.float32) -> Boxes:
    return Boxes(torch.tensor([BOX]).to(kind), torch.tensor([SCORE]).to(kind), torch.tensor([2.0]).to(kind))


def torchvision(kind: Any = torch.float32) -> dict[str, Any]:
    """As a detection model of torchvision returns for each image, also `post_process_object_detection`."""
    return {
        "boxes": torch.tensor([BOX]).to(kind),
        "labels": torch.tensor([2], dtype=torch.int64),
        "scores": torch.tensor([SCORE], requires_grad=True).to(kind),
    }


def pipeline(label: str = "car") -> dict[str, Any]:
    """As the pipeline `object-detection` of Hugging Face returns for each object."""
    return {"score": SCORE, "label": label, "box": {"xmin": 1, "ymin": 2, "xmax": 11, "ymax": 22}}


ROWS = [[*BOX, SCORE, 2]]
RETURNS = {
    "ultralytics": Results(boxes()),
    "ultralytics-on-numpy": Results(Boxes(np.array([BOX]), np.array([SCORE]), np.array([2.0]))),
    "ultralytics-oriented": Results(None, obb=boxes()),
    "ultralytics-boxes": boxes(),
    "ultralytics-names-in-a-list": Results(boxes(), names=["person", "bicycle", "car"]),
    "torchvision": torchvision(),
    "half": torchvision(torch.float16),
    "bfloat16": torchvision(torch.bfloat16),
    "numbers-without-names": {"boxes": [BOX], "scores": [SCORE], "labels": [2], "masks": np.zeros((1, 40, 60))},
    "supervision": SupervisionDetections(np.array([BOX]), np.array([SCORE]), np.array([2])),
    "supervision-with-names": SupervisionDetections(
        np.array([BOX]), np.array([SCORE]), np.array([2]), {"class_name": np.array(["car"])}
    ),
    "bfloat16-rows": torch.tensor(ROWS, dtype=torch.bfloat16),
    "rows-of-tensors": [torch.tensor(ROWS[0], dtype=torch.float16)],
    "a-batch-of-one": torch.tensor([ROWS]),
}


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "list-of-one"])
@pytest.mark.parametrize("name", RETURNS)
def test_returns_of_other_libraries_become_detections(name: str, nested: bool) -> None:
    if nested and name in ("rows-of-tensors", "a-batch-of-one"):
        pytest.skip("a list already")
    result = [RETURNS[name]] if nested else RETURNS[name]
    found = LoadedDetector("mine", lambda image: result).detect(IMAGE, 12)
    assert (found.frame.tolist(), found.box.tolist(), found.score.tolist()) == ([12], [BOX], [SCORE])
    assert found.label.tolist() == [2]


@pytest.mark.parametrize("kind", [torch.int16, torch.int64, torch.uint8])
def test_integer_tensors_and_arrays_are_rows(kind: Any) -> None:
    rows = torch.tensor([[1, 2, 11, 22, 1, 3]], dtype=kind)
    for each in (rows, rows.numpy(), rows.tolist()):
        found = to_detections(each, 1)
        assert (found.box.tolist(), found.score.tolist(), found.label.tolist()) == ([BOX], [1], [3])


@pytest.mark.parametrize(
    "result",
    [
        [[]],
        [()],
        ((),),
        [np.zeros((0, 6))],
        np.zeros((1, 0, 6)),
        torch.zeros((0, 5)),
        torch.zeros((1, 0)),
        Results(Boxes(torch.zeros((0, 4)), torch.zeros(0), torch.zeros(0))),
        [Results(Boxes(torch.zeros((0, 4)), torch.zeros(0), torch.zeros(0)))],
        {"boxes": torch.zeros((0, 4)), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)},
        [{"boxes": [], "labels": [], "scores": []}],
        {"boxes": torch.zeros((0, 4)), "scores": torch.zeros(0), "text_labels": [], "labels": []},
        SupervisionDetections(np.zeros((0, 4)), np.zeros(0), np.zeros(0), {"class_name": np.zeros(0, "<U1")}),
    ],
)
def test_nothing_found_is_no_detections_in_every_type(result: Any) -> None:
    assert len(to_detections(result, 3)) == 0


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"boxes": [BOX], "labels": [1, 2]}, r"have the shapes \(1, 4\), \(1,\) and \(2,\)"),
        ({"labels": [1]}, "a dict with the keys labels for frame 9: it has no 'boxes'"),
        ({}, "an empty dict"),
        ([torchvision(), torchvision()], "a list of 2 for frame 9: the results are of several images"),
        ([[], []], "the results are of several images"),
        ([ROWS, ROWS], "the results are of several images"),
        (np.zeros((2, 3, 6)), r"its shape is \(2, 3, 6\)"),
        (Results(None), "it has no boxes; use a model that detects"),
        ([{"score": 1.0, "label": "car"}], "no 'box' with xmin, ymin, xmax and ymax"),
        ([pipeline(""), pipeline()], "class name '' is not a printable text"),
        ([pipeline(), {**pipeline(), "label": None}], "class name None is not a printable text"),
        ({"boxes": [BOX], "labels": [1.5]}, "label 1.5 is not a whole number"),
        (torch.zeros((1, 6), dtype=torch.complex64), "numbers"),
        ([None], "not an array|numbers"),
        (iter([ROWS]), "numbers"),
    ],
)
def test_wrong_returns_are_one_line_that_says_why(result: Any, expected: str) -> None:
    with pytest.raises(DetectorError, match=expected) as caught:
        LoadedDetector("mine", lambda image: result).detect(IMAGE, 9)
    assert str(caught.value).startswith("detector 'mine' returned ")
    assert "\n" not in str(caught.value)


def test_named_classes_have_the_same_numbers_over_the_whole_run() -> None:
    returns = iter([[pipeline("dog")], [pipeline("car"), pipeline("dog")], [[pipeline("CAR "), pipeline("ant")]]])
    detector = LoadedDetector("pipe", lambda image: next(returns))
    assert detector.class_names is None
    assert [detector.detect(IMAGE, frame).label.tolist() for frame in (1, 2, 3)] == [[0], [1, 0], [1, 2]]
    assert dict(detector.class_names or {}) == {0: "dog", 1: "car", 2: "ant"}
    assert not detector.has_stated_its_classes


def test_names_that_a_detector_states_keep_their_numbers() -> None:
    class Stating:
        class_names = NAMES

        def detect(self, image: object) -> Any:
            return [pipeline("car"), pipeline("person")]

    detector = LoadedDetector("stating", Stating)
    assert detector.detect(IMAGE, 1).label.tolist() == [2, 0]
    assert detector.has_stated_its_classes


@pytest.mark.parametrize(
    "result",
    [
        {"boxes": [BOX] * 2, "scores": [1, 1], "labels": ["dog", "car"]},
        {"boxes": [BOX] * 2, "scores": [1, 1], "labels": [7, 9], "text_labels": ["dog", "car"]},
        [[*BOX, 1.0, "dog"], [*BOX, 1.0, "car"]],
        SupervisionDetections([BOX] * 2, [1, 1], None, {"class_name": np.array(["dog", "car"])}),
    ],
    ids=["labels", "text-labels", "rows", "supervision"],
)
def test_text_labels_of_every_type_are_numbered(result: Any) -> None:
    classes = ClassNumbers(ClassNames(NAMES))
    assert to_detections(result, 1, classes).label.tolist() == [1, 2]
    assert dict(classes.names or {}) == {**NAMES, 1: "dog"}


def test_names_of_a_library_are_taken_over_with_their_numbers() -> None:
    classes = ClassNumbers()
    to_detections(Results(boxes()), 1, classes)
    assert dict(classes.names or {}) == {2: "car"}
    assert to_detections(Results(boxes(), names={2: "dog"}), 2, classes).label.tolist() == [0]
    assert to_detections(Results(boxes(), names={2: "Car"}), 3, classes).label.tolist() == [2]


def test_an_empty_name_beside_a_number_is_none() -> None:
    """As RF-DETR gives for classes that it has no name for."""
    classes, names = ClassNumbers(), np.array(["", "car"], dtype=object)
    result = SupervisionDetections(np.array([BOX] * 2), np.ones(2), np.array([91, 2]), {"class_name": names})
    assert to_detections(result, 1, classes).label.tolist() == [91, 2]
    assert dict(classes.names or {}) == {2: "car"}


def test_replicas_number_their_classes_together() -> None:
    class Replicating:
        def __init__(self, label: str = "dog") -> None:
            self.label = label

        def replicas(self, count: int) -> list["Replicating"]:
            return [Replicating("dog"), Replicating("car")]

        def detect(self, image: object) -> Any:
            return [pipeline(self.label)]

    detector = LoadedDetector("replicating", Replicating())
    first, second = detector.replicas()
    assert first.detect(IMAGE, 1).label.tolist() == [0]
    assert second.detect(IMAGE, 2).label.tolist() == [1]
    assert dict(detector.class_names or {}) == {0: "dog", 1: "car"}


def test_more_names_than_numbers_are_an_error() -> None:
    classes = ClassNumbers(ClassNames({number: f"class {number}" for number in range(32768)}))
    with pytest.raises(InputError, match="more than 32768 names"):
        classes.numbers_of(["one more"])


def test_detections_pass_unchanged() -> None:
    given = Detections.from_boxes(3, [BOX])
    assert to_detections(given, 3) is given
    assert to_detections([given], 4).frame.tolist() == [4]


def test_an_object_with_other_attributes_is_an_error() -> None:
    with pytest.raises(InputError, match="numbers"):
        to_detections(SimpleNamespace(xyxy=[BOX]), 1)
