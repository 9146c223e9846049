"""Search for the boxes of a frame near a position, for many positions at once."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray

BLOCK = 8192
"""Pairs that are computed together: few enough for the cache of a core."""


class FrameIndex:
    """Finds boxes by frame and horizontal position, by binary search in the order of (frame, x).

    Args:
        frame: (N,) frame of each box.
        x: (N,) its horizontal position in pixels.
    """

    def __init__(self, frame: NDArray[np.integer], x: FloatArray) -> None:
        self._order = np.lexsort((x, frame))
        self._lowest = float(x.min(initial=0.0))
        self._span = float(x.max(initial=0.0)) - self._lowest + 1.0
        self._key = self._keys(frame[self._order], x[self._order])

    def _keys(self, frame: NDArray[np.integer], x: FloatArray) -> FloatArray:
        return frame.astype(np.float64) * 2.0 + np.clip((x - self._lowest) / self._span, -0.25, 1.25)

    def within(self, frame: NDArray[np.integer], x: FloatArray, reach: FloatArray) -> tuple[IntArray, IntArray]:
        """The boxes of `frame[k]` whose position is in `x[k] +- reach[k]`, for each query k.

        Returns:
            (M,) query and (M,) box of each match, in the order of the queries.
        """
        start = np.searchsorted(self._key, self._keys(frame, x - reach), side="left")
        stop = np.searchsorted(self._key, self._keys(frame, x + reach), side="right")
        query = np.repeat(np.arange(len(frame)), stop - start)
        return query, self._order[ranges(start, stop)]


def ranges(start: IntArray, stop: IntArray) -> IntArray:
    """The concatenation of `arange(start[k], stop[k])` over all k."""
    length = stop - start
    ends = np.cumsum(length)
    position: IntArray = np.arange(length.sum()) - np.repeat(ends - length - start, length)
    return position


def blocks(size: IntArray) -> Iterator[slice]:
    """Slices of consecutive items whose sizes (N,) add up to about `BLOCK`; a single item may be larger."""
    ends = np.cumsum(size)
    cuts = np.searchsorted(ends, np.arange(BLOCK, ends[-1] if len(ends) else 0, BLOCK), side="right")
    for start, stop in pairwise(np.unique([0, *cuts, len(size)]).tolist()):
        yield slice(start, stop)
