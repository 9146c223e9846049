"""NanoDet and NanoDet-Plus: each side's distance is a distribution over bins (Li et al. 2020, GFL)."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.models.heads.head import Candidates, Outputs, Probe, are_probabilities, cell_counts, grid
from siamlink.detectors.models.preprocessing import Preprocessing

STRIDES = (8, 16, 32), (8, 16, 32, 64)
"""Of NanoDet, and of NanoDet-Plus."""
MOST_BINS = 33


@dataclass(frozen=True)
class NanodetHead:
    """Class probabilities, and each side's distance from a point of the cell as a distribution over bins.

    Attributes:
        centre: (A, 2) the pixel of each cell from which distances are measured.
        stride: (A, 1) pixels a cell.
        bins: how many; the distance of a bin is its number in strides.
        class_count: how many classes it knows.
        scores: names of the outputs with class probabilities, from the first stride to the last.
        sides: names of the outputs with distributions; empty if they follow the probabilities in one output.
    """

    family: ClassVar[str] = "NanoDet"
    score_threshold: ClassVar[float] = 0.3
    iou_limit: ClassVar[float | None] = 0.5
    centre: Float32Array
    stride: Float32Array
    bins: int
    class_count: int
    scores: tuple[str, ...]
    sides: tuple[str, ...]

    @property
    def preprocessing(self) -> Preprocessing:
        """The published networks with 11 bins are those of EfficientNet-Lite, which take values in -1 to 1."""
        return Preprocessing("letterbox", "bgr", "-1-1" if self.bins == 11 else "imagenet")

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise one output (1, A, classes + 4 bins), or two a stride: ([1,] A, classes) and ([1,] A, 4 bins)."""
        for strides in STRIDES:
            found = cls._one_output(probe, strides) or cls._two_a_stride(probe, strides)
            if found:
                scores, sides, classes, bins = found
                cell, stride = grid(probe.size, strides)
                # NanoDet measures from the centre of a cell, NanoDet-Plus from its upper left corner.
                centre = (cell + np.float32(0.5)) * stride if len(strides) == 3 else cell * stride
                return cls(centre, stride, bins, classes, scores, sides)
        return None

    @staticmethod
    def _one_output(probe: Probe, strides: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[str, ...], int, int] | None:
        rows = probe.only_rows
        if rows is None or len(rows) != sum(cell_counts(probe.size, strides)) or are_probabilities(rows[:, 4:]):
            return None
        # the columns from the left that hold nothing but probabilities are those of the classes
        outside = np.flatnonzero(~((rows >= 0) & (rows <= 1)).all(axis=0))
        bins = -(-(rows.shape[1] - int(outside[0])) // 4)
        classes = rows.shape[1] - 4 * bins
        if classes < 1 or not 2 <= bins < MOST_BINS:
            return None
        return (next(name for name, each in probe.outputs.items() if each.ndim == 3),), (), classes, bins

    @staticmethod
    def _two_a_stride(
        probe: Probe, strides: tuple[int, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...], int, int] | None:
        outputs = probe.outputs
        if len(outputs) != 2 * len(strides) or any(output.ndim not in (2, 3) for output in outputs.values()):
            return None
        scores, sides = [], []
        for count in cell_counts(probe.size, strides):
            pair = [name for name, output in outputs.items() if output.shape[-2] == count]
            pair.sort(key=lambda name: not are_probabilities(outputs[name]))  # that of probabilities is first
            if len(pair) != 2 or not are_probabilities(outputs[pair[0]]):
                return None
            scores.append(pair[0])
            sides.append(pair[1])
        classes = {outputs[name].shape[-1] for name in scores}
        widths = {outputs[name].shape[-1] for name in sides}
        bins, rest = divmod(widths.pop(), 4)
        if len(classes) != 1 or widths or rest or not 2 <= bins < MOST_BINS:
            return None
        return tuple(scores), tuple(sides), classes.pop(), bins

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores; a side's distance is the mean of its distribution."""
        score = self._joined(outputs, self.scores)
        if self.sides:
            logits = self._joined(outputs, self.sides)
        else:
            score, logits = score[:, : self.class_count], score[:, self.class_count :]
        logits = logits.reshape(-1, 4, self.bins)
        weight = np.exp(logits - logits.max(axis=2, keepdims=True))
        distance = (weight @ np.arange(self.bins, dtype=np.float32)) / weight.sum(axis=2) * self.stride
        return Candidates(np.hstack([self.centre - distance[:, :2], self.centre + distance[:, 2:]]), score)

    @staticmethod
    def _joined(outputs: Outputs, names: tuple[str, ...]) -> Float32Array:
        parts = [outputs[name].astype(np.float32) for name in names]
        return np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
