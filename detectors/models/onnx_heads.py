"""Output heads of ONNX detectors: normalisation of the image, and conversion of the outputs to boxes and scores."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np

from siamlink.detectors.base.arrays import Float32Array, Image

STRIDES = (8, 16, 32)
"""Pixels of the input per cell of each output grid."""


class Head(Protocol):
    """One family of detectors.

    Attributes:
        score_threshold: the lowest score that is useful for tracking.
    """

    score_threshold: ClassVar[float]

    @classmethod
    def recognise(cls, size: tuple[int, int], outputs: list[Float32Array]) -> Self | None:
        """The head of a network of input `size` (height, width) whose `outputs` are these; None if they do not fit."""
        ...

    def normalise(self, canvas: Image) -> Float32Array:
        """The network's input (H, W, 3) for BGR pixels (H, W, 3)."""
        ...

    def decode(self, outputs: list[Float32Array]) -> tuple[Float32Array, Float32Array]:
        """Boxes (A, 4) `x1 y1 x2 y2` in pixels of the input, and scores (A, classes) in 0-1."""
        ...


@dataclass(frozen=True)
class YoloxHead:
    """YOLOX (Ge et al. 2021): one row `x y w h objectness class...` for each cell, relative to cell and stride.

    Attributes:
        cell: (A, 2) column and row of each anchor's cell.
        stride: (A, 1) pixels a cell.
    """

    score_threshold: ClassVar[float] = 0.2
    cell: Float32Array
    stride: Float32Array

    @classmethod
    def recognise(cls, size: tuple[int, int], outputs: list[Float32Array]) -> Self | None:
        """Recognise one output (1, A, 5 + classes) whose centres are relative to their cells."""
        cell, stride = _cells(size)
        if len(outputs) != 1 or outputs[0].ndim != 3 or outputs[0].shape[:2] != (1, len(cell)):
            return None
        raw = outputs[0][0]
        # Files exported with boxes in pixels have outputs of the same shape; their centres average half the image.
        relative = raw.shape[1] > 5 and bool(np.abs(raw[:, :2].mean()) < min(size) / 8)
        return cls(cell, stride) if relative and _are_probabilities(raw[:, 4:]) else None

    def normalise(self, canvas: Image) -> Float32Array:
        """Pixels as they are, 0-255."""
        return canvas.astype(np.float32)

    def decode(self, outputs: list[Float32Array]) -> tuple[Float32Array, Float32Array]:
        """Boxes and scores; a score is objectness times class probability."""
        raw = outputs[0][0]
        centre = (raw[:, :2] + self.cell) * self.stride
        half = np.exp(raw[:, 2:4]) * self.stride / 2
        return np.hstack([centre - half, centre + half]), raw[:, 4:5] * raw[:, 5:]


@dataclass(frozen=True)
class NanodetHead:
    """NanoDet: class probabilities, and each side's distance as a distribution over 0-7 strides (Li et al. 2020, GFL).

    Attributes:
        centre: (A, 2) pixel at the centre of each anchor's cell.
        stride: (A, 1) pixels a cell.
        order: indices of the outputs with the class scores for the strides 8, 16 and 32, then with the distributions.
    """

    score_threshold: ClassVar[float] = 0.3
    bins: ClassVar[int] = 8
    mean: ClassVar[Float32Array] = np.array([103.53, 116.28, 123.675], np.float32)
    deviation: ClassVar[Float32Array] = np.array([57.375, 57.12, 58.395], np.float32)
    centre: Float32Array
    stride: Float32Array
    order: tuple[int, ...]

    @classmethod
    def recognise(cls, size: tuple[int, int], outputs: list[Float32Array]) -> Self | None:
        """Recognise six outputs: for each stride class probabilities ([1,] A, classes) and sides ([1,] A, 32)."""
        cell, stride = _cells(size)
        counts = [int((stride == each).sum()) for each in STRIDES]
        if len(outputs) != 6 or any(output.ndim not in (2, 3) for output in outputs):
            return None
        scores, sides = [], []
        for count in counts:
            pair = [index for index, output in enumerate(outputs) if output.shape[-2] == count]
            # With 32 classes both have the same shape; then the output of probabilities is that of the scores.
            pair.sort(
                key=lambda index: (outputs[index].shape[-1] == 4 * cls.bins, not _are_probabilities(outputs[index]))
            )
            if len(pair) != 2 or outputs[pair[1]].shape[-1] != 4 * cls.bins or not _are_probabilities(outputs[pair[0]]):
                return None
            scores.append(pair[0])
            sides.append(pair[1])
        return cls((cell + np.float32(0.5)) * stride, stride, tuple(scores + sides))

    def normalise(self, canvas: Image) -> Float32Array:
        """Pixels, normalised by the mean and standard deviation of ImageNet."""
        normalised: Float32Array = (canvas - self.mean) / self.deviation
        return normalised

    def decode(self, outputs: list[Float32Array]) -> tuple[Float32Array, Float32Array]:
        """Boxes and scores; a side's distance is the mean of its distribution."""
        score, logits = (
            np.concatenate([outputs[index].reshape(-1, outputs[index].shape[-1]) for index in part])
            for part in (self.order[:3], self.order[3:])
        )
        logits = logits.reshape(-1, 4, self.bins)
        weight = np.exp(logits - logits.max(axis=2, keepdims=True))
        distance = (weight @ np.arange(self.bins, dtype=np.float32)) / weight.sum(axis=2) * self.stride
        return np.hstack([self.centre - distance[:, :2], self.centre + distance[:, 2:]]), score


HEADS: tuple[type[Head], ...] = (YoloxHead, NanodetHead)

SUPPORTED = (
    "supported are YOLOX, one output (1, A, 5 + classes) with boxes relative to the cells, and NanoDet, six outputs "
    "(1, A, classes) and (1, A, 32); strides 8, 16 and 32"
)


def _cells(size: tuple[int, int]) -> tuple[Float32Array, Float32Array]:
    """Column and row (A, 2) of every cell, row by row, and its stride (A, 1), from fine to coarse."""
    cells, strides = [], []
    for stride in STRIDES:
        row, column = np.indices((size[0] // stride, size[1] // stride), np.float32).reshape(2, -1)
        cells.append(np.stack([column, row], axis=1))
        strides.append(np.full((len(row), 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(strides)


def _are_probabilities(values: Float32Array) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
