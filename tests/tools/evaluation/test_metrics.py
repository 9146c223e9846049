"""Scores from counts: counts add up, ratios come last."""

import numpy as np
import pytest

from siamlink.tools.evaluation.ground_truth import pair_up
from siamlink.tools.evaluation.metrics import Counts, Scores, combine, measure


def rows(*lines: tuple[float, ...]) -> np.ndarray:
    return np.array([(*line, 20, 40, 1, -1, -1, -1) for line in lines], float).reshape(-1, 10)


TRUTH = rows((1, 1, 10, 10), (2, 1, 10, 10), (1, 2, 100, 10), (2, 2, 100, 10))


def counts_of(name: str, tracks: np.ndarray) -> Counts:
    return measure(pair_up(name, TRUTH, tracks))


def test_perfect_tracks_reach_every_maximum() -> None:
    scores = Scores.from_counts(counts_of("A", TRUTH))
    assert pytest.approx((100, 100, 100)) == (scores.HOTA, scores.MOTA, scores.IDF1)
    assert (scores.MT, scores.FP, scores.FN, scores.IDSW) == (2, 0, 0, 0)


def test_each_kind_of_error_is_counted() -> None:
    tracks = rows((1, 1, 10, 10), (2, 3, 10, 10), (1, 2, 100, 10), (1, 4, 300, 10))
    scores = Scores.from_counts(counts_of("A", tracks))
    assert (scores.IDSW, scores.FN, scores.FP) == (1, 1, 1)
    assert pytest.approx(100 * (1 - 3 / 4)) == scores.MOTA


def test_counts_of_sequences_add_and_ratios_come_last() -> None:
    parts = {"A": counts_of("A", TRUTH), "B": counts_of("B", TRUTH[:1])}
    one, other = (Scores.from_counts(part) for part in parts.values())
    overall = Scores.from_counts(combine(parts))
    assert (one.FN, other.FN, overall.FN) == (0, 3, 3)
    assert pytest.approx(100 * 5 / 8) == overall.MOTA
    assert pytest.approx(100 * 2 * 5 / (8 + 5)) == overall.IDF1


def test_no_tracks_score_zero() -> None:
    scores = Scores.from_counts(counts_of("A", np.zeros((0, 10))))
    assert (scores.HOTA, scores.MOTA, scores.FN, scores.ML) == (0, 0, 4, 2)
