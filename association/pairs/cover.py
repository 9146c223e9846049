"""The share of a box that another box covers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def covered_share(box: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """(...) the share of each box (..., 4) that the other box (..., 4) covers; the leading axes may be broadcast."""
    box, other = np.asarray(box, np.float64), np.asarray(other, np.float64)
    sides = np.minimum(box[..., 2:], other[..., 2:]) - np.maximum(box[..., :2], other[..., :2])
    share: NDArray[np.float64] = np.clip(sides, 0, None).prod(axis=-1) / (box[..., 2:] - box[..., :2]).prod(axis=-1)
    return share
