"""HOTA, CLEAR and Identity by the metric classes of TrackEval: counts by sequence, which add up; ratios come last."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from siamlink.tools.evaluation.ground_truth import SequencePair

OVERALL = "overall"
"""The name of all sequences together."""
Counts = dict[str, dict[str, Any]]
"""The counts of a sequence by each metric of TrackEval, by its name."""


@dataclass(frozen=True)
class Scores:
    """The figures of one sequence, or of all together; ratios in percent, the rest are counts."""

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
        values: dict[str, Any] = {
            field.name: int(figures[field.name]) if field.type is int else 100 * float(np.mean(figures[field.name]))
            for field in fields(cls)
        }
        return cls(**values)


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
    """The counts of all sequences together, from those of each by its name, as TrackEval combines them."""
    return {
        name: metric.combine_sequences({sequence: counts[name] for sequence, counts in parts.items()})
        for name, metric in _metrics().items()
    }


def _metrics() -> dict[str, Any]:
    from trackeval.metrics import CLEAR, HOTA, Identity

    return {kind.__name__: kind({"PRINT_CONFIG": False}) for kind in (HOTA, CLEAR, Identity)}
