"""The learned model of links: boosted trees on top of the calibrated likelihood ratio.

The trees begin at the calibrated ratio, scaled, and learn what it leaves out; what they add is bounded, so that where
they have not seen the like the likelihood decides.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.link_features import NAMES as LINK_NAMES
from siamlink.association.calibrated.truth_features import Features
from siamlink.detectors.base.arrays import FloatArray

SCALE, SHIFT = 0.3, -2.0
"""Log odds of a link are so many times its calibrated ratio, and this."""
WORTH, WEIGHT = 1.0, 2.0
"""Nats that a link that the trees are sure of gains, and how often the logarithm of its probability is counted."""
LOWEST, HIGHEST = -8.0, 12.0
"""Nats that the ratio is cut to before it is scaled, in training."""
MARGINS = [LINK_NAMES.index(name) for name in ("ratio", "margin_earlier", "margin_later")]
MOST = 8.0
"""Nats that the trees can add or take."""
BOUNDS = 1 / (1 + math.exp(MOST)), 1 / (1 + math.exp(-MOST))
"""The probabilities of these."""
EASY = 12.0
"""Nats; a link with a ratio, and a margin over every competing link, above this is not put to the trees."""


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

    def corrected(self, links: Links, features: Features) -> Links:
        """The links that are more likely than not, with log odds for ratios."""
        value = links.ratio + WORTH
        doubt = np.flatnonzero(features[:, MARGINS].min(axis=1, initial=EASY) < EASY)
        odds = SCALE * links.ratio[doubt] + SHIFT + self.correction(features[doubt])
        value[doubt] -= WEIGHT * np.logaddexp(0, -odds)
        good = value > 0
        return replace(
            links,
            earlier=links.earlier[good],
            later=links.later[good],
            ratio=value[good],
            jumped=links.jumped[good],
            parts=links.parts[good],
        )
