"""Features of tracklets and of their pairs in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `features` and `pair_features`, in the same order of operations. An end of T
tracklets is the tuple of the columns of `TrackletEnd`.
"""

from math import hypot
from typing import Any

import numpy as np

from siamlink.association.tracklets.loops import path_occupancy
from siamlink.association.tracklets.summary_loops import sum_of
from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import iou

END = "(ints ints floats table table floats)"


@machine_code()
def _centre(box: Any, row: int) -> Any:
    """X and y of the centre of one of N boxes (N, 4)."""
    x, y = (box[row, 0] + box[row, 2]) * np.float32(0.5), (box[row, 1] + box[row, 3]) * np.float32(0.5)
    return np.float64(x), np.float64(y)


@machine_code()
def _length(x: float, top: float, foot: float) -> float:
    """The length of a vector of x, top and foot."""
    return hypot(x, (top + foot) / 2)


@machine_code()
def _cover(box: Any, i: int, j: int) -> Any:
    """The share of one of N boxes (N, 4) that another one covers."""
    x, y = np.float64(box[i, 0]), np.float64(box[i, 1])
    width = min(np.float64(box[i, 2]), np.float64(box[j, 2])) - max(x, np.float64(box[j, 0]))
    height = min(np.float64(box[i, 3]), np.float64(box[j, 3])) - max(y, np.float64(box[j, 1]))
    return max(width, 0.0) * max(height, 0.0) / ((np.float64(box[i, 2]) - x) * (np.float64(box[i, 3]) - y))


@machine_code("frames", "boxes", "ints", "ints")
def largest_cover(frame: Any, box: Any, owner: Any, member: Any) -> Any:
    """(M,) the largest share of each member's box that a tracklet in its frame covers.

    Args:
        frame: (N,) of each detection, ascending.
        box: (N, 4).
        owner: (N,) its tracklet, -1 for none.
        member: (M,) rows.
    """
    cover = np.zeros(len(member))
    for k in range(len(member)):
        row, other = member[k], member[k]
        while other > 0 and frame[other - 1] == frame[row]:
            other -= 1
        while other < len(frame) and frame[other] == frame[row]:
            if other != row and owner[other] >= 0:
                cover[k] = max(cover[k], _cover(box, row, other))
            other += 1
    return cover


@machine_code("boxes", "ints", "ints")
def roughness(box: Any, member: Any, start: Any) -> Any:
    """(T,) what `features._roughness` returns, of members (M,) that begin at `start` (T + 1,)."""
    rough, state, difference = np.empty(len(start) - 1), np.empty((len(member), 3)), np.zeros(len(member))
    for k in range(len(member)):
        left, right = np.float64(box[member[k], 0]), np.float64(box[member[k], 2])
        foot = np.float64(box[member[k], 3])
        state[k, 0], state[k, 1], state[k, 2] = (left + right) / 2, foot, foot - np.float64(box[member[k], 1])
    for each in range(len(rough)):
        begin, end = start[each], start[each + 1]
        count = end - begin
        for k in range(begin + 1, end - 1):
            for axis in range(3):
                difference[k] += abs(state[k + 1, axis] - 2 * state[k, axis] + state[k - 1, axis])
        total = (difference[begin] + sum_of(difference, begin + 1, end)) / count * count
        rough[each] = total / (count - 2) if count > 2 else np.nan
    return rough


@machine_code("boxes", END, END, "ints", "ints", "float")
def geometry(box: Any, first: Any, last: Any, earlier: Any, later: Any, rate: float) -> Any:
    """The columns of `pair_features._Geometry` for P pairs of tracklets.

    Returns:
        (13, P) gap, height, distance, misfit, then x, top and foot of the step, of forward, and of backward.
    """
    result = np.empty((13, len(earlier)))
    for p in range(len(earlier)):
        i, j = earlier[p], later[p]
        gap, height = (first[0][j] - last[0][i]) / rate, (last[5][i] + first[5][j]) / 2
        begin, end = first[0][j] / rate, last[0][i] / rate
        for axis in range(3):
            place_i = last[3][i, axis] + last[4][i, axis] * (end - last[2][i])
            place_j = first[3][j, axis] + first[4][j, axis] * (begin - first[2][j])
            ahead = last[3][i, axis] + last[4][i, axis] * (begin - last[2][i])
            back = first[3][j, axis] + first[4][j, axis] * (end - first[2][j])
            result[4 + axis, p] = (place_j - place_i) / height
            result[7 + axis, p], result[10 + axis, p] = (ahead - place_j) / height, (back - place_i) / height
        (x, y), (last_x, last_y) = _centre(box, first[1][j]), _centre(box, last[1][i])
        forward = _length(result[7, p], result[8, p], result[9, p])
        backward = _length(result[10, p], result[11, p], result[12, p])
        result[0, p], result[1, p] = gap, height
        result[2, p], result[3, p] = hypot(x - last_x, y - last_y) / height, (forward + backward) / 2
    return result


@machine_code("table", "boxes", END, END, "ints", "ints", "float", "*values")
def motion_features(
    geometry: Any, box: Any, first: Any, last: Any, earlier: Any, later: Any, rate: float, features: Any
) -> None:
    """Write the columns of `pair_features._motion_columns`, but for the change of height, to features (P, F)."""
    for p in range(len(earlier)):
        i, j = earlier[p], later[p]
        gap, height, distance, misfit = geometry[0, p], geometry[1, p], geometry[2, p], geometry[3, p]
        before, after = last[4][i], first[4][j]
        middle, change = np.empty(3), np.empty(3)
        for axis in range(3):
            features[p, 4 + axis] = abs(geometry[7 + axis, p])
            features[p, 7 + axis] = abs(geometry[10 + axis, p])
            middle[axis] = geometry[4 + axis, p] - (after[axis] + before[axis]) / 2 * gap / height
            change[axis] = (after[axis] - before[axis]) / height
        features[p, 0], features[p, 1] = gap, min(gap * rate, 30.0)
        features[p, 2], features[p, 3] = distance, distance / gap
        features[p, 10], features[p, 11] = misfit, misfit / (0.3 + gap)
        features[p, 12] = _length(middle[0], middle[1], middle[2])
        features[p, 13] = _length(change[0], change[1], change[2])
        features[p, 14] = _length(before[0] / height, before[1] / height, before[2] / height)
        features[p, 15] = _length(after[0] / height, after[1] / height, after[2] / height)
        features[p, 17] = iou(box, last[1][i], first[1][j])


@machine_code("frames", "boxes", "ints", END, END, "ints", "ints", "floats")
def occupancy(frame: Any, box: Any, owner: Any, first: Any, last: Any, earlier: Any, later: Any, sampling: Any) -> Any:
    """What `loops.path_occupancy` finds, of detections (N,) with their tracklets, -1 for none."""
    found, of, when = 0, np.empty(len(owner), np.int64), np.empty(len(owner), np.int32)
    place, ends = np.empty((2, len(owner))), np.empty((8, len(first[0])))
    for row in range(len(owner)):
        if owner[row] >= 0:
            place[0, found], place[1, found] = _centre(box, row)
            of[found], when[found] = owner[row], frame[row]
            found += 1
    for side, end in enumerate((first, last)):
        for each in range(len(end[0])):
            ends[4 * side, each], ends[4 * side + 3, each] = end[0][each], end[5][each]
            ends[4 * side + 1, each], ends[4 * side + 2, each] = _centre(box, end[1][each])
    return path_occupancy(when[:found], place, of[:found], ends, earlier, later, sampling)
