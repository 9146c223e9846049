"""How far similarities tell objects apart: a logistic model of the likelihood ratio, and what it says about pairs."""

from dataclasses import dataclass

import numpy as np

from siamlink.detectors.base.arrays import FloatArray

LARGEST = 6.0
"""Nats; bound of the ratio in both directions."""
SLOPE_PRIOR = 0.25
"""Weight of the squared slope and offset against the log loss of one pair, for a similarity of unit variance."""


@dataclass(frozen=True)
class Judgement:
    """What the tracklets of a video say of its appearance.

    Attributes:
        information: how far it tells them apart, from 0 to 1, see `Calibration`; None if they are too few.
        ignored: the share of the times that it was judged, from 0 to 1, in which it was not used because of that.
    """

    information: float | None
    ignored: float


@dataclass(frozen=True)
class Calibration:
    """A logistic model of the log likelihood ratio: slope * similarity + offset, in nats.

    Attributes:
        slope, offset: of the model.
        information: how far it separates the pairs it was learned from, from 0 to 1: 1 - mean log loss in bits.
    """

    slope: float = 0.0
    offset: float = 0.0
    information: float = 0.0

    def ratio(self, similarity: FloatArray) -> FloatArray:
        """(P,) log likelihood ratios of one object to two, at most `LARGEST` in size."""
        ratio: FloatArray = np.clip(self.slope * similarity + self.offset, -LARGEST, LARGEST)
        return ratio

    def loss(self, similarity: FloatArray, same: bool) -> FloatArray:
        """(P,) log loss in bits of pairs that all show one object (`same`), or all two."""
        logit = self.slope * similarity + self.offset
        loss: FloatArray = np.logaddexp(0, -logit if same else logit) / np.log(2)
        return loss


def calibrated_similarity(
    same: FloatArray,
    different: FloatArray,
    same_weight: FloatArray | None = None,
    different_weight: FloatArray | None = None,
) -> Calibration:
    """Logistic regression on the similarities of pairs of one object (S,) and of two (T,); both kinds weigh the same.

    A prior towards 0 keeps the ratio small where there are few pairs. The slope is never below 0, so a similarity that
    separates nothing, or the wrong way around, says nothing.

    Args:
        same: of pairs of one object.
        different: of pairs of two.
        same_weight: (S,) weights of the pairs, above 0; None: equal ones.
        different_weight: (T,) likewise.
    """
    from scipy.optimize import minimize

    if not len(same) or not len(different):
        return Calibration()
    spread = max(float(np.hypot(same.std(), different.std())), 1e-9)
    centre = (_mean(same, same_weight) + _mean(different, different_weight)) / 2
    a, b = (same - centre) / spread, (different - centre) / spread
    count = 2 / (1 / len(same) + 1 / len(different))

    def log_loss(x: FloatArray) -> float:
        of_same = _mean(np.logaddexp(0, -x[0] * a - x[1]), same_weight)
        return (of_same + _mean(np.logaddexp(0, x[0] * b + x[1]), different_weight)) / 2

    def loss(x: FloatArray) -> float:
        return count * log_loss(x) + SLOPE_PRIOR * float(x @ x)

    fitted = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=((0, None), (None, None))).x
    slope, offset = float(fitted[0] / spread), float(fitted[1] - fitted[0] * centre / spread)
    return Calibration(slope, offset, max(1 - log_loss(fitted) / float(np.log(2)), 0.0))


def _mean(value: FloatArray, weight: FloatArray | None) -> float:
    return float(value.mean()) if weight is None else float(weight @ value / weight.sum())
