"""Metrics of verification: how well a score separates pairs of one identity from pairs of two.

Scores are finite, and higher means more similar. Pairs of equal score are accepted together, whatever their order. A
metric is NaN where it is not defined, such as the recall without a pair of one identity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray

Score = NDArray[np.floating]
Same = NDArray[np.bool_]


@dataclass(frozen=True)
class Roc:
    """What happens to P pairs as the threshold falls, from accepting none to accepting all; K + 1 points.

    Attributes:
        threshold: (K + 1,) pairs of at least this score are accepted: infinity, then the distinct scores, descending.
        false_positives: (K + 1,) accepted pairs of two identities.
        true_positives: (K + 1,) accepted pairs of one identity.
    """

    threshold: FloatArray
    false_positives: IntArray
    true_positives: IntArray

    @property
    def false_positive_rate(self) -> FloatArray:
        """(K + 1,) the accepted share of all pairs of two identities."""
        return _share(self.false_positives, self.false_positives[-1])

    @property
    def recall(self) -> FloatArray:
        """(K + 1,) the accepted share of all pairs of one identity."""
        return _share(self.true_positives, self.true_positives[-1])

    @property
    def precision(self) -> FloatArray:
        """(K + 1,) the share of pairs of one identity among the accepted ones, NaN where none is accepted."""
        return _share(self.true_positives, self.true_positives + self.false_positives)


def roc(score: Score, same: Same) -> Roc:
    """The receiver operating characteristic of scores (P,); `same` (P,) says whether a pair is of one identity."""
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
    """The mean, over the pairs of one identity, of the precision at the score of each."""
    curve = roc(score, same)
    return float(_share(np.diff(curve.true_positives) @ curve.precision[1:], curve.true_positives[-1]))


def false_positive_rate_at(score: Score, same: Same, recall: float = 0.95) -> float:
    """The share of pairs of two identities accepted at the highest threshold that reaches a recall (FPR95 at 0.95)."""
    curve = roc(score, same)
    if not curve.true_positives[-1]:
        return float("nan")
    needed = np.ceil(recall * curve.true_positives[-1] - 1e-9)
    return float(curve.false_positive_rate[np.searchsorted(curve.true_positives, needed)])


def one_shot_trials(
    identity: IntArray, ways: int, count: int, random: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Draw N-way one-shot trials (Koch 2015): a query, and one example of each of N identities.

    Args:
        identity: (M,) of each example; below 0 if not known.
        ways: N, at least 2.
        count: number of trials T.
        random: source of all choices.

    Returns:
        (T,) the queries and (T, N) the examples, as rows; the first example is another one of the query's identity. No
        trials if fewer than N identities are known, or none of them has two examples.
    """
    known = np.flatnonzero(identity >= 0)
    identities, number, size = np.unique(identity[known], return_inverse=True, return_counts=True)
    if len(identities) < ways or size.max() < 2:
        return np.zeros(0, np.int64), np.zeros((0, ways), np.int64)
    grouped = known[np.argsort(number, kind="stable")]
    start = np.cumsum(size) - size
    first = random.choice(np.flatnonzero(size > 1), count)
    others = _distinct(len(identities) - 1, ways - 1, count, random)
    chosen = np.column_stack([first, others + (others >= first[:, None])])
    position = random.integers(size[chosen])
    query = (position[:, 0] + random.integers(1, size[first])) % size[first]
    return grouped[start[first] + query], grouped[start[chosen] + position]


def one_shot_accuracy(score: Score) -> float:
    """The share of N-way one-shot trials in which the example of the query's identity has the highest score.

    Args:
        score: (T, N) similarity of the query to each example, that of its own identity first. A tie of k examples for
            the highest score counts 1/k.
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
