"""YOLO networks whose boxes are in pixels of the input: YOLOv5 to YOLO26, of Ultralytics and others."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from siamlink.detectors.models.heads.head import (
    Candidates,
    Outputs,
    Probe,
    are_probabilities,
    cell_counts,
    corners,
    rows_of,
)
from siamlink.detectors.models.preprocessing import Preprocessing

STRIDES = (8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32)
"""Of the usual networks, of those for large and for small objects, and of tiny ones."""
ANCHORS = 3
"""Boxes a cell of YOLOv5 and YOLOv7."""
PREPROCESSING = Preprocessing("centred", "rgb", "0-1")


def _cell_totals(probe: Probe) -> set[int]:
    return {sum(cell_counts(probe.size, strides)) for strides in STRIDES}


def _class_count(probe: Probe, columns: int) -> int | None:
    """How many of the columns after the box hold classes; None if that is not known, or does not fit the names."""
    extra = probe.extra_columns
    if extra is None:
        return None
    names = probe.metadata.class_names
    count = columns - extra
    return count if count >= 1 and (names is None or max(names) < count) else None


@dataclass(frozen=True)
class _OverlappingYoloHead:
    """A network that finds an object in several cells, and needs non-maximum suppression.

    Attributes:
        class_count: how many classes it knows.
    """

    score_threshold: ClassVar[float] = 0.2
    iou_limit: ClassVar[float | None] = 0.5
    preprocessing: ClassVar[Preprocessing] = PREPROCESSING
    class_count: int


class AnchorYoloHead(_OverlappingYoloHead):
    """YOLOv5, YOLOv7 and YOLOv6: rows `x y width height objectness class...`, several of them a cell."""

    family: ClassVar[str] = "YOLOv5"

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise (1, N, 5 + classes [+ masks]); YOLOv6 has one row a cell, with an objectness of 1."""
        rows = probe.only_rows
        if rows is None or rows.shape[1] < 6:
            return None
        totals = _cell_totals(probe)
        fits = len(rows) in {ANCHORS * total for total in totals} or (len(rows) in totals and (rows[:, 4] == 1).all())
        count = _class_count(probe, rows.shape[1] - 5)
        return cls(count) if fits and count and are_probabilities(rows[:, 4 : 5 + count]) else None

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores; a score is objectness times class probability."""
        rows = rows_of(outputs)
        return Candidates(corners(rows[:, :2], rows[:, 2:4]), rows[:, 4:5] * rows[:, 5 : 5 + self.class_count])


class AnchorFreeYoloHead(_OverlappingYoloHead):
    """YOLOv8, YOLOv9, YOLO11 and YOLO12: a column `x y width height class...` for each cell."""

    family: ClassVar[str] = "YOLOv8"

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise (1, 4 + classes [+ masks or key points], N)."""
        rows = probe.only_rows
        if rows is None or rows.shape[0] < 5 or rows.shape[1] not in _cell_totals(probe):
            return None
        count = _class_count(probe, rows.shape[0] - 4)
        return cls(count) if count and are_probabilities(rows[4 : 4 + count]) else None

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores."""
        rows = rows_of(outputs).T
        return Candidates(corners(rows[:, :2], rows[:, 2:4]), rows[:, 4 : 4 + self.class_count])


@dataclass(frozen=True)
class EndToEndYoloHead:
    """YOLOv10, YOLO26, and exports with non-maximum suppression: rows `x1 y1 x2 y2 score class`."""

    family: ClassVar[str] = "YOLO, end to end"
    score_threshold: ClassVar[float] = 0.2
    iou_limit: ClassVar[float | None] = None
    preprocessing: ClassVar[Preprocessing] = PREPROCESSING
    class_count: ClassVar[int | None] = None

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise (1, N, 6 [+ masks or key points])."""
        rows, extra = probe.only_rows, probe.extra_columns
        if rows is None or extra is None or rows.shape[1] != 6 + extra:
            return None
        whole = (rows[:, 5] == np.round(rows[:, 5])) & (rows[:, 5] >= 0)
        ordered = (rows[:, 2:4] >= rows[:, :2]).all(axis=1).mean() > 0.5
        return cls() if whole.all() and ordered and are_probabilities(rows[:, 4]) else None

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes, scores and classes."""
        rows = rows_of(outputs)
        return Candidates(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))
