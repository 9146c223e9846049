"""Detections as MOT text from which the same float32 numbers are read again."""

import numpy as np

from siamlink.detectors.base.arrays import Float32Array, FloatArray
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import class_column

MOST_DECIMALS = 12
"""Numbers that need more are written as Python writes a float: they are far below a thousandth of a pixel."""


def format_detections(detections: Detections, classes_known: bool = False) -> str:
    """MOT text of ten columns, with id -1, each number with as many digits as it needs.

    `read_boxes` reads the same boxes, scores and classes from it. So detections that are written and tracked later
    give the same tracks as at once.

    Args:
        detections: the boxes; no side may be below 1e-30 pixels.
        classes_known: whether the classes have names, so that class 0 is written too; see `class_column`.
    """
    near, far = detections.box[:, :2], detections.box[:, 2:]
    start, start_text = _shortest(near.astype(np.float64), near)
    _, size_text = _shortest(far - start, far, start)
    score = detections.score.astype(str).tolist()
    rows = zip(
        detections.frame.tolist(),
        start_text,
        size_text,
        score,
        class_column(detections.label, classes_known),
        strict=True,
    )
    return "".join(f"{f},-1,{x},{y},{w},{h},{s},{c},-1,-1\n" for f, (x, y), (w, h), s, c in rows)


def _shortest(
    values: FloatArray, wanted: Float32Array, start: FloatArray | float = 0.0
) -> tuple[FloatArray, list[list[str]]]:
    """Values (N, 2) rounded to as few decimals as possible, and their texts.

    Args:
        values: exact numbers.
        wanted: (N, 2) what `start` plus a rounded value must be in float32.
        start: (N, 2) what is added to them by the reader.
    """
    rounded, decimals = values.copy(), np.full(values.shape, -1)
    for digits in range(MOST_DECIMALS + 1):
        shorter = np.round(values, digits)
        fits = (decimals < 0) & ((start + shorter).astype(np.float32) == wanted) & ((shorter != 0) | (values == 0))
        rounded[fits], decimals[fits] = shorter[fits], digits
    texts = [
        [f"{value:.{digits}f}" if digits >= 0 else repr(value) for value, digits in zip(*row, strict=True)]
        for row in zip(rounded.tolist(), decimals.tolist(), strict=True)
    ]
    return rounded, texts
