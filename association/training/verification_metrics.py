"""How well a score tells pairs of one person from pairs of two.

Scores are finite, and higher means more alike; pairs of equal score are decided alike, never by their order. A measure
is NaN where it is not defined, as recall is without a pair of one person.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Score = NDArray[np.floating]
Same = NDArray[np.bool_]


@dataclass(frozen=True)
class Roc:
    """What happens to P pairs as the threshold falls, from accepting none to accepting all; K + 1 points.

    Attributes:
        threshold: (K + 1,) pairs of at least this score are accepted: infinity, then the distinct scores, descending.
        false_positives: (K + 1,) accepted pairs of two persons.
        true_positives: (K + 1,) accepted pairs of one person.
    """

    threshold: FloatArray
    false_positives: IntArray
    true_positives: IntArray

    @property
    def false_positive_rate(self) -> FloatArray:
        """(K + 1,) the accepted share of all pairs of two persons."""
        return _share(self.false_positives, self.false_positives[-1])

    @property
    def recall(self) -> FloatArray:
        """(K + 1,) the accepted share of all pairs of one person."""
        return _share(self.true_positives, self.true_positives[-1])

    @property
    def precision(self) -> FloatArray:
        """(K + 1,) the share of pairs of one person among the accepted ones, NaN where none is accepted."""
        return _share(self.true_positives, self.true_positives + self.false_positives)


def roc(score: Score, same: Same) -> Roc:
    """The receiver operating characteristic of scores (P,), with `same` (P,) whether a pair is one person."""
    falling = -np.asarray(score, np.float64)
    order = np.argsort(falling)
    ordered = -falling[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)])
    accepted = np.cumsum(same[order])[last]
    return Roc(
        threshold=np.append(np.inf, ordered[last]),
        false_positives=np.append(0, last + 1 - accepted),
        true_positives=np.append(0, accepted),
    )


def average_precision(score: Score, same: Same) -> float:
    """The mean over the pairs of one person of the precision at their own score; with equal scores, the base rate."""
    curve = roc(score, same)
    return float(_share(np.diff(curve.true_positives) @ curve.precision[1:], curve.true_positives[-1]))


def false_positive_rate_at(score: Score, same: Same, recall: float = 0.95) -> float:
    """The share of pairs of two persons accepted at the highest threshold that reaches a recall (FPR95 at 0.95)."""
    curve = roc(score, same)
    if not curve.true_positives[-1]:
        return float("nan")
    needed = np.ceil(recall * curve.true_positives[-1] - 1e-9)
    return float(curve.false_positive_rate[np.searchsorted(curve.true_positives, needed)])


def brier_score(probability: Score, same: Same) -> float:
    """The mean squared distance of probabilities (P,) from what was so, 1 or 0 (Brier 1950)."""
    return float(np.mean((probability - same) ** 2)) if len(same) else float("nan")


@dataclass(frozen=True)
class Reliability:
    """How often what was given a probability came true, in B intervals of equal width.

    Attributes:
        count: (B,) pairs whose probability lies in the interval.
        predicted: (B,) their mean probability, NaN in an empty interval.
        observed: (B,) the share of them that is one person, NaN in an empty interval.
    """

    count: IntArray
    predicted: FloatArray
    observed: FloatArray

    @property
    def expected_error(self) -> float:
        """The mean distance of `predicted` and `observed` over all pairs (expected calibration error)."""
        distance = np.nan_to_num(np.abs(self.predicted - self.observed))
        return float(_share(distance @ self.count, self.count.sum()))


def reliability(probability: Score, same: Same, bins: int = 10) -> Reliability:
    """The points of a reliability plot, from probabilities (P,) in [0, 1]."""
    interval = np.minimum((probability * bins).astype(np.int64), bins - 1)
    count = np.bincount(interval, minlength=bins)
    predicted, observed = (np.bincount(interval, value, minlength=bins) for value in (probability, same))
    return Reliability(count, _share(predicted, count), _share(observed, count))


def one_shot_trials(
    identity: IntArray, ways: int, count: int, random: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Draw N-way one-shot trials (Koch 2015): a query, and one example of each of N persons to find its person among.

    Args:
        identity: (M,) the person each example shows; below 0 where that is not known.
        ways: N, at least 2.
        count: how many trials T.
        random: the source of all choices.

    Returns:
        (T,) the queries and (T, N) the examples, the first of them another one of the query's person; no trials where
        fewer than N persons are known or none of them twice.
    """
    known = np.flatnonzero(identity >= 0)
    persons, person, examples = np.unique(identity[known], return_inverse=True, return_counts=True)
    if len(persons) < ways or examples.max() < 2:
        return np.zeros(0, np.int64), np.zeros((0, ways), np.int64)
    grouped = known[np.argsort(person, kind="stable")]
    start = np.cumsum(examples) - examples
    first = random.choice(np.flatnonzero(examples > 1), count)
    others = _distinct(len(persons) - 1, ways - 1, count, random)
    shown = np.column_stack([first, others + (others >= first[:, None])])
    position = random.integers(examples[shown])
    query = (position[:, 0] + random.integers(1, examples[first])) % examples[first]
    return grouped[start[first] + query], grouped[start[shown] + position]


def one_shot_accuracy(score: Score) -> float:
    """The share of N-way one-shot trials that the example of the query's own person wins (Koch 2015).

    Args:
        score: (T, N) how alike the query is to each example, its own person's first. A tie for the best of k examples
            counts 1/k, what drawing lots would give.
    """
    if not len(score):
        return float("nan")
    best = score == score.max(axis=1, keepdims=True)
    return float((best[:, 0] / best.sum(axis=1)).mean())


def _distinct(limit: int, width: int, count: int, random: np.random.Generator) -> IntArray:
    """(count, width) numbers below `limit`, different ones within each row."""
    chosen: IntArray = np.argsort(random.random((count, limit)), axis=1)[:, :width]
    return chosen


def _share(part: NDArray[np.number] | float, whole: NDArray[np.number] | float) -> FloatArray:
    with np.errstate(invalid="ignore"):
        share: FloatArray = np.true_divide(part, whole)
    return share
