"""The model of links: boosted trees that correct the calibrated likelihood ratio.

Training starts from the scaled ratio, so the trees learn a correction only. The correction is bounded, so that the
likelihood ratio decides where the trees have no training data.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.boosting.contributions import ExplainedTrees
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.link_features import NAMES as LINK_NAMES
from siamlink.association.calibrated.object_features import Features
from siamlink.detectors.base.arrays import FloatArray, IntArray

SCALE, SHIFT = 0.3, -2.0
"""Factor and offset: the log odds of a link before the correction are SCALE * ratio + SHIFT."""
LINK_BONUS, WEIGHT = 1.0, 2.0
"""The corrected ratio is ratio + LINK_BONUS + WEIGHT * log(probability of the link), in nats."""
LOWEST, HIGHEST = -8.0, 12.0
"""Nats; in training the ratio is clipped to this range before it is scaled."""
MARGINS = [LINK_NAMES.index(name) for name in ("ratio", "margin_earlier", "margin_later")]
"""The columns that are compared with `EASY`."""
LARGEST_CORRECTION = 8.0
"""Nats; bound of the correction in both directions."""
BOUNDS = 1 / (1 + math.exp(LARGEST_CORRECTION)), 1 / (1 + math.exp(-LARGEST_CORRECTION))
"""The same as probabilities."""
EASY = 12.0
"""Nats; a link whose ratio and margins over competing links are all at least this is not corrected."""


class LearnedLinks:
    """Boosted trees that correct the calibrated ratios of links.

    Args:
        path: a model in JSON of XGBoost with base score 0.5, of the features of `link_features`.

    Raises:
        ModelError: it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self._booster = load_booster(path, LINK_NAMES)

    def correction(self, features: Features) -> FloatArray:
        """(P,) nats that the trees add to the scaled ratio, from `link_features` (P, F)."""
        probability = np.clip(predict(self._booster, features, LINK_NAMES), *BOUNDS)
        correction: FloatArray = np.log(probability) - np.log1p(-probability)
        return correction

    def corrected(self, links: Links, features: Features) -> FloatArray:
        """(P,) the corrected ratios of P links, from `link_features` (P, F)."""
        value = links.ratio + LINK_BONUS
        uncertain = _uncertain(features)
        odds = SCALE * links.ratio[uncertain] + SHIFT + self.correction(features[uncertain])
        value[uncertain] -= WEIGHT * np.logaddexp(0, -odds)
        return value

    def parts(self, ratio: FloatArray, features: Features) -> "CorrectionParts":
        """What the correction of P ratios (P,) is made of, from `link_features` (P, F)."""
        parts = CorrectionParts(np.full(len(ratio), LINK_BONUS), np.zeros(len(ratio)), np.zeros(features.shape))
        uncertain = _uncertain(features)
        base, contribution = ExplainedTrees(self._booster, LINK_NAMES).parts(features[uncertain])
        correction, total = self.correction(features[uncertain]), contribution.sum(axis=1)
        within = np.where(np.abs(total) > 1e-9, (correction - base) / np.where(total == 0, 1, total), 1.0)
        low = SHIFT + base
        step = SCALE * ratio[uncertain] + correction - base
        gain = WEIGHT * (np.logaddexp(0, -low) - np.logaddexp(0, -low - step))
        slope = np.where(np.abs(step) > 1e-9, gain / np.where(step == 0, 1, step), 0.0)
        parts.base[uncertain] -= WEIGHT * np.logaddexp(0, -low)
        parts.slope[uncertain] = SCALE * slope
        parts.contribution[uncertain] = contribution * (within * slope)[:, None]
        return parts


@dataclass(frozen=True)
class CorrectionParts:
    """The correction of P ratios: base + slope * ratio + the sum of the contributions of F features.

    The correction is a curve over the log odds of the model. Its rise, from the log odds without features to those of a
    link, is divided among the features by their shares in the way between (Aumann and Shapley 1974).

    Attributes:
        base: (P,) nats.
        slope: (P,) of the ratio itself.
        contribution: (P, F) nats.
    """

    base: FloatArray
    slope: FloatArray
    contribution: FloatArray


def _uncertain(features: Features) -> IntArray:
    """The links that are corrected, from `link_features` (P, F)."""
    return np.flatnonzero(features[:, MARGINS].min(axis=1, initial=EASY) < EASY)
