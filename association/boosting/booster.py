"""Boosted trees: loading them from a file, predicting with them, training them."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.boosting.xgboost_c_api import Trees
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import InputError, ModelError
from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.base.parameters import Parameters, renamed

LARGEST_FILE = 100_000_000
"""Bytes; siamlink writes no larger models."""
NO_PARENT = 2**31 - 1
"""The parent of a root in files of XGBoost."""


class BoostingParameters(Parameters):
    """How boosted trees are trained."""

    seed: int = Field(0, ge=0, description="seed of the random choice of rows and columns")
    learning_rate: float = Field(0.05, gt=0, le=1, description="factor on the contribution of each tree")
    column_share: float = Field(0.5, gt=0, le=1, description="share of the features that each tree may use")
    min_leaf_weight: float = Field(
        20.0,
        ge=0,
        description="smallest sum of second derivatives in a leaf (min_child_weight of XGBoost)",
        json_schema_extra=renamed(former_name="smallest_leaf"),
    )


class FeatureError(ModelError):
    """A model was trained on other features."""


def predict(booster: Any, features: NDArray[np.float32], names: tuple[str, ...]) -> FloatArray:
    """Predict probabilities.

    Args:
        booster: a model of all or some of the features.
        features: (N, F).
        names: of the F features.

    Returns:
        (N,).
    """
    if not len(features):
        return np.zeros(0)
    if tuple(booster.feature_names) != names:
        features = features[:, [names.index(name) for name in booster.feature_names]]
    probability: FloatArray = np.asarray(booster.inplace_predict(features), np.float64)
    return probability


def load_booster(path: Path, features: tuple[str, ...], former: Mapping[str, str] | None = None) -> Trees:
    """Load a model from JSON of XGBoost.

    Args:
        path: the file.
        features: names of the features; the model was trained on all or some of them.
        former: former feature name to present name; a file with former names is read with a `FutureWarning`.

    Raises:
        ModelError: the file is missing, is not such a model, or (`FeatureError`) was trained on other features.
    """
    if not path.is_file():
        raise ModelError(f"no model at {path}; train one with 'siamlink train'")
    if path.stat().st_size > LARGEST_FILE:
        raise ModelError(f"{path} is larger than any model that siamlink writes")
    content = path.read_bytes()
    if content[:2] != b'{"' or content[-1:] != b"}":  # XGBoost crashes on damaged models in its binary format
        raise ModelError(f"{path} is not an XGBoost model in JSON, or is truncated")
    try:
        model = json.loads(content, object_pairs_hook=_unique_keys)
        _check_trees(model)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError):
        raise ModelError(f"{path} is not an XGBoost model, or its trees are damaged") from None
    try:
        trees = Trees(content, model)
    except ValueError:  # the message is a stack trace
        raise ModelError(f"{path} is not a model that XGBoost {package_version('xgboost')} can read") from None
    if former:
        trees.feature_names = _present_names(trees.feature_names, features, former, path)
    names = trees.feature_names
    if not names or not set(names) <= set(features):
        raise FeatureError(f"{path} was trained on other features than this version computes; train it again")
    return trees


def _present_names(
    names: Sequence[str], features: tuple[str, ...], former: Mapping[str, str], path: Path
) -> Sequence[str]:
    """The names of a model's features, the former ones replaced, with a warning if there are any."""
    old = [name for name in names if name in former and name not in features]
    if not old:
        return names
    changes = ", ".join(f"{name} is {former[name]} now" for name in old)
    warnings.warn(
        f"{path} has former feature names ({changes}); train it again, as the next release will not read it",
        FutureWarning,
        stacklevel=3,
    )
    return [former[name] if name in old else name for name in names]


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of JSON with these keys and values. Of a double key, XGBoost might read the other value.

    Raises:
        ValueError: a key occurs twice.
    """
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("a key occurs twice")
    return unique


def _check_trees(model: dict[str, Any]) -> None:
    """Check that the trees are trees, and use only features of the model; XGBoost does not check that.

    Raises:
        ValueError: a child, parent or feature is out of range, or nodes form a circle. Where a part is missing or has
            another type: `KeyError`, `IndexError`, `TypeError` or `OverflowError`.
    """
    learner = model["learner"]
    trees = learner["gradient_booster"]["model"]
    feature_count = int(learner["learner_model_param"]["num_feature"])
    if len(learner["feature_names"]) not in (0, feature_count) or any(trees["tree_info"]):
        raise ValueError("another number of features, or several outputs")
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
            raise ValueError("a node is not the child of exactly one other")
        parents = np.append(NO_PARENT, np.tile(np.flatnonzero(inner), 2)[np.argsort(children)])
        if not np.array_equal(parent, parents):
            raise ValueError("parents and children do not agree")
        if (feature[inner] < 0).any() or (feature[inner] >= feature_count).any() or any(tree["split_type"]):
            raise ValueError("a split by a feature that does not exist, or by categories")


@dataclass(frozen=True)
class WeightedExamples:
    """N rows to learn from.

    Attributes:
        features: (N, F).
        target: (N,) the probability to learn, in [0, 1].
        weight: (N,) how much each row counts; only the ratios matter.
        margin: (N,) log odds that the trees begin at; None for the same in all rows. All parts have them, or none.
    """

    features: NDArray[np.float32]
    target: NDArray[Any]
    weight: FloatArray
    margin: FloatArray | None = None

    @classmethod
    def of_video(
        cls, features: NDArray[np.float32], target: NDArray[Any], weight: FloatArray | None = None
    ) -> "WeightedExamples":
        """The rows of one video, which counts by the square root of their total weight.

        So one long crowded video does not outweigh the others. Without a weight (N,) all rows count alike.
        """
        weight = np.ones(len(target)) if weight is None else weight
        return cls(features, target, weight / max(weight.sum(), 1e-9) ** 0.5)


def train_booster(
    examples: Sequence[WeightedExamples],
    names: Sequence[str],
    kinds: str,
    parameters: BoostingParameters,
    rounds: int,
    **settings: float,
) -> Any:
    """Train trees that predict the probability of the target.

    Args:
        examples: rows to learn from, in parts, such as one for each video.
        names: of the F features.
        kinds: the two kinds of examples that are needed, for the message.
        parameters: learning rate, seed and so on.
        rounds: number of trees.
        settings: other settings of XGBoost, such as `max_depth`.

    Raises:
        InputError: there are no examples, or all have the same target.
    """
    import xgboost

    target = np.concatenate([part.target for part in examples]) if examples else np.zeros(0)
    if not len(target) or target.min() == target.max():
        raise InputError(f"nothing to learn from: the sequences must hold both {kinds}")
    features = np.concatenate([part.features for part in examples])
    weights = np.concatenate([part.weight for part in examples])
    weights = weights * (len(weights) / weights.sum())
    margins = [part.margin for part in examples if part.margin is not None]
    margin = np.concatenate(margins) if margins else None
    data = xgboost.QuantileDMatrix(features, target, weight=weights, base_margin=margin, feature_names=list(names))
    options = {
        "objective": "binary:logistic",
        "learning_rate": parameters.learning_rate,
        "subsample": 0.8,
        "colsample_bytree": parameters.column_share,
        "min_child_weight": parameters.min_leaf_weight,
        "seed": parameters.seed,
        "verbosity": 0,
        **settings,
    }
    return xgboost.train(options, data, rounds)
