"""Columns of numbers as text: base64 of little-endian arrays."""

import base64
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from siamlink.detectors.base.arrays import FloatArray

FINEST_UNIT = 0.25
"""Pixels; the least unit of the corners of boxes."""
LARGEST_SCORE = 255


def packed(values: ArrayLike, dtype: type[np.generic]) -> str:
    """Base64 of the values as a little-endian array of a type."""
    column = np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(column.tobytes()).decode("ascii")


def unpacked(text: str, dtype: type[np.generic]) -> Any:
    """The array (N,) that `packed` made a text of."""
    return np.frombuffer(base64.b64decode(text), np.dtype(dtype).newbyteorder("<")).astype(dtype)


def box_unit(box: FloatArray) -> float:
    """Pixels of the least step of boxes (N, 4) as int16: a quarter, or as often doubled as the largest needs."""
    largest = float(np.abs(box).max(initial=0)) / FINEST_UNIT / np.iinfo(np.int16).max
    return FINEST_UNIT * 2 ** max(0, math.ceil(math.log2(largest))) if largest > 0 else FINEST_UNIT


def score_bytes(score: FloatArray, lowest: float, highest: float) -> FloatArray:
    """(N,) scores as whole numbers from 0, the lowest, to 255, the highest; all 255 where these are equal."""
    span = highest - lowest
    return np.rint(LARGEST_SCORE * ((score - lowest) / span if span else np.ones(len(score))))
