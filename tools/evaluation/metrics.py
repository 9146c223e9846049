"""HOTA, CLEAR and Identity by the metric classes of TrackEval: counts by sequence, which add up; ratios come last."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from siamlink.tools.evaluation.ground_truth import SequencePair

OVERALL = "overall"
"""The name of all sequences together."""
Counts = dict[str, dict[str, Any]]
"""The counts of a sequence by each metric of TrackEval, by its name."""


@dataclass(frozen=True)
class Scores:
    """The figures of one sequence, or of all together; ratios in percent, the rest are counts.

    Where there is no ground truth, ratios are not defined, and are NaN.
    """

    HOTA: float
    DetA: float
    AssA: float
    LocA: float
    MOTA: float
    MOTP: float
    IDF1: float
    IDP: float
    IDR: float
    MT: int
    ML: int
    FP: int
    FN: int
    IDSW: int
    Frag: int

    @classmethod
    def from_counts(cls, counts: Counts) -> Self:
        """Select the figures; HOTA and its parts are means over the 19 localisation thresholds."""
        figures = counts["HOTA"] | counts["CLEAR"] | counts["Identity"]
        figures |= {"FP": figures["CLR_FP"], "FN": figures["CLR_FN"]}
        percent = 100 if figures["CLR_TP"] + figures["CLR_FN"] else math.nan
        values: dict[str, Any] = {
            field.name: int(figures[field.name]) if field.type is int else percent * float(np.mean(figures[field.name]))
            for field in fields(cls)
        }
        return cls(**values)

    @classmethod
    def mean(cls, parts: Iterable[Self]) -> Self:
        """Ratios are means over those of the parts that have ground truth, counts are sums."""
        parts = list(parts)
        columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(cls)}
        defined = {name: [value for value in values if not math.isnan(value)] for name, values in columns.items()}
        values: dict[str, Any] = {
            field.name: sum(columns[field.name])
            if field.type is int
            else (float(np.mean(defined[field.name])) if defined[field.name] else math.nan)
            for field in fields(cls)
        }
        return cls(**values)

    @property
    def has_boxes(self) -> bool:
        """Whether there is ground truth or any false positive."""
        return not math.isnan(self.MOTA) or self.FP > 0

    def as_dict(self) -> dict[str, Any]:
        """The figures by name; None where one is not defined."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}

    def cells(self) -> tuple[str, ...]:
        """The figures as text for a table, ratios with one decimal; a dash where one is not defined."""
        return tuple(cell(value) for value in self.as_dict().values())


def cell(figure: float | None) -> str:
    """A figure as text for a table: a ratio with one decimal, a count whole, a dash where it is not defined."""
    if figure is None or math.isnan(figure):
        return "-"
    return f"{figure:.1f}" if isinstance(figure, float) else str(figure)


def measure(pair: SequencePair) -> Counts:
    """The counts of one sequence."""
    truth_label, track_label, frames = pair.truth_label, pair.track_label, list(pair.by_frame())
    data = {
        "num_timesteps": len(frames),
        "num_gt_ids": len(np.unique(truth_label)),
        "num_tracker_ids": len(np.unique(track_label)),
        "num_gt_dets": len(truth_label),
        "num_tracker_dets": len(track_label),
        "gt_ids": [truth_label[rows] for rows, _, _ in frames],
        "tracker_ids": [track_label[rows] for _, rows, _ in frames],
        "similarity_scores": pair.similarity,
    }
    return {name: metric.eval_sequence(data) for name, metric in _metrics().items()}


def combine(parts: dict[str, Counts]) -> Counts:
    """The counts of all sequences or classes together, from those of each by its name, as TrackEval combines them."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    return {
        name: metric.combine_sequences({sequence: counts[name] for sequence, counts in parts.items()})
        for name, metric in _metrics().items()
    }


def _metrics() -> dict[str, Any]:
    from trackeval.metrics import CLEAR, HOTA, Identity

    return {kind.__name__: kind({"PRINT_CONFIG": False}) for kind in (HOTA, CLEAR, Identity)}
