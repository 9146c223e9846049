"""Scores of perfect links of the same detections, and the errors of detection and of association."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from siamlink.tools.console.tables import Table, table
from siamlink.tools.evaluation.events import clear_matches
from siamlink.tools.evaluation.ground_truth import NO_REGIONS, Rows, SequencePair, pair_up
from siamlink.tools.evaluation.metrics import OVERALL, Scores, cell

LIMITED = ("HOTA", "DetA", "AssA", "IDF1", "MOTA")
"""The metrics that are compared; each is 0 for a tracker that reports nothing, MOTA too."""


@dataclass(frozen=True)
class Boxes:
    """How many ground-truth boxes have a detection, have a track, both or neither.

    Attributes:
        missed_detected: no track is on the box, though a detection was.
        missed_undetected: neither a track nor a detection is on it.
        interpolated: a track is on it without a detection.
        tracked: a track and a detection are on it.
    """

    missed_detected: int
    missed_undetected: int
    interpolated: int
    tracked: int

    @classmethod
    def count(cls, result: SequencePair, limit: SequencePair) -> Self:
        """Compare two pairs of one ground truth, each by the matches that CLEAR makes."""
        tracked, detected = _matched(result), _matched(limit)
        parts = (~tracked & detected, ~tracked & ~detected, tracked & ~detected, tracked & detected)
        return cls(*(int(part.sum()) for part in parts))

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The boxes of all sequences together."""
        return cls(*(sum(column) for column in zip(*(asdict(part).values() for part in parts), strict=True)))


@dataclass(frozen=True)
class Limit:
    """The scores of a result beside those of perfect links on the same detections.

    Attributes:
        result: the scores of the tracks.
        perfect: the scores of perfect links, see `perfect_links`.
        boxes: counts of ground-truth boxes.
    """

    result: Scores
    perfect: Scores
    boxes: Boxes

    def as_dict(self) -> dict[str, Any]:
        """`{"boxes": {...}, "HOTA": {"result": ..., "limit": ..., "share": ..., ...}, ...}`, all in percent."""
        return {"boxes": asdict(self.boxes), **{name: self.metric(name) for name in LIMITED}}

    def metric(self, name: str) -> dict[str, float | None]:
        """One of `LIMITED`, in percent: result, limit, result / limit, and the two errors.

        The share is None if the limit is not above 0, and all are None without ground truth. The errors add up to 100 -
        result. Interpolated boxes may raise the result above the limit; then the association error is negative.
        """
        result, limit = getattr(self.result, name), getattr(self.perfect, name)
        figures = {
            "result": result,
            "limit": limit,
            "share": 100 * result / limit if limit > 0 else None,
            "detection_error": 100 - limit,
            "association_error": limit - result,
        }
        return {name: None if value is None or math.isnan(value) else value for name, value in figures.items()}


@dataclass(frozen=True)
class Limits:
    """The limit of each sequence by its name, and of all together."""

    sequences: dict[str, Limit]
    overall: Limit

    def as_dict(self) -> dict[str, Any]:
        """`{"sequences": {NAME: {...}}, "overall": {...}}`, each as `Limit.as_dict`."""
        return {
            "sequences": {name: limit.as_dict() for name, limit in self.sequences.items()},
            OVERALL: self.overall.as_dict(),
        }

    def metric_table(self) -> Table:
        """A row for each metric of each sequence, in percent."""
        rows = []
        for sequence, limit in self._rows():
            for name in LIMITED:
                figures = map(cell, limit.metric(name).values())
                rows.append((sequence if name == LIMITED[0] else "", name, *figures))
        return Table(
            ("sequence", "metric", "result", "limit", "result/limit", "detection error", "association error"),
            tuple(rows),
            caption="in percent",
            texts=2,
            sections=frozenset(range(0, len(rows), len(LIMITED))),
        )

    def box_table(self) -> Table:
        """A row for each sequence: how many ground-truth boxes were missed, and how many tracks added."""
        rows = []
        for sequence, limit in self._rows():
            boxes = limit.boxes
            missed = boxes.missed_detected + boxes.missed_undetected
            rows.append((sequence, missed, boxes.missed_detected, boxes.missed_undetected, boxes.interpolated))
        headings = ("sequence", "missed boxes", "with a detection", "without", "tracked without a detection")
        return table(headings, rows)

    def _rows(self) -> list[tuple[str, Limit]]:
        return [*self.sequences.items(), (OVERALL, self.overall)]


def perfect_links(
    name: str, truth: Rows, detections: Rows, benchmark: str = "auto", regions: Rows = NO_REGIONS
) -> SequencePair:
    """Give each detection the identity of the ground truth that it matches; the others are removed.

    Detections of distractors are removed first, by the rules of the benchmark. The rest are matched in each frame so
    that the sum of the IoU is maximal, among pairs with an IoU of at least one half. Gaps are not interpolated.

    Args:
        name: of the sequence.
        truth: rows of `gt.txt`.
        detections: MOT rows; their ids are ignored.
        benchmark: as for `pair_up`.
        regions: as for `pair_up`.

    Raises:
        ConfigError: as `pair_up`.
        InputError: as `pair_up`.
    """
    numbered = np.column_stack([detections[:, :1], np.arange(len(detections)), detections[:, 2:]])
    pair = pair_up(name, truth, numbered, benchmark, regions=regions)
    matches = [(np.zeros(0, np.intp), np.zeros(0, np.intp)), *clear_matches(pair)]
    truth_row, detection = (np.concatenate(rows) for rows in zip(*matches, strict=True))
    linked = pair.tracks[detection]
    linked[:, 1] = pair.truth[truth_row, 1]
    return pair_up(name, pair.truth, linked, pair.benchmark)


def _matched(pair: SequencePair) -> NDArray[np.bool_]:
    """(N,) bool: which rows of the ground truth CLEAR matches."""
    matched = np.zeros(len(pair.truth), bool)
    for rows, _ in clear_matches(pair):
        matched[rows] = True
    return matched
