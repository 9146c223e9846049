import numpy as np
import pytest

from siamlink.detectors.models.onnx_heads import NanodetHead, YoloxHead

SIZE = (64, 96)
COUNTS = (8 * 12, 4 * 6, 2 * 3)


def yolox_output(boxes, classes=3):
    """A YOLOX output in which anchor `index` (with its `cell` and `stride`) encodes `box`, `objectness` and `label`."""
    output = np.zeros((1, sum(COUNTS), 5 + classes), np.float32)
    for index, cell, stride, box, objectness, label in boxes:
        x1, y1, x2, y2 = box
        centre = np.array([x1 + x2, y1 + y2]) / 2 / stride - cell
        output[0, index, :4] = [*centre, np.log((x2 - x1) / stride), np.log((y2 - y1) / stride)]
        output[0, index, 4] = objectness
        output[0, index, 5 + label] = 0.5
    return output


def test_yolox_boxes_are_decoded_at_every_stride():
    boxes = [
        (0, (0, 0), 8, (1, 2, 9, 14), 1.0, 0),
        (8 * 12 - 1, (11, 7), 8, (80, 50, 95.5, 63), 0.5, 1),
        (8 * 12 + 6 + 2, (2, 1), 16, (20, 10, 60, 50), 0.25, 2),
        (8 * 12 + 4 * 6 + 3 + 1, (1, 1), 32, (-10, 0, 90, 64), 0.75, 0),
    ]
    output = yolox_output(boxes)
    head = YoloxHead.recognise(SIZE, [output])
    box, score = head.decode([output])
    assert box.shape == (sum(COUNTS), 4)
    assert score.shape == (sum(COUNTS), 3)
    for index, _, _, expected, objectness, label in boxes:
        np.testing.assert_allclose(box[index], expected, atol=1e-4)
        assert score[index, label] == pytest.approx(objectness / 2)
        assert (np.delete(score[index], label) == 0).all()
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
    ],
    ids=["anchors", "batch", "flat", "no-class", "transposed", "no-probabilities", "nan"],
)
def test_yolox_is_not_recognised_in_other_outputs(output):
    assert YoloxHead.recognise(SIZE, [output]) is None


def test_yolox_with_boxes_already_in_pixels_is_refused():
    output = np.zeros((1, sum(COUNTS), 8), np.float32)
    head = YoloxHead.recognise(SIZE, [output])
    output[0, :, :2] = (head.cell + 0.5) * head.stride
    assert YoloxHead.recognise(SIZE, [output]) is None


def nanodet_outputs(index, sides, label, classes=3):
    """Six outputs in which the anchor `index` of all has the distances `sides` in strides, each in one bin."""
    scores = np.zeros((sum(COUNTS), classes), np.float32)
    scores[index, label] = 0.625
    logits = np.zeros((sum(COUNTS), 4, 8), np.float32)
    for side, distance in enumerate(sides):
        below = int(distance)
        logits[index, side] = -100
        logits[index, side, below] = np.log(max(below + 1 - distance, 1e-30))
        if distance > below:
            logits[index, side, below + 1] = np.log(distance - below)
    parts = np.cumsum(COUNTS)[:2]
    return [part[None] for rows in (scores, logits.reshape(-1, 32)) for part in np.split(rows, parts)]


@pytest.mark.parametrize(
    ("index", "stride", "centre"),
    [(0, 8, (4, 4)), (8 * 12 + 6 + 2, 16, (40, 24)), (sum(COUNTS) - 1, 32, (80, 48))],
)
def test_nanodet_boxes_are_decoded_at_every_stride(index, stride, centre):
    sides = (0.5, 1.25, 3, 6.75)
    outputs = nanodet_outputs(index, sides, label=1)
    box, score = NanodetHead.recognise(SIZE, outputs).decode(outputs)
    x, y = centre
    left, top, right, bottom = (stride * side for side in sides)
    np.testing.assert_allclose(box[index], [x - left, y - top, x + right, y + bottom], atol=1e-3)
    assert score[index].tolist() == [0, 0.625, 0]
    assert score.sum() == 0.625


def test_nanodet_takes_its_outputs_in_any_order_with_or_without_a_batch():
    outputs = nanodet_outputs(100, (1, 2, 3, 4), label=0)
    expected = NanodetHead.recognise(SIZE, outputs).decode(outputs)
    order = [5, 0, 4, 1, 3, 2]
    mixed = [outputs[index][0] for index in order]
    box, score = NanodetHead.recognise(SIZE, mixed).decode(mixed)
    np.testing.assert_array_equal(box, expected[0])
    np.testing.assert_array_equal(score, expected[1])


def test_nanodet_tells_32_classes_from_32_bins():
    outputs = nanodet_outputs(3, (1, 1, 2, 2), label=30, classes=32)
    box, score = NanodetHead.recognise(SIZE, outputs).decode(outputs)
    np.testing.assert_allclose(box[3], [28 - 8, 4 - 8, 28 + 16, 4 + 16], atol=1e-3)
    assert score[3, 30] == 0.625


def test_nanodet_is_not_recognised_in_other_outputs():
    outputs = nanodet_outputs(0, (1, 1, 1, 1), label=0)
    assert NanodetHead.recognise(SIZE, outputs[:5]) is None
    assert NanodetHead.recognise((64, 64), outputs) is None
    logits = [outputs[0] - 3, *outputs[1:]]
    assert NanodetHead.recognise(SIZE, logits) is None
    assert NanodetHead.recognise(SIZE, [output[..., 0] for output in outputs]) is None


def test_inputs_are_normalised_as_the_networks_were_trained():
    canvas = np.array([[[0, 128, 255]]], np.uint8)
    outputs = nanodet_outputs(0, (1, 1, 1, 1), label=0)
    assert YoloxHead.recognise(SIZE, [yolox_output([])]).normalise(canvas).tolist() == [[[0, 128, 255]]]
    expected = [[[-103.53 / 57.375, (128 - 116.28) / 57.12, (255 - 123.675) / 58.395]]]
    normalised = NanodetHead.recognise(SIZE, outputs).normalise(canvas)
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised, expected, rtol=1e-5)
