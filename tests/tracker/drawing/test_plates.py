"""The class beside the id: written where it says something, in letters that can be drawn."""

import numpy as np
import pytest

from siamlink.detectors.class_names import COCO, ClassNames
from siamlink.tracker.drawing.annotate import Annotator
from siamlink.tracker.drawing.plates import ClassTexts, label_plate
from siamlink.tracker.tracks import Tracks


def test_persons_alone_need_no_name() -> None:
    texts = ClassTexts(COCO)
    assert texts.of([0, 0]) == ["", ""]
    assert texts.of([0, 2]) == ["person", "car"]
    assert texts.of([0]) == ["person"], "a second class has been there"
    assert ClassTexts(ClassNames(["Pedestrian"])).of([0]) == [""]


def test_one_class_of_other_objects_is_named() -> None:
    assert ClassTexts(COCO).of([2, 2]) == ["car", "car"]
    assert ClassTexts(ClassNames(["player"])).of([0]) == ["player"]


def test_classes_that_will_come_count_too() -> None:
    assert ClassTexts(COCO, [0, 2]).of([0]) == ["person"]


def test_classes_without_names_are_numbers_if_there_are_several() -> None:
    assert ClassTexts().of([0]) == ClassTexts().of([3]) == [""]
    assert ClassTexts().of([0, 3]) == ["class 0", "class 3"]
    assert ClassTexts(ClassNames({0: "car"})).of([0, 3]) == ["car", "class 3"]


@pytest.mark.parametrize(
    ("name", "text"), [("Fußgänger", "Fussganger"), ("vélo", "velo"), ("自転車", "class 0"), ("Ørn", "class 0")]
)
def test_names_are_written_without_accents_or_as_numbers(name: str, text: str) -> None:
    assert ClassTexts(ClassNames([name])).of([0]) == [text]


def test_the_name_is_drawn_beside_the_id() -> None:
    def drawn(label: int, names: ClassNames | None) -> np.ndarray:
        tracks = Tracks([1], [[200, 100, 260, 250]], [1], [label], [7], [False])
        return Annotator(20, class_names=names).draw(np.full((360, 640, 3), 128, np.uint8), tracks)

    assert np.array_equal(drawn(0, COCO), drawn(0, None))
    plain, named = ((image[:98] != 128).any(axis=2).any(axis=0).sum() for image in (drawn(0, COCO), drawn(2, COCO)))
    widths = [label_plate(text, (0, 0, 255), 10).shape[1] for text in ("7", "7 car")]
    assert named - plain == widths[1] - widths[0] > 20
