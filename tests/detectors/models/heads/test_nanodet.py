"""NanoDet and NanoDet-Plus are recognised in outputs of several layouts and decoded at every stride."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from siamlink.detectors.models.heads.head import Probe
from siamlink.detectors.models.heads.nanodet import NanodetHead

SIZE = (64, 96)
COUNTS = (8 * 12, 4 * 6, 2 * 3)
PLUS = (*COUNTS, 1 * 2)
Arrays = dict[str, NDArray[Any]]


def rows(index: int, sides: tuple[float, ...], label: int, classes: int = 3, bins: int = 8, count: int = sum(COUNTS)):
    """Scores (A, classes) and logits (A, 4 bins): the row `index` has distances `sides` in strides, within two bins."""
    scores = np.zeros((count, classes), np.float32)
    scores[index, label] = 0.625
    logits = np.full((count, 4, bins), -3, np.float32)
    for side, distance in enumerate(sides):
        below = int(distance)
        logits[index, side] = -100
        logits[index, side, below] = np.log(max(below + 1 - distance, 1e-30))
        if distance > below:
            logits[index, side, below + 1] = np.log(distance - below)
    return scores, logits.reshape(count, -1)


def two_a_stride(*arguments: Any, **options: Any) -> Arrays:
    """Six outputs: scores of the strides, then distributions."""
    parts = np.cumsum(COUNTS)[:2]
    arrays = [part[None] for each in rows(*arguments, **options) for part in np.split(each, parts)]
    return {f"out{index}": array for index, array in enumerate(arrays)}


def recognise(outputs: Arrays, size: tuple[int, int] = SIZE) -> NanodetHead | None:
    return NanodetHead.recognise(Probe(size, outputs))


def decoded(outputs: Arrays, size: tuple[int, int] = SIZE) -> Any:
    head = recognise(outputs, size)
    assert head is not None
    return head.decode(outputs)


@pytest.mark.parametrize("bins", [8, 11])
@pytest.mark.parametrize(
    ("index", "stride", "centre"),
    [(0, 8, (4, 4)), (8 * 12 + 6 + 2, 16, (40, 24)), (sum(COUNTS) - 1, 32, (80, 48))],
)
def test_boxes_are_decoded_at_every_stride(index: int, stride: int, centre: tuple[int, int], bins: int) -> None:
    sides = (0.5, 1.25, 3, 6.75)
    box, score, label = decoded(two_a_stride(index, sides, label=1, bins=bins))
    x, y = centre
    left, top, right, bottom = (stride * side for side in sides)
    np.testing.assert_allclose(box[index], [x - left, y - top, x + right, y + bottom], atol=1e-3)
    assert score[index].tolist() == [0, 0.625, 0]
    assert score.sum() == 0.625
    assert label is None


def test_outputs_may_come_in_any_order_with_or_without_a_batch() -> None:
    outputs = two_a_stride(100, (1, 2, 3, 4), label=0)
    expected = decoded(outputs)
    mixed = {name: outputs[name][0] for name in ("out5", "out0", "out4", "out1", "out3", "out2")}
    box, score, _ = decoded(mixed)
    np.testing.assert_array_equal(box, expected.box)
    np.testing.assert_array_equal(score, expected.score)


def test_32_classes_are_told_from_32_bins() -> None:
    box, score, _ = decoded(two_a_stride(3, (1, 1, 2, 2), label=30, classes=32))
    np.testing.assert_allclose(box[3], [28 - 8, 4 - 8, 28 + 16, 4 + 16], atol=1e-3)
    assert score[3, 30] == 0.625


@pytest.mark.parametrize("bins", [5, 8, 11])
@pytest.mark.parametrize("classes", [1, 3, 80])
def test_one_output_holds_scores_and_distributions(bins: int, classes: int) -> None:
    outputs = {"output": np.hstack(rows(7, (1, 0.5, 2, 1.5), 0, classes, bins))[None]}
    head = recognise(outputs)
    assert head is not None
    assert (head.class_count, head.bins) == (classes, bins)
    box, score, _ = head.decode(outputs)
    np.testing.assert_allclose(box[7], [60 - 8, 4 - 4, 60 + 16, 4 + 12], atol=1e-3)
    assert score.shape == (sum(COUNTS), classes)
    assert score[7, 0] == 0.625


def test_nanodet_plus_has_a_fourth_stride_and_measures_from_corners_of_cells() -> None:
    outputs = {"output": np.hstack(rows(sum(COUNTS) + 1, (0.5, 0.25, 0.5, 1), 1, count=sum(PLUS)))[None]}
    index = sum(COUNTS) + 1
    box, score, _ = decoded(outputs)
    np.testing.assert_allclose(box[index], [64 - 32, 0 - 16, 64 + 32, 0 + 64], atol=1e-3)
    assert score[index, 1] == 0.625


def test_sides_of_the_input_need_not_be_multiples_of_the_strides() -> None:
    size, count = (60, 90), 8 * 12 + 4 * 6 + 2 * 3
    box, _, _ = decoded({"output": np.hstack(rows(13, (1, 1, 1, 1), 0, count=count))[None]}, size)
    np.testing.assert_allclose(box[13], [12 - 8, 12 - 8, 12 + 8, 12 + 8], atol=1e-3)


def test_other_outputs_are_not_nanodet() -> None:
    outputs = two_a_stride(0, (1, 1, 1, 1), label=0)
    assert recognise({name: outputs[name] for name in list(outputs)[:5]}) is None
    assert recognise(outputs, (64, 64)) is None
    assert recognise({**outputs, "out0": outputs["out0"] - 3}) is None
    assert recognise({name: output[..., 0] for name, output in outputs.items()}) is None
    assert recognise({"output": np.zeros((1, sum(COUNTS), 35), np.float32)}) is None
    assert recognise({"output": np.full((1, sum(COUNTS), 35), -1, np.float32)}) is None


def test_networks_with_11_bins_take_other_values() -> None:
    eight, eleven = recognise(two_a_stride(0, (1, 1, 1, 1), 0)), recognise(two_a_stride(0, (1, 1, 1, 1), 0, bins=11))
    assert eight is not None
    assert eleven is not None
    assert str(eight.preprocessing) == "letterbox,bgr,imagenet"
    assert str(eleven.preprocessing) == "letterbox,bgr,-1-1"
