"""A memory of predictions, for repeated calls with mostly the same rows, as of a window that moves over the frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MemoisedBooster:
    """Trees with the predictions of the last call in memory; used like an `xgboost.Booster`, with the same results.

    Args:
        trees: a model with one output.
    """

    def __init__(self, trees: Any) -> None:
        self._trees = trees
        self.feature_names: Sequence[str] = trees.feature_names
        self._memory: dict[bytes, float] = {}

    def inplace_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) predictions for rows of features (N, F), N at least 1; a feature that is NaN is missing."""
        rows = np.ascontiguousarray(features, np.float32)
        keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0].tolist()
        predictions = np.array([self._memory.get(key, np.nan) for key in keys], np.float32)
        new = np.flatnonzero(np.isnan(predictions))
        if len(new):
            predictions[new] = self._trees.inplace_predict(rows[new])
        self._memory = dict(zip(keys, predictions.tolist(), strict=True))
        return predictions
