"""Trees that are asked again and again about mostly the same rows, as by a window that moves on with the frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MemoisedBooster:
    """Trees that answer rows of the last time from memory; asked like an `xgboost.Booster`, with the same answers.

    Args:
        trees: of one output, whose answer to a row depends on nothing else.
    """

    def __init__(self, trees: Any) -> None:
        self._trees = trees
        self.feature_names: Sequence[str] = trees.feature_names
        self._answers: dict[bytes, float] = {}

    def inplace_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) the answers to rows of features (N, F), N at least 1; NaN stands for what is not known."""
        rows = np.ascontiguousarray(features, np.float32)
        keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0].tolist()
        answers = np.array([self._answers.get(key, np.nan) for key in keys], np.float32)
        new = np.flatnonzero(np.isnan(answers))
        if len(new):
            answers[new] = self._trees.inplace_predict(rows[new])
        self._answers = dict(zip(keys, answers.tolist(), strict=True))
        return answers
