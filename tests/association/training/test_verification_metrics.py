import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.training.verification_metrics import (
    average_precision,
    false_positive_rate_at,
    one_shot_accuracy,
    one_shot_trials,
    roc,
)

MEASURES = (average_precision, false_positive_rate_at)


@st.composite
def scored_pairs(draw) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties, of pairs of both kinds."""
    score = np.array(draw(st.lists(st.integers(0, 8), min_size=2, max_size=40)), float)
    same = np.array(draw(st.lists(st.booleans(), min_size=len(score), max_size=len(score))))
    same[:2] = [True, False]
    return score, same


def accepted(score, same, threshold) -> tuple[int, int]:
    """How many pairs of two persons and of one person reach a threshold."""
    kept = same[score >= threshold]
    return int((~kept).sum()), int(kept.sum())


@given(scored_pairs())
def test_the_curve_counts_what_each_threshold_accepts(pairs):
    score, same = pairs
    curve = roc(score, same)
    assert curve.threshold.tolist() == [math.inf, *sorted(set(score), reverse=True)]
    for point, threshold in enumerate(curve.threshold):
        false, true = accepted(score, same, threshold)
        assert (curve.false_positives[point], curve.true_positives[point]) == (false, true)
        assert curve.false_positive_rate[point] == pytest.approx(false / (~same).sum())
        assert curve.recall[point] == pytest.approx(true / same.sum())
        assert curve.precision[point] == pytest.approx(true / (true + false) if true + false else np.nan, nan_ok=True)


@given(scored_pairs())
def test_average_precision_is_the_mean_precision_at_the_score_of_each_pair_of_one_identity(pairs):
    score, same = pairs
    counts = [accepted(score, same, threshold) for threshold in score[same]]
    assert average_precision(score, same) == pytest.approx(np.mean([true / (false + true) for false, true in counts]))


@given(scored_pairs(), st.sampled_from([0.0, 0.5, 0.8, 0.95, 1.0]))
def test_the_rate_is_the_least_of_all_thresholds_that_reach_the_recall(pairs, recall):
    score, same = pairs
    counts = [accepted(score, same, threshold) for threshold in [*score, math.inf]]
    rates = [false / (~same).sum() for false, true in counts if true >= recall * same.sum() - 1e-9]
    assert false_positive_rate_at(score, same, recall) == pytest.approx(min(rates))


@given(scored_pairs(), st.randoms(use_true_random=False))
def test_neither_the_order_of_the_pairs_nor_the_unit_of_the_score_counts(pairs, lots):
    score, same = pairs
    order = list(range(len(score)))
    lots.shuffle(order)
    for measure in MEASURES:
        assert measure(score[order], same[order]) == pytest.approx(measure(score, same))
        assert measure(np.exp(score) - 7, same) == pytest.approx(measure(score, same))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8])
def test_separated_kinds_are_perfect_and_reversed_ones_are_not(dtype):
    score, same = np.array([9, 8, 3, 2, 1], dtype), np.array([True, True, False, False, False])
    assert average_precision(score, same) == 1
    assert false_positive_rate_at(score, same) == 0
    assert average_precision(score[::-1], same) == pytest.approx((1 / 4 + 2 / 5) / 2)
    assert false_positive_rate_at(score[::-1], same) == 1


def test_a_constant_score_gets_the_base_rate():
    same = np.arange(20) < 5
    assert average_precision(np.zeros(20), same) == pytest.approx(0.25)
    assert false_positive_rate_at(np.zeros(20), same) == 1


def test_recall_of_95_percent_may_miss_one_in_twenty():
    score = np.r_[np.full(19, 5.0), 0.0, np.full(9, 1.0), 6.0]
    same = np.arange(30) < 20
    assert false_positive_rate_at(score, same) == pytest.approx(0.1)
    assert false_positive_rate_at(score, same, recall=0.96) == 1


@pytest.mark.parametrize("same", [[], [True, True], [False, False]])
def test_metrics_are_nan_without_pairs_of_both_kinds(same):
    same = np.array(same, bool)
    score = np.arange(len(same), dtype=float)
    assert math.isnan(false_positive_rate_at(score, same))
    assert math.isnan(average_precision(score, same)) == (not same.any())


def test_one_shot_accuracy_splits_ties():
    score = np.array([[3, 1, 2], [1, 3, 2], [2, 2, 1], [1, 1, 1]], float)
    assert one_shot_accuracy(score) == pytest.approx((1 + 0 + 1 / 2 + 1 / 3) / 4)
    assert one_shot_accuracy(np.zeros((7, 20))) == pytest.approx(1 / 20)
    assert math.isnan(one_shot_accuracy(np.zeros((0, 5))))


@given(st.lists(st.integers(-2, 6), max_size=30), st.integers(2, 5), st.integers(0, 9))
def test_trials_have_one_example_of_the_identity_of_the_query(persons, ways, seed):
    identity = np.array(persons, np.int64)
    query, example = one_shot_trials(identity, ways, 50, np.random.default_rng(seed))
    known = identity[identity >= 0]
    possible = len(set(known.tolist())) >= ways and len(set(known.tolist())) < len(known)
    assert query.shape == (50 * possible,)
    assert example.shape == (50 * possible, ways)
    assert (identity[query] == identity[example[:, 0]]).all()
    assert (query != example[:, 0]).all()
    assert (identity[example] >= 0).all()
    assert all(len(set(row)) == ways for row in identity[example].tolist())


def test_trials_draw_every_identity_and_repeat_with_the_seed():
    identity = np.repeat(np.arange(6), 4)
    first, again = (one_shot_trials(identity, 3, 500, np.random.default_rng(4)) for _ in range(2))
    assert [part.tolist() for part in first] == [part.tolist() for part in again]
    for shown in (first[0], first[1][:, 0], first[1][:, 1:]):
        assert set(shown.ravel().tolist()) == set(range(24))
    pair = set(zip(first[0].tolist(), first[1][:, 0].tolist(), strict=True))
    assert len(pair) == 6 * 4 * 3
