"""How much each feature contributes to what trees predict."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.boosting.xgboost_c_api import Trees
from siamlink.detectors.base.arrays import FloatArray


def contributions(booster: Any, features: NDArray[np.float32], names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """The log odds of each row as the sum of a base and the contributions of its features.

    Args:
        booster: a model of all or some of the features; `Trees` or an `xgboost.Booster`.
        features: (N, F).
        names: of the F features.

    Returns:
        (N,) the log odds without features, and (N, F) the contributions, 0 of features that the model does not use.
    """
    base, contribution = np.zeros(len(features)), np.zeros(features.shape)
    if not len(features):
        return base, contribution
    trees = booster if isinstance(booster, Trees) else Trees(bytes(booster.save_raw("json")))
    columns = [names.index(name) for name in trees.feature_names]
    found = trees.contributions(features[:, columns])
    contribution[:, columns], base[:] = found[:, :-1], found[:, -1]
    return base, contribution
