"""The model of links: boosted trees that correct the calibrated likelihood ratio.

Training starts from the scaled ratio, so the trees learn a correction only. The correction is bounded, so that the
likelihood ratio decides where the trees have no training data.
"""

import math
from pathlib import Path

import numpy as np

from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.link_features import NAMES as LINK_NAMES
from siamlink.association.calibrated.object_features import Features
from siamlink.detectors.base.arrays import FloatArray

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
        uncertain = np.flatnonzero(features[:, MARGINS].min(axis=1, initial=EASY) < EASY)
        odds = SCALE * links.ratio[uncertain] + SHIFT + self.correction(features[uncertain])
        value[uncertain] -= WEIGHT * np.logaddexp(0, -odds)
        return value
