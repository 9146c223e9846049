"""YOLO networks of three layouts, with and without masks and key points."""

import numpy as np
import pytest

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.models.heads.head import Outputs, Probe
from siamlink.detectors.models.heads.recognise import recognise
from siamlink.detectors.models.heads.yolo import AnchorFreeYoloHead, AnchorYoloHead, EndToEndYoloHead
from siamlink.detectors.models.model_metadata import ModelMetadata

SIZE = (64, 96)
CELLS = 8 * 12 + 4 * 6 + 2 * 3
PROTOTYPES = np.zeros((1, 32, 16, 24), np.float32)


def probe(outputs: Outputs, task: str = "", names: int | None = None, keypoints: int = 0) -> Probe:
    known = None if names is None else ClassNames([f"class {number}" for number in range(names)])
    return Probe(SIZE, outputs, metadata=ModelMetadata(known, task, keypoints))


def anchor_rows(count: int = 3 * CELLS, classes: int = 2, extra: int = 0) -> Outputs:
    rows = np.zeros((1, count, 5 + classes + extra), np.float32)
    rows[0, :, 5 + classes :] = -7
    rows[0, 5, :5], rows[0, 5, 6] = (40, 30, 20, 10, 0.5), 0.5
    return {"output0": rows}


def columns(count: int = CELLS, classes: int = 2, extra: int = 0) -> Outputs:
    rows = np.zeros((1, 4 + classes + extra, count), np.float32)
    rows[0, 4 + classes :] = -7
    rows[0, :4, 5], rows[0, 5, 5] = (40, 30, 20, 10), 0.25
    return {"output0": rows}


def final_rows(count: int = 300, extra: int = 0) -> Outputs:
    rows = np.zeros((1, count, 6 + extra), np.float32)
    rows[0, :, 6:] = -7
    rows[0, 5, :6] = 30, 25, 50, 35, 0.25, 1
    return {"output0": rows}


@pytest.mark.parametrize("count", [3 * CELLS, 3 * (CELLS + 2), 3 * (4 * 6 + 2 * 3)], ids=["usual", "large", "tiny"])
def test_yolov5_rows(count: int) -> None:
    outputs = anchor_rows(count)
    head = recognise(probe(outputs))
    assert isinstance(head, AnchorYoloHead)
    box, score, label = head.decode(outputs)
    assert box[5].tolist() == [30, 25, 50, 35]
    assert score[5].tolist() == [0, 0.25]
    assert score.shape == (count, 2)
    assert label is None


def test_yolov6_has_an_objectness_of_one() -> None:
    outputs = anchor_rows(CELLS)
    outputs["output0"][0, :, 4] = 1
    head = recognise(probe(outputs))
    assert isinstance(head, AnchorYoloHead)
    assert str(head.preprocessing) == "centred,rgb,0-1"
    assert head.decode(outputs).score[5].tolist() == [0, 0.5]


def test_yolov5_with_masks_and_with_outputs_before_the_last_step() -> None:
    head = recognise(probe({**anchor_rows(extra=32), "output1": PROTOTYPES}))
    assert isinstance(head, AnchorYoloHead)
    assert head.class_count == 2
    raw = {f"raw{index}": np.zeros((1, 3, side, side, 7), np.float32) for index, side in enumerate((8, 4, 2))}
    assert isinstance(recognise(probe({**anchor_rows(), **raw})), AnchorYoloHead)


@pytest.mark.parametrize("count", [CELLS, CELLS + 2, CELLS + 16 * 24], ids=["usual", "large", "small objects"])
def test_yolov8_columns(count: int) -> None:
    outputs = columns(count)
    head = recognise(probe(outputs))
    assert isinstance(head, AnchorFreeYoloHead)
    box, score, label = head.decode(outputs)
    assert box[5].tolist() == [30, 25, 50, 35]
    assert score[5].tolist() == [0, 0.25]
    assert score.shape == (count, 2)
    assert label is None


def test_masks_and_key_points_of_yolov8_are_ignored() -> None:
    masks = {**columns(extra=32), "output1": PROTOTYPES}
    head = recognise(probe(masks, "segment", 2))
    assert isinstance(head, AnchorFreeYoloHead)
    assert head.decode(masks).score.shape == (CELLS, 2)
    head = recognise(probe(columns(classes=2, extra=51), "pose", 2, 51))
    assert isinstance(head, AnchorFreeYoloHead)
    assert head.class_count == 2


def test_outputs_for_other_tasks_or_names_are_refused() -> None:
    assert recognise(probe(columns(classes=3), "obb", 2)) is None
    assert recognise(probe(columns(classes=2, extra=51))) is None
    assert recognise(probe(columns(classes=2), "detect", 5)) is None
    assert recognise(probe(anchor_rows(CELLS + 1))) is None
    assert recognise(probe(final_rows(extra=1), "obb", 2)) is None


@pytest.mark.parametrize("count", [100, 300])
def test_end_to_end_rows(count: int) -> None:
    outputs = final_rows(count)
    head = recognise(probe(outputs))
    assert isinstance(head, EndToEndYoloHead)
    assert (head.class_count, head.iou_limit) == (None, None)
    box, score, label = head.decode(outputs)
    assert box[5].tolist() == [30, 25, 50, 35]
    assert score[5] == 0.25
    assert label is not None
    assert label[5] == 1


def test_masks_and_key_points_of_end_to_end_rows_are_ignored() -> None:
    assert isinstance(recognise(probe({**final_rows(extra=32), "output1": PROTOTYPES})), EndToEndYoloHead)
    assert isinstance(recognise(probe(final_rows(extra=51), "pose", 1, 51)), EndToEndYoloHead)
    assert recognise(probe(final_rows(extra=51))) is None


def test_rows_that_are_no_corners_score_and_class_are_refused() -> None:
    for column, value in ((5, 0.5), (5, -1), (4, 3), (2, -40)):
        outputs = final_rows()
        outputs["output0"][0, :, column] = value
        assert recognise(probe(outputs)) is None
