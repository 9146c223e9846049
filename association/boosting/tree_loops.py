"""Boosted trees in compiled loops, with the predictions of XGBoost bit by bit; imported where Numba is installed.

A call of XGBoost takes 30 to 60 microseconds even for a single row, and twice the time of these loops for each row.
"""

from collections.abc import Callable
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.machine_code import machine_code

CHECKED_ROWS = 512
"""Rows that are predicted by both before the loops are used."""
ROWS = 64
"""Rows that go through a tree together."""

_COLUMNS = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class TreeLoops:
    """Trees of depth D in one table.

    Args:
        trees: as in the JSON of XGBoost.
        base: log odds without trees.
    """

    def __init__(self, trees: list[dict[str, Any]], base: np.float32) -> None:
        sizes = [len(tree["left_children"]) for tree in trees]
        self._root, self._base, count = np.cumsum([0, *sizes[:-1]]), base, sum(sizes)
        joined = {name: np.concatenate([tree[name] for tree in trees]) for name in _COLUMNS}
        leaf, first = joined["left_children"] < 0, np.repeat(self._root, sizes)
        self._node = np.zeros((count, 4), np.uint32)
        self._node[:, 0], self._node[:, 1] = joined["left_children"] + first, joined["right_children"] + first
        self._node[:, 2], self._node[:, 3] = joined["split_indices"], joined["default_left"] == 0
        self._node[leaf] = np.flatnonzero(leaf)[:, None] * [1, 1, 0, 0]
        value = joined["split_conditions"].astype(np.float32)
        self._value = np.stack([np.where(leaf, np.float32(np.inf), value), np.where(leaf, value, np.float32(0))])
        self._depth, level = 0, self._root
        while not leaf[level].all():
            self._depth, level = self._depth + 1, np.unique(self._node[level, :2])

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) probabilities of rows (N, F); a feature that is NaN is missing."""
        probability: NDArray[np.float32] = _predict(rows, self._root, self._node, self._value, self._depth, self._base)
        return probability

    def sample(self, features: int) -> NDArray[np.float32]:
        """(CHECKED_ROWS, features) rows of values at the limits of the trees and around them, some of them missing."""
        random, limit = np.random.default_rng(0), self._value[0]
        rows = random.normal(0, 1, (CHECKED_ROWS, features)).astype(np.float32)
        for feature in range(features):
            limits = limit[np.isfinite(limit) & (self._node[:, 2] == feature)]
            if len(limits):
                rows[:, feature] = random.choice(limits, CHECKED_ROWS)
        shifted = random.random(rows.shape) < 0.5
        rows[shifted] = np.nextafter(rows[shifted], np.float32(-np.inf))
        rows[random.random(rows.shape) < 0.1] = np.nan
        return rows


def tree_loops(model: dict[str, Any], predict: Predict) -> TreeLoops | None:
    """Trees that predict what XGBoost predicts; None if they are of another kind, or if any prediction differs.

    Args:
        model: the JSON of XGBoost.
        predict: predicts by XGBoost.
    """
    learner = model["learner"]
    if learner["objective"]["name"] != "binary:logistic" or learner["gradient_booster"]["name"] != "gbtree":
        return None
    trees, features = learner["gradient_booster"]["model"]["trees"], int(learner["learner_model_param"]["num_feature"])
    if not trees or any(any(tree.get("split_type", ())) for tree in trees):
        return None
    chance = float(learner["learner_model_param"]["base_score"].strip("[]"))
    base = np.float32(-log(np.float32(1) / np.float32(chance) - np.float32(1)))
    for each in (base, *(np.nextafter(base, np.float32(end)) for end in (-np.inf, np.inf))):
        loops = TreeLoops(trees, each)
        rows = loops.sample(features)
        if np.array_equal(loops.predict(rows), predict(rows)):
            return loops
    return None


@machine_code("values", "ints", "nodes", "values", "int", "single")
def _predict(rows: Any, root: Any, node: Any, value: Any, depth: int, base: Any) -> Any:
    """(N,) probabilities of rows (N, F).

    Args:
        rows: (N, F).
        root: (T,) the first node of each tree.
        node: (M, 4) the node after each one for lower values, and for others; the feature that it compares; which of
            the two nodes missing values lead to. A leaf leads to itself.
        value: (2, M) what values are compared with, infinite in leaves; the log odds that a leaf adds.
        depth: of the deepest tree.
        base: log odds without trees.
    """
    odds, at = np.full(len(rows), base, np.float32), np.empty(ROWS, np.uint32)
    for begin in range(0, len(rows), ROWS):
        count = min(ROWS, len(rows) - begin)
        for first in root:
            for k in range(count):
                at[k] = first
            for _ in range(depth):
                for k in range(count):
                    found = rows[np.uint64(begin + k), node[at[k], np.uint64(2)]]
                    side = np.uint32(found >= value[np.uint64(0), at[k]])
                    if found != found:  # noqa: PLR0124 - NaN
                        side = node[at[k], np.uint64(3)]
                    at[k] = node[at[k], side]
            for k in range(count):
                odds[begin + k] += value[np.uint64(1), at[k]]
    for row in range(len(rows)):  # the sigmoid of XGBoost, in 32 bits
        power = exp(min(-odds[row], np.float32(88.7)))
        odds[row] = np.float32(1) / (power + np.float32(1) + np.float32(1e-16))
    return odds
