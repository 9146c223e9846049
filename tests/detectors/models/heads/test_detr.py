"""RT-DETR, D-FINE, RF-DETR and DETR, with and without their last step."""

import numpy as np
import pytest

from siamlink.detectors.models.heads.detr import LabelledBoxesHead, QueryHead, UltralyticsDetrHead
from siamlink.detectors.models.heads.head import Outputs, Probe
from siamlink.detectors.models.heads.recognise import recognise
from siamlink.detectors.models.heads.yolo import EndToEndYoloHead
from siamlink.detectors.models.model_metadata import ModelMetadata

SIZE = (64, 96)
BOX = np.array([40 / 96, 30 / 64, 20 / 96, 10 / 64], np.float32)
"""Centre and sides in parts of the input; its corners are 30, 25, 50 and 35."""


def queries(boxes: str, logits: str, classes: int = 3, count: int = 300) -> Outputs:
    box, logit = np.zeros((1, count, 4), np.float32), np.full((1, count, classes), -9, np.float32)
    box[0, 5], logit[0, 5, 1] = BOX, 0
    return {boxes: box, logits: logit}


def labelled(scale: float = 1, count: int = 300) -> Outputs:
    boxes, scores = np.zeros((1, count, 4), np.float32), np.zeros((1, count), np.float32)
    boxes[0, 5], scores[0, 5] = np.array([30, 25, 50, 35]) * scale, 0.5
    labels = np.zeros((1, count), np.int64)
    labels[0, 5] = 1
    return {"labels": labels, "boxes": boxes, "scores": scores}


@pytest.mark.parametrize(
    ("boxes", "logits", "classes", "preprocessing"),
    [
        ("dets", "labels", 91, "stretch,rgb,imagenet"),
        ("dets", "labels", 3, "stretch,rgb,imagenet"),
        ("pred_boxes", "logits", 80, "stretch,rgb,0-1"),
        ("pred_boxes", "logits", 91, "stretch,rgb,imagenet"),
        ("pred_boxes", "pred_logits", 5, "stretch,rgb,0-1"),
    ],
)
def test_logits_and_boxes(boxes: str, logits: str, classes: int, preprocessing: str) -> None:
    outputs = {**queries(boxes, logits, classes), "masks": np.zeros((1, 300, 16, 24), np.float32)}
    head = recognise(Probe(SIZE, outputs))
    assert isinstance(head, QueryHead)
    assert (head.class_count, str(head.preprocessing), head.iou_limit) == (classes, preprocessing, None)
    box, score, label = head.decode(outputs)
    np.testing.assert_allclose(box[5], [30, 25, 50, 35], rtol=1e-5)
    assert score[5, 1] == 0.5
    assert score[5, 0] == pytest.approx(1 / (1 + np.exp(9)), rel=1e-3)
    assert label is None


@pytest.mark.parametrize(("count", "columns"), [(100, 4), (300, 92)])
def test_the_last_column_of_detr_stands_for_no_object(count: int, columns: int) -> None:
    outputs = queries("pred_boxes", "logits", columns, count)
    outputs["logits"][0, 5, -1] = 0
    head = recognise(Probe(SIZE, outputs))
    assert isinstance(head, QueryHead)
    assert head.class_count == columns - 1
    score = head.decode(outputs).score
    assert score.shape == (count, columns - 1)
    assert score[5, 1] == pytest.approx(0.5, abs=0.01)
    assert str(head.preprocessing) == "stretch,rgb,imagenet"


def test_boxes_may_exceed_the_image_a_little() -> None:
    outputs = queries("dets", "labels")
    outputs["dets"][0, 7] = 0.99, 0.5, 1.2, -0.01
    assert isinstance(recognise(Probe(SIZE, outputs)), QueryHead)


@pytest.mark.parametrize("inputs", [("images",), ("images", "orig_target_sizes")])
def test_labels_boxes_and_scores_in_pixels(inputs: tuple[str, ...]) -> None:
    outputs = labelled()
    head = recognise(Probe(SIZE, outputs, inputs))
    assert isinstance(head, LabelledBoxesHead)
    box, score, label = head.decode(outputs)
    assert box[5].tolist() == [30, 25, 50, 35]
    assert score[5] == 0.5
    assert label is not None
    assert label[5] == 1


def test_labels_boxes_and_scores_in_parts_of_the_image() -> None:
    outputs = labelled(1 / 100)
    head = recognise(Probe(SIZE, outputs))
    assert isinstance(head, LabelledBoxesHead)
    np.testing.assert_allclose(head.decode(outputs).box[5], np.array([30, 25, 50, 35]) / 100 * [96, 64, 96, 64])


def test_rows_of_ultralytics() -> None:
    rows = np.zeros((1, 300, 7), np.float32)
    rows[0, 5, :4], rows[0, 5, 5] = BOX, 0.5
    head = recognise(Probe(SIZE, {"output0": rows}))
    assert isinstance(head, UltralyticsDetrHead)
    box, score, _ = head.decode({"output0": rows})
    np.testing.assert_allclose(box[5], [30, 25, 50, 35], rtol=1e-5)
    assert score[5].tolist() == [0, 0.5, 0]
    described = ModelMetadata(description="Ultralytics RT-DETR-l model")
    assert isinstance(recognise(Probe(SIZE, {"output0": rows[:, :50]}, metadata=described)), UltralyticsDetrHead)
    assert recognise(Probe(SIZE, {"output0": rows[:, :50]})) is None


@pytest.mark.parametrize("description", ["", "Ultralytics rtdetr-l model"])
def test_rows_of_ultralytics_with_score_and_class(description: str) -> None:
    rows = np.zeros((1, 300, 6), np.float32)
    rows[0, 5] = *BOX, 0.5, 7
    head = recognise(Probe(SIZE, {"output0": rows}, metadata=ModelMetadata(description=description)))
    assert isinstance(head, UltralyticsDetrHead)
    box, score, label = head.decode({"output0": rows})
    np.testing.assert_allclose(box[5], [30, 25, 50, 35], rtol=1e-5)
    assert label is not None
    assert (score[5], label[5], head.class_count) == (0.5, 7, None)


def test_empty_rows_of_ultralytics_are_of_yolo_unless_described_otherwise() -> None:
    outputs = {"output0": np.zeros((1, 300, 6), np.float32)}
    assert isinstance(recognise(Probe(SIZE, outputs)), EndToEndYoloHead)
    described = ModelMetadata(description="Ultralytics RT-DETR-l model")
    assert isinstance(recognise(Probe(SIZE, outputs, metadata=described)), UltralyticsDetrHead)


@pytest.mark.parametrize(
    "outputs",
    [
        {"labels": np.zeros((1, 9), np.int64), "boxes": np.zeros((1, 9, 4), np.float32)},
        {"dets": np.zeros((1, 9, 5), np.float32), "labels": np.zeros((1, 9), np.int64)},
        {**labelled(), "scores": np.full((1, 300), 2, np.float32)},
        {**labelled(), "scores": np.zeros((1, 299), np.float32)},
        {**labelled(), "labels": np.full((1, 300), 0.5, np.float32)},
        {"pred_boxes": np.full((1, 300, 4), 50, np.float32), "logits": np.zeros((1, 300, 3), np.float32)},
        {"pred_boxes": np.zeros((1, 300, 4), np.float32), "logits": np.zeros((1, 299, 3), np.float32)},
    ],
    ids=["no scores", "mmdeploy", "scores", "lengths", "labels", "pixels", "queries"],
)
def test_other_outputs_are_of_no_family(outputs: Outputs) -> None:
    assert recognise(Probe(SIZE, outputs)) is None
