"""Geometry of boxes, always `x1 y1 x2 y2` in pixels: centres, overlap and non-maximum suppression."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Boxes, Float32Array, FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex, blocks

SAME_BOX = 0.9
"""IoU of boxes of different classes above which they are one object, found twice."""


def iou_matrix(a: Boxes, b: Boxes) -> FloatArray:
    """Intersection over union of every box of `a` (N, 4) with every box of `b` (M, 4), as (N, M)."""
    left, right = np.asarray(a, np.float64)[:, None], np.asarray(b, np.float64)[None]
    return _iou(left, right)


def iou_pairs(a: Boxes, b: Boxes) -> FloatArray:
    """Intersection over union of each box of `a` (N, 4) with the box of `b` (N, 4) in the same row, as (N,)."""
    return _iou(np.asarray(a, np.float64), np.asarray(b, np.float64))


def _iou(a: FloatArray, b: FloatArray) -> FloatArray:
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    intersection = np.maximum(width, 0) * np.maximum(height, 0)
    iou: FloatArray = intersection / (_area(a) + _area(b) - intersection)
    return iou


def _area(box: FloatArray) -> FloatArray:
    area: FloatArray = (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    return area


def suppress_overlaps(detections: Detections, iou_limit: float) -> Detections:
    """Non-maximum suppression in every frame, as by `suppress_non_maxima`."""
    return detections[
        suppress_non_maxima(detections.box, detections.score, iou_limit, detections.frame, detections.label)
    ]


def suppress_non_maxima(
    box: Boxes,
    score: Float32Array,
    iou_limit: float,
    frame: NDArray[np.integer] | None = None,
    label: NDArray[np.integer] | None = None,
    same_box: float = SAME_BOX,
) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: a box is dropped if it overlaps a better box of its frame that is not dropped.

    Of two classes, boxes are dropped only if they are nearly the same: a rider and the bicycle are two objects.

    Args:
        box: (N, 4) corners.
        score: (N,) the best comes first; of equal scores the earlier row does.
        iou_limit: two boxes overlap if their intersection over union exceeds this.
        frame: (N,) the frame of each box; None: all are in one frame.
        label: (N,) the class of each box; None: all are of one class. Two boxes of different classes overlap if their
            intersection over union exceeds both `iou_limit` and `same_box`.
        same_box: see `label`.

    Returns:
        The rows of the boxes that are not dropped, ascending.
    """
    different = max(iou_limit, same_box)
    loops = compiled("siamlink.detectors.box_loops", len(box))
    if loops and box.dtype == np.float32:
        frame = np.zeros(len(box), np.int32) if frame is None else frame.astype(np.int32)
        label = np.zeros(len(box), np.int64) if label is None else label.astype(np.int64)
        best_first = np.lexsort((-score, frame))
        corners = np.ascontiguousarray(box)
        return np.flatnonzero(loops.suppress_non_maxima(frame, corners, best_first, label, iou_limit, different))
    box = np.asarray(box, np.float64)
    frame = np.zeros(len(box), np.int64) if frame is None else frame
    # Neither of two overlapping boxes is wider than the other by more than 1 / limit, so their centres are this close.
    centre, reach = (box[:, 0] + box[:, 2]) / 2, (box[:, 2] - box[:, 0]) / (2 * max(iou_limit, 1e-9))
    index, kept = FrameIndex(frame, centre), np.ones(len(box), bool)
    best_first = np.argsort(-score, kind="stable")
    rank = np.empty(len(box), np.int64)
    rank[best_first] = np.arange(len(box))
    for block in blocks(_frame_size(frame)[best_first]):
        rows = best_first[block]
        rows = rows[kept[rows]]
        query, other = index.within(frame[rows], centre[rows], reach[rows])
        better = rows[query]
        lower = rank[other] > rank[better]
        better, other = better[lower], other[lower]
        limit = iou_limit if label is None else np.where(label[better] == label[other], iou_limit, different)
        overlaps = iou_pairs(box[better], box[other]) > limit
        for winner, loser in zip(better[overlaps].tolist(), other[overlaps].tolist(), strict=True):
            if kept[winner]:
                kept[loser] = False
    return np.flatnonzero(kept)


def _frame_size(frame: NDArray[np.integer]) -> IntArray:
    """(N,) how many boxes are in the frame of each box."""
    _, place, count = np.unique(frame, return_inverse=True, return_counts=True)
    size: IntArray = count[place]
    return size


def centres(box: Boxes) -> FloatArray:
    """(N, 2) centres of boxes (N, 4), in float64."""
    return (box[:, :2].astype(np.float64) + box[:, 2:]) / 2
