"""Boosted trees on disk and in use."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.boosting.xgboost_c_api import Trees
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.parameters import Parameters

FloatArray = NDArray[np.float64]
LARGEST_FILE = 100_000_000
"""Bytes; larger files are no boosters of ours."""
NO_PARENT = 2**31 - 1
"""What XGBoost writes for the parent of a root."""


class BoostingParameters(Parameters):
    """How boosted trees are trained."""

    seed: int = Field(0, ge=0, description="of the row and column sampling")
    learning_rate: float = Field(0.05, gt=0, le=1, description="shrinkage of each tree")
    column_share: float = Field(0.5, gt=0, le=1, description="share of the features that each tree may use")
    smallest_leaf: float = Field(20.0, ge=0, description="least sum of curvature in a leaf; XGBoost's min_child_weight")


class FeatureError(ModelError):
    """A booster was made for other features."""


def predict(booster: Any, features: NDArray[np.float32], names: tuple[str, ...]) -> FloatArray:
    """(N,) the probabilities that a booster gives for rows of features (N, F) of F names; it may ask for some only."""
    if not len(features):
        return np.zeros(0)
    if tuple(booster.feature_names) != names:
        features = features[:, [names.index(name) for name in booster.feature_names]]
    probability: FloatArray = np.asarray(booster.inplace_predict(features), np.float64)
    return probability


def load_booster(path: Path, features: tuple[str, ...]) -> Trees:
    """Load trees from XGBoost's JSON, made for all or some of the features.

    Raises:
        ModelError: it is missing, no such model, or (`FeatureError`) made for other features.
    """
    if not path.is_file():
        raise ModelError(f"no model at {path}; train one with 'siamlink train'")
    if path.stat().st_size > LARGEST_FILE:
        raise ModelError(f"{path} is larger than any model that siamlink writes")
    content = path.read_bytes()
    if content[:2] != b'{"' or content[-1:] != b"}":  # XGBoost crashes on damaged models in its binary format
        raise ModelError(f"{path} is no XGBoost model in JSON, or is cut off")
    try:
        _check_trees(json.loads(content, object_pairs_hook=_without_doubles))
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError):
        raise ModelError(f"{path} is no XGBoost model, or damaged: its trees do not hold together") from None
    try:
        trees = Trees(content)
    except ValueError:  # the message is a stack trace
        raise ModelError(f"{path} is no XGBoost model that XGBoost {version('xgboost')} reads") from None
    names = trees.feature_names
    if not names or not set(names) <= set(features):
        raise FeatureError(f"{path} was made for other features than this version computes; train it again")
    return trees


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of a key that is there twice, XGBoost might read the other one.

    Raises:
        ValueError: a key is there twice.
    """
    whole = dict(pairs)
    if len(whole) < len(pairs):
        raise ValueError("a key is there twice")
    return whole


def _check_trees(model: dict[str, Any]) -> None:
    """See to it that no tree leads XGBoost, which does not look, beyond its nodes, its features or around a circle.

    Raises:
        ValueError: one does; other errors where a part is missing or of another kind.
    """
    learner = model["learner"]
    trees = learner["gradient_booster"]["model"]
    feature_count = int(learner["learner_model_param"]["num_feature"])
    if len(learner["feature_names"]) not in (0, feature_count) or any(trees["tree_info"]):
        raise ValueError("other features, or several outputs")
    rounds, count = np.asarray(trees["iteration_indptr"], np.int64), len(trees["trees"])
    if len(trees["tree_info"]) != count or rounds[0] != 0 or rounds[-1] != count or (np.diff(rounds) < 0).any():
        raise ValueError("trees without an output, or rounds without trees")
    for tree in trees["trees"]:
        if int(tree["tree_param"]["size_leaf_vector"]) > 1:
            raise ValueError("leaves of several outputs")
        names = ("left_children", "right_children", "parents", "split_indices")
        left, right, parent, feature = (np.asarray(tree[name], np.int64) for name in names)
        inner = left != -1
        children = np.concatenate([left[inner], right[inner]])
        nodes = np.arange(1, len(left))
        if (right[~inner] != -1).any() or not np.array_equal(np.sort(children), nodes):
            raise ValueError("nodes that are not the child of exactly one")
        parents = np.append(NO_PARENT, np.tile(np.flatnonzero(inner), 2)[np.argsort(children)])
        if not np.array_equal(parent, parents):
            raise ValueError("parents of other children")
        if (feature[inner] < 0).any() or (feature[inner] >= feature_count).any() or any(tree["split_type"]):
            raise ValueError("splits by features that are not there")


def train_booster(
    features: NDArray[np.float32],
    labels: NDArray[Any],
    weights: FloatArray,
    names: tuple[str, ...],
    parameters: BoostingParameters,
    rounds: int,
    **settings: float,
) -> Any:
    """Train trees that tell the probability of a label.

    Args:
        features: (N, F).
        labels: (N,) in [0, 1].
        weights: (N,) how much each row counts; only their ratios matter.
        names: of the F features.
        parameters: how.
        rounds: how many trees.
        settings: XGBoost's own, such as `max_depth`.
    """
    import xgboost

    weights = weights * (len(weights) / weights.sum())
    data = xgboost.QuantileDMatrix(features, labels, weight=weights, feature_names=list(names))
    options = {
        "objective": "binary:logistic",
        "learning_rate": parameters.learning_rate,
        "subsample": 0.8,
        "colsample_bytree": parameters.column_share,
        "min_child_weight": parameters.smallest_leaf,
        "seed": parameters.seed,
        "verbosity": 0,
        **settings,
    }
    return xgboost.train(options, data, rounds)
