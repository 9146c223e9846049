"""A memory of predictions, for repeated calls with mostly the same rows, as of a window that moves over the frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MemoisedBooster:
    """Trees with the predictions of the last call in memory; used like an `xgboost.Booster`, with the same results.

    Rows are found again by a sum of their bits, and compared. Compiled trees predict all rows, which takes no longer.

    Args:
        trees: a model with one output.
    """

    def __init__(self, trees: Any) -> None:
        self._trees = trees
        self.feature_names: Sequence[str] = trees.feature_names
        self._factors = np.zeros(0, np.uint64)
        self._key, self._predictions = np.zeros(1, np.uint64), np.zeros(1, np.float32)
        self._bits = np.zeros((1, 0), np.uint32)

    def inplace_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) predictions for rows of features (N, F), N at least 1; a feature that is NaN is missing."""
        rows = np.ascontiguousarray(features, np.float32)
        if getattr(self._trees, "compiled", False):
            predicted: NDArray[np.float32] = self._trees.inplace_predict(rows)
            return predicted
        bits = rows.view(np.uint32)
        if self._bits.shape[1] != bits.shape[1]:
            self._factors = np.random.default_rng(0).integers(0, 2**64, bits.shape[1], np.uint64)
            self._bits = np.zeros((1, bits.shape[1]), np.uint32)
            self._key, self._predictions = np.zeros(1, np.uint64), np.full(1, np.nan, np.float32)
        key = bits @ self._factors
        place = np.searchsorted(self._key, key).clip(max=len(self._key) - 1)
        predictions = np.where((self._bits[place] == bits).all(axis=1), self._predictions[place], np.nan)
        new = np.flatnonzero(np.isnan(predictions))
        if len(new):
            predictions[new] = self._trees.inplace_predict(rows[new])
        order = np.argsort(key)
        self._key, self._bits, self._predictions = key[order], bits[order], predictions[order]
        return predictions
