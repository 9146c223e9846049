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
DEEPEST = 10
"""Trees of more levels are left to XGBoost: here each takes the room of a full one."""
ROWS = 64
"""Rows that go through a tree together."""
FEW_ROWS = 16
"""Up to so many rows are followed from node to node from the root on."""
WIDE_LEVELS = 3
"""In the first levels, all rows are compared with each node: without any branch, for eight rows at once."""

_COLUMNS = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class TreeLoops:
    """T trees as full ones of depth D, level by level: where a branch ends before, both sides go on to its leaf.

    Args:
        trees: as in the JSON of XGBoost.
        base: log odds without trees.
    """

    def __init__(self, trees: list[dict[str, Any]], base: np.float32) -> None:
        sizes = [len(tree["left_children"]) for tree in trees]
        root = np.cumsum([0, *sizes[:-1]])
        joined = {name: np.concatenate([tree[name] for tree in trees]) for name in _COLUMNS}
        leaf, first = joined["left_children"] < 0, np.repeat(root, sizes)
        itself = np.arange(len(leaf))
        below = np.stack(
            [np.where(leaf, itself, joined[side] + first) for side in ("left_children", "right_children")], axis=-1
        )
        column = np.where(leaf, 0, 2 * joined["split_indices"] + (joined["default_left"] == 0))
        value, levels = joined["split_conditions"].astype(np.float32), [root[:, None]]
        while not leaf[levels[-1]].all() and len(levels) <= DEEPEST:
            levels.append(below[levels[-1]].reshape(len(trees), -1))
        self.complete = bool(leaf[levels[-1]].all())
        self._base, self._leaf = base, value[levels.pop()]
        inner = np.concatenate([np.zeros((len(trees), 0), np.int64), *levels], axis=1)
        self._column, self._limit = column[inner].astype(np.uint32), value[inner]

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) probabilities of rows (N, F); a feature that is NaN is missing."""
        probability: NDArray[np.float32] = _predict(rows, self._column, self._limit, self._leaf, self._base)
        return probability

    def sample(self, features: int) -> NDArray[np.float32]:
        """(CHECKED_ROWS, features) rows of values at the limits of the trees and around them, some of them missing."""
        random = np.random.default_rng(0)
        rows = random.normal(0, 1, (CHECKED_ROWS, features)).astype(np.float32)
        for feature in range(features):
            limits = self._limit[self._column // 2 == feature]
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
        if loops.complete and np.array_equal(loops.predict(rows), predict(rows)):
            return loops
    return None


@machine_code()
def _fill(table: Any, rows: Any, begin: int, count: int) -> None:
    """Write rows into a table (2 F, ROWS): missing values are low in the first line of a feature, high in the other."""
    for feature in range(rows.shape[1]):
        for k in range(count):
            value = rows[begin + k, feature]
            missing = value != value  # noqa: PLR0124 - NaN
            table[2 * feature, k] = -np.inf if missing else value
            table[2 * feature + 1, k] = np.inf if missing else value


@machine_code()
def _to_probability(odds: Any) -> None:
    """Replace log odds by probabilities, by the sigmoid of XGBoost, in 32 bits."""
    for row in range(len(odds)):
        power = exp(min(-odds[row], np.float32(88.7)))
        odds[row] = np.float32(1) / (power + np.float32(1) + np.float32(1e-16))


@machine_code("values", "nodes", "values", "values", "single")
def _predict(rows: Any, column: Any, limit: Any, leaf: Any, base: Any) -> Any:
    """(N,) probabilities of rows (N, F).

    Args:
        rows: (N, F).
        column: (T, M) of the M inner nodes of each tree: twice the feature that it compares, and one more where missing
            values go on to the side of the high ones.
        limit: (T, M) values from this one on go on to the high side.
        leaf: (T, M + 1) the log odds that each leaf adds.
        base: log odds without trees.
    """
    odds, depth = np.full(len(rows), base, np.float32), 0
    while 1 << depth < leaf.shape[1]:
        depth += 1
    table = np.empty((2 * rows.shape[1], ROWS), np.float32)
    at, high = np.empty(ROWS, np.uint32), np.empty(ROWS, np.uint32)
    for begin in range(0, len(rows), ROWS):
        count = min(ROWS, len(rows) - begin)
        wide = min(WIDE_LEVELS, depth) if count > FEW_ROWS else 0
        _fill(table, rows, begin, count)
        for tree in range(len(column)):
            at[:count], node = 0, 0
            for level in range(wide):
                high[:count] = 0
                for number in range(1 << level):
                    values, least, here = table[column[tree, node]], limit[tree, node], np.uint32(number)
                    for k in range(count):
                        high[k] |= np.uint32((at[k] == here) & (values[k] >= least))
                    node += 1
                for k in range(count):
                    at[k] = np.uint32(2) * at[k] + high[k]
            for level in range(wide, depth):
                first = np.uint32((1 << level) - 1)
                for k in range(count):
                    inner = np.uint64(first + at[k])
                    value = table[np.uint64(column[tree, inner]), np.uint64(k)]
                    at[k] = np.uint32(2) * at[k] + np.uint32(value >= limit[tree, inner])
            for k in range(count):
                odds[begin + k] += leaf[tree, np.uint64(at[k])]
    _to_probability(odds)
    return odds
