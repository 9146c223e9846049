"""Boxes, frames and overlaps in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `boxes` and `frame_index`, in the same order of operations. `table` (4, N) holds x
and y of the centres, widths and heights of the detections.
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code


@machine_code()
def extent(x: Any) -> tuple[float, float]:
    """The lowest x, and the span of all; of both, 0 is one."""
    lowest = highest = 0.0
    for value in x:
        lowest, highest = min(lowest, value), max(highest, value)
    return lowest, highest - lowest + 1.0


@machine_code()
def share_of(x: float, lowest: float, span: float) -> float:
    """The place of x in the span."""
    return min(max((x - lowest) / span, -0.25), 1.25)


@machine_code()
def first_place(key: Any, start: int, stop: int, least: float) -> int:
    """The first place from `start` on whose key, ascending up to `stop`, is not less; `stop` for none."""
    while start < stop:
        middle = (start + stop) // 2
        if key[middle] < least:
            start = middle + 1
        else:
            stop = middle
    return start


@machine_code()
def larger(table: Any) -> Any:
    """A table with these columns, and room for as many others."""
    rows, count = table.shape
    larger = np.empty((rows, 2 * count), table.dtype)
    for row in range(rows):
        for place in range(count):
            larger[row, place] = table[row, place]
    return larger


@machine_code()
def _area(box: Any) -> Any:
    """The area of one box (4,)."""
    return (np.float64(box[2]) - np.float64(box[0])) * (np.float64(box[3]) - np.float64(box[1]))


@machine_code()
def iou(box: Any, i: int, j: int) -> Any:
    """Intersection over union of two of N boxes (N, 4)."""
    left, top = np.float64(max(box[i, 0], box[j, 0])), np.float64(max(box[i, 1], box[j, 1]))
    width, height = min(box[i, 2], box[j, 2]) - left, min(box[i, 3], box[j, 3]) - top
    intersection = max(width, 0.0) * max(height, 0.0)
    return intersection / (_area(box[i]) + _area(box[j]) - intersection)


@machine_code()
def columns(box: Any) -> Any:
    """(4, N) the table of boxes (N, 4)."""
    table = np.empty((4, len(box)))
    for k in range(len(box)):
        table[0, k] = (box[k, 0] + box[k, 2]) * np.float32(0.5)
        table[1, k] = (box[k, 1] + box[k, 3]) * np.float32(0.5)
        table[2, k] = box[k, 2] - box[k, 0]
        table[3, k] = box[k, 3] - box[k, 1]
    return table


@machine_code()
def frame_index(frame: Any, table: Any) -> Any:
    """The detections in order of (frame, x), as `FrameIndex` finds them.

    Returns:
        (N,) the rows in this order; (N,) the ascending keys of their places within the span of x; (R + 1,) the first
        row of each of R frames, and N; (N,) which of these frames each row is in.
    """
    x, count, runs, begin = table[0], len(frame), 0, 0
    order, key = np.zeros(count, np.int64), np.empty(count)
    start, run = np.empty(count + 1, np.int64), np.empty(count, np.int64)
    lowest, span = extent(x)
    while begin < count:
        end = begin
        while end < count and frame[end] == frame[begin]:
            place, run[end] = end, runs
            while place > begin and x[order[place - 1]] > x[end]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = end
            end += 1
        for place in range(begin, end):
            key[place] = frame[begin] * 2.0 + share_of(x[order[place]], lowest, span)
        start[runs] = begin
        begin, runs = end, runs + 1
    start[runs] = count
    return order, key, start[: runs + 1].copy(), run


@machine_code("frames", "boxes", "ints", "ints", "float", "float")
def suppress_non_maxima(frame: Any, box: Any, best_first: Any, label: Any, limit: float, different: float) -> Any:
    """(N,) which boxes remain, as `boxes.suppress_non_maxima` says.

    Args:
        frame: (N,) ascending.
        box: (N, 4).
        best_first: (N,) the rows, by frame and then by descending score.
        label: (N,) classes.
        limit: largest IoU of two boxes of one class.
        different: the same of two classes.
    """
    kept, stop = np.ones(len(box), np.bool_), 0
    for place in range(len(box)):
        better = best_first[place]
        while stop < len(box) and frame[best_first[stop]] <= frame[better]:
            stop += 1
        if not kept[better]:
            continue
        for other in best_first[place + 1 : stop]:
            if kept[other] and min(box[better, 2], box[other, 2]) > max(box[better, 0], box[other, 0]):
                kept[other] = iou(box, better, other) <= (limit if label[better] == label[other] else different)
    return kept


@machine_code()
def grouped(group: Any, groups: int) -> Any:
    """Rows by the group that each is in.

    Args:
        group: (P,) of each row.
        groups: N, more than any of these.

    Returns:
        (N + 1,) where the rows of each group start, and P; (P,) the rows, in their order for each.
    """
    start, order = np.zeros(groups + 1, np.int64), np.empty(len(group), np.int64)
    for p in range(len(group)):
        start[group[p] + 1] += 1
    for each in range(groups):
        start[each + 1] += start[each]
    filled = start.copy()
    for p in range(len(group)):
        order[filled[group[p]]] = p
        filled[group[p]] += 1
    return start, order
