"""Boosted trees on disk and in use."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.errors import ModelError

FloatArray = NDArray[np.float64]


class FeatureError(ModelError):
    """A booster was made for other features."""


def predict(booster: Any, features: NDArray[np.float32]) -> FloatArray:
    """(N,) the probabilities that a booster gives for rows of features (N, F)."""
    if not len(features):
        return np.zeros(0)
    probability: FloatArray = np.asarray(booster.inplace_predict(features), np.float64)
    return probability


def load_booster(path: Path, features: tuple[str, ...]) -> Any:
    """Load a booster from XGBoost's JSON.

    Raises:
        ModelError: it is missing, no such model, or (`FeatureError`) made for other features.
    """
    import xgboost

    if not path.is_file():
        raise ModelError(f"no model at {path}; train one with 'siamlink train'")
    content = path.read_bytes()
    if content[:2] != b'{"' or content[-1:] != b"}":  # XGBoost crashes on damaged models in its binary format
        raise ModelError(f"{path} is no XGBoost model in JSON, or is cut off")
    booster = xgboost.Booster(params={"nthread": 1})  # more threads cost more than they bring on few rows
    try:
        booster.load_model(bytearray(content))
    except (xgboost.core.XGBoostError, ValueError):  # the message is a stack trace
        raise ModelError(f"{path} is no XGBoost model that XGBoost {xgboost.__version__} reads") from None
    if tuple(booster.feature_names or ()) != features:
        raise FeatureError(f"{path} was made for other features than this version computes; train it again")
    return booster
