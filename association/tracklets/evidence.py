"""What speaks for and against links of tracklets."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siamlink.association.boosting.contributions import ExplainedTrees
from siamlink.association.explanation.terms import CLASSES, Terms, TermSum
from siamlink.association.tracklets.feature_words import FEATURE_WORDS
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.pair_features import TRACKLET_PAIR_FEATURES, reversed_columns, reversed_in_time
from siamlink.detectors.base.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class TrackletEvidence:
    """What speaks for and against P candidate pairs of tracklets.

    The probability is the mean of two: of the video as it is, and played backwards. Its log-odds lie between those of
    both, so a weighted mean of the contributions in both adds up to them.

    Attributes:
        matcher: the models of the second level.
        features: (P, F) as `TRACKLET_PAIR_FEATURES` names them.
        class_nats: (P,) evidence of the classes.
    """

    matcher: TrackletMatcher
    features: NDArray[np.float32]
    class_nats: FloatArray

    def __getitem__(self, rows: IntArray) -> "TrackletEvidence":
        return TrackletEvidence(self.matcher, self.features[rows], self.class_nats[rows])

    def log_odds(self, rows: IntArray) -> FloatArray:
        """(K,) nats."""
        log_odds: FloatArray = _mean_log_odds(*self._both(rows)) + self.class_nats[rows]
        return log_odds

    def similarity(self, rows: IntArray) -> FloatArray:
        """(K,) cosine of the descriptors; NaN where one is missing."""
        similarity: FloatArray = self.features[rows, TRACKLET_PAIR_FEATURES.index("similarity")].astype(np.float64)
        return similarity

    def terms(self, rows: IntArray) -> Terms:
        """The contributions of the features, and the classes."""
        features = self.features[rows]
        forward, backward = self._both(rows)
        apart = forward - backward
        mean = _mean_log_odds(forward, backward)
        weight = np.where(np.abs(apart) > 1e-6, (mean - backward) / np.where(apart == 0, 1, apart), 0.5)[:, None]
        base, of_forward = self._trees.parts(features)
        _, of_backward = self._trees.parts(reversed_in_time(features))
        contribution = weight * of_forward + (1 - weight) * reversed_columns(of_backward)
        total = TermSum(base)
        for place, name in enumerate(TRACKLET_PAIR_FEATURES):
            total.add(FEATURE_WORDS[name], contribution[:, place], features[:, place])
        if self.class_nats.any():
            total.add(CLASSES, self.class_nats[rows])
        return total.terms()

    def _both(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """(K,) log-odds of the video as it is, and (K,) played backwards."""
        features = self.features[rows]
        return self._trees.log_odds(features), self._trees.log_odds(reversed_in_time(features))

    @cached_property
    def _trees(self) -> ExplainedTrees:
        return ExplainedTrees(self.matcher.link, TRACKLET_PAIR_FEATURES)


def _mean_log_odds(one: FloatArray, other: FloatArray) -> FloatArray:
    """(K,) log-odds of the mean of two probabilities, given by their log-odds (K,)."""
    chance = np.logaddexp(-np.logaddexp(0, -one), -np.logaddexp(0, -other))
    against = np.logaddexp(-np.logaddexp(0, one), -np.logaddexp(0, other))
    log_odds: FloatArray = chance - against
    return log_odds
