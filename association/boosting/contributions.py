"""The log odds that trees predict, and how much each feature contributes to them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.boosting.xgboost_c_api import Trees
from siamlink.detectors.base.arrays import FloatArray


class ExplainedTrees:
    """The log odds of rows as the sum of a base and the contributions of features.

    Args:
        booster: a model of all or some of the features; `Trees` or an `xgboost.Booster`.
        names: of the F features.
    """

    def __init__(self, booster: Any, names: tuple[str, ...]) -> None:
        self._trees = booster if isinstance(booster, Trees) else Trees(bytes(booster.save_raw("json")))
        self._columns = [names.index(name) for name in self._trees.feature_names]

    def log_odds(self, features: NDArray[np.float32]) -> FloatArray:
        """(N,) of rows of features (N, F)."""
        if not len(features):
            return np.zeros(0)
        return self._trees.margins(features[:, self._columns]).astype(np.float64)

    def parts(self, features: NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
        """(N,) the log odds without features, and (N, F) the contributions, 0 of features that are not used."""
        base, contribution = np.zeros(len(features)), np.zeros(features.shape)
        if len(features):
            found = self._trees.contributions(features[:, self._columns])
            contribution[:, self._columns], base[:] = found[:, :-1], found[:, -1]
        return base, contribution
