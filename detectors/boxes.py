"""Geometry of boxes, always `x1 y1 x2 y2` in pixels."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32] | NDArray[np.float64]
"""(N, 4) corners `x1 y1 x2 y2`."""
BLOCK = 256
"""Boxes compared together with all others of a crowded frame, which would fill the memory at once."""


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union of every box of `a` (N, 4) with every box of `b` (M, 4), as (N, M)."""
    left, right = np.asarray(a, np.float64)[:, None], np.asarray(b, np.float64)[None]
    return _overlap(left, right)


def iou_pairs(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each box of `a` (N, 4) with the box of `b` (N, 4) in the same row, as (N,)."""
    return _overlap(np.asarray(a, np.float64), np.asarray(b, np.float64))


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    overlap: NDArray[np.float64] = shared / union
    return overlap


def suppress_non_maxima(box: Boxes, score: NDArray[np.float32], iou_limit: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression within one frame.

    Args:
        box: (N, 4) corners.
        score: (N,) the best score is kept first; equal scores keep the earlier row.
        iou_limit: a box that overlaps a kept one by more than this is dropped.

    Returns:
        The indices of the kept boxes, ascending.
    """
    dropped = np.zeros(len(box), bool)
    best_first = np.argsort(-score, kind="stable")
    for start in range(0, len(box), BLOCK):
        rows = best_first[start : start + BLOCK]
        rows = rows[~dropped[rows]]
        overlap = iou_matrix(box[rows], box) > iou_limit
        overlap[np.arange(len(rows)), rows] = False
        crowded = overlap.any(axis=1)
        for index, overlaps in zip(rows[crowded], overlap[crowded], strict=True):
            if not dropped[index]:
                dropped |= overlaps
    return np.flatnonzero(~dropped)
