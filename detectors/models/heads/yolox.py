"""YOLOX (Ge et al. 2021)."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.models.heads.head import Candidates, Outputs, Probe, are_probabilities, corners, grid, rows_of
from siamlink.detectors.models.preprocessing import Preprocessing

STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class YoloxHead:
    """One row `x y width height objectness class...` for each cell.

    Attributes:
        cell: (A, 2) column and row of each cell.
        stride: (A, 1) pixels a cell.
        class_count: how many classes it knows.
        decoded: whether centre and sides are in pixels, as of exports with `decode_in_inference`; else the centre is
            relative to its cell, and the sides are logarithms in strides.
    """

    family: ClassVar[str] = "YOLOX"
    score_threshold: ClassVar[float] = 0.2
    iou_limit: ClassVar[float | None] = 0.5
    preprocessing: ClassVar[Preprocessing] = Preprocessing("letterbox", "bgr", "0-255")
    cell: Float32Array
    stride: Float32Array
    class_count: int
    decoded: bool

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise one output (1, A, 5 + classes) with a row for each cell."""
        rows, (cell, stride) = probe.only_rows, grid(probe.size, STRIDES)
        if rows is None or len(rows) != len(cell) or rows.shape[1] < 6 or not are_probabilities(rows[:, 4:]):
            return None
        if (rows[:, 4] == 1).all():  # YOLOv6, which has no objectness
            return None
        mean, side = np.abs(rows[:, :2].mean(axis=0)), min(probe.size)
        decoded = bool((np.abs(mean - np.divide(probe.size[::-1], 2)) < side / 4).all() and (rows[:, 2:4] >= 0).all())
        relative = np.abs(rows[:, :2].mean()) < side / 8
        return cls(cell, stride, rows.shape[1] - 5, decoded) if decoded or relative else None

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores; a score is objectness times class probability."""
        raw = rows_of(outputs)
        score = raw[:, 4:5] * raw[:, 5:]
        if self.decoded:
            return Candidates(corners(raw[:, :2], raw[:, 2:4]), score)
        centre = (raw[:, :2] + self.cell) * self.stride
        half = np.exp(raw[:, 2:4]) * self.stride / 2
        return Candidates(np.hstack([centre - half, centre + half]), score)
