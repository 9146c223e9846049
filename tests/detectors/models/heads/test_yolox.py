"""YOLOX is recognised with boxes relative to cells and in pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from siamlink.detectors.models.heads.head import Probe
from siamlink.detectors.models.heads.yolox import YoloxHead

SIZE = (64, 96)
COUNTS = (8 * 12, 4 * 6, 2 * 3)
Output = NDArray[np.float32]
BOXES = [
    (0, (0, 0), 8, (1, 2, 9, 14), 1.0, 0),
    (8 * 12 - 1, (11, 7), 8, (80, 50, 95.5, 63), 0.5, 1),
    (8 * 12 + 6 + 2, (2, 1), 16, (20, 10, 60, 50), 0.25, 2),
    (8 * 12 + 4 * 6 + 3 + 1, (1, 1), 32, (-10, 0, 90, 64), 0.75, 0),
]
"""Row, cell, stride, box, objectness and class."""


def relative_output(classes: int = 3) -> Output:
    output = np.zeros((1, sum(COUNTS), 5 + classes), np.float32)
    for index, cell, stride, (x1, y1, x2, y2), objectness, label in BOXES:
        centre = np.array([x1 + x2, y1 + y2]) / 2 / stride - cell
        output[0, index, :4] = [*centre, np.log((x2 - x1) / stride), np.log((y2 - y1) / stride)]
        output[0, index, 4], output[0, index, 5 + label] = objectness, 0.5
    return output


def decoded_output() -> Output:
    output = relative_output()
    head = YoloxHead.recognise(Probe(SIZE, {"output": output}))
    assert head is not None
    output[0, :, :2] = (output[0, :, :2] + head.cell) * head.stride
    output[0, :, 2:4] = np.exp(output[0, :, 2:4]) * head.stride
    return output


@pytest.mark.parametrize("output", [relative_output(), decoded_output()], ids=["relative", "pixels"])
def test_boxes_are_decoded_at_every_stride(output: Output) -> None:
    head = YoloxHead.recognise(Probe(SIZE, {"output": output}))
    assert head is not None
    assert head.class_count == 3
    box, score, label = head.decode({"output": output})
    assert (box.shape, score.shape, label) == ((sum(COUNTS), 4), (sum(COUNTS), 3), None)
    for index, _, _, expected, objectness, number in BOXES:
        np.testing.assert_allclose(box[index], expected, atol=1e-3)
        assert score[index, number] == pytest.approx(objectness / 2)
        assert (np.delete(score[index], number) == 0).all()
    assert score.sum() == pytest.approx(2.5 / 2)


@pytest.mark.parametrize(
    "output",
    [
        np.zeros((1, sum(COUNTS) - 1, 8), np.float32),
        np.zeros((2, sum(COUNTS), 8), np.float32),
        np.zeros((sum(COUNTS), 8), np.float32),
        np.zeros((1, sum(COUNTS), 5), np.float32),
        np.zeros((1, 8, sum(COUNTS)), np.float32),
        np.full((1, sum(COUNTS), 8), 1.5, np.float32),
        np.full((1, sum(COUNTS), 8), np.nan, np.float32),
        np.pad(np.ones((1, sum(COUNTS), 1), np.float32), ((0, 0), (0, 0), (4, 3))),
    ],
    ids=["anchors", "batch", "flat", "no-class", "transposed", "no-probabilities", "nan", "yolov6"],
)
def test_other_outputs_are_not_yolox(output: Output) -> None:
    assert YoloxHead.recognise(Probe(SIZE, {"output": output})) is None


def test_boxes_that_are_neither_relative_nor_in_pixels_are_refused() -> None:
    output = relative_output()
    output[0, :, :2] += 300
    assert YoloxHead.recognise(Probe(SIZE, {"output": output})) is None
