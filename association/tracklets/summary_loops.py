"""Tracklets summarised in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `tracklets`, `overlap_in_time` and `solvers`, in the same order of operations.
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import first_place, grouped, iou, larger

BLOCK = 128
"""NumPy adds up more numbers than this in two halves."""


@machine_code("frames", "boxes", "ints", "int", "int", "float")
def overlapping_pairs(frame: Any, box: Any, track_id: Any, count: int, most_frames: int, least: float) -> Any:
    """Those of `count` tracklets that may be one object which was found twice for up to `most_frames`.

    Args:
        frame: (N,) of each detection, ascending.
        box: (N, 4).
        track_id: (N,) the tracklets, from 1 in the order of their first detections; 0 for none.
        count: how many tracklets there are.
        most_frames: longest overlap in time.
        least: IoU of the last box of the earlier one with the first box of the later one, more than 0.

    Returns:
        (P,) earlier, (P,) later, counted from 0; (P,) their IoU.
    """
    first, last = np.full(count + 1, -1, np.int64), np.full(count + 1, -1, np.int64)
    for row in range(len(frame)):
        if first[track_id[row]] < 0:
            first[track_id[row]] = row
        last[track_id[row]] = row
    begin = np.empty(count, np.int64)
    for j in range(count):
        begin[j] = frame[first[j + 1]]
    found, pairs, overlap = 0, np.empty((2, 64), np.int64), np.empty((1, 64))
    for i in range(1, count + 1):
        end = frame[last[i]]
        j = max(i, first_place(begin, 0, count, end - most_frames + 1)) + 1
        while j <= count and begin[j - 1] <= end:
            if begin[i - 1] < begin[j - 1] and end < frame[last[j]]:
                share = iou(box, last[i], first[j])
                if share >= least:
                    if found == pairs.shape[1]:
                        pairs, overlap = larger(pairs), larger(overlap)
                    pairs[0, found], pairs[1, found], overlap[0, found] = i - 1, j - 1, share
                    found += 1
            j += 1
    return pairs[0, :found].copy(), pairs[1, :found].copy(), overlap[0, :found].copy()


@machine_code("ints", "int")
def number_in_order(track_id: Any, largest: int) -> Any:
    """(N,) tracks numbered anew, from 1 in the order of their first detections; 0 stays 0."""
    number, found, ids = np.zeros(largest + 1, np.int32), 0, np.zeros(len(track_id), np.int32)
    for row in range(len(track_id)):
        if track_id[row] > 0:
            if number[track_id[row]] == 0:
                found += 1
                number[track_id[row]] = found
            ids[row] = number[track_id[row]]
    return ids


@machine_code("ints", "int")
def members(owner: Any, count: int) -> Any:
    """The rows in `count` tracklets, by the tracklet of each row (N,), -1 for none.

    Returns:
        (M,) the rows, ordered by tracklet; (T + 1,) where the rows of each tracklet start, and M.
    """
    rows, group, found = np.empty(len(owner), np.int64), np.empty(len(owner), np.int64), 0
    for row in range(len(owner)):
        if owner[row] >= 0:
            rows[found], group[found] = row, owner[row]
            found += 1
    start, order = grouped(group[:found], count)
    for k in range(found):
        order[k] = rows[order[k]]
    return order, start


@machine_code()
def _median(values: Any) -> Any:
    """The median of some values, at least one, which are sorted in place."""
    count = len(values)
    for place in range(1, count):
        value, at = values[place], place
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
    return (values[(count - 1) // 2] + values[count // 2]) / 2


@machine_code("frames", "boxes", "ints", "ints", "float", "float", "float", "int")
def ends(
    frame: Any, box: Any, member: Any, start: Any, reach: float, frame_rate: float, stiffness: float, side: int
) -> Any:
    """One end of each of T tracklets, as `tracklets._fit_end` finds it.

    Args:
        frame: (N,) of each detection.
        box: (N, 4).
        member: (M,) as `members` finds them.
        start: (T + 1,).
        reach: frames from the outermost detection to the last one that is fitted.
        frame_rate: frames per second.
        stiffness: the square of its seconds.
        side: 0 for the first end, 1 for the last one.

    Returns:
        (T,) frame, (T,) row, (T,) seconds, (T, 3) place, (T, 3) velocity, (T,) height.
    """
    count = len(start) - 1
    frames, rows = np.empty(count, np.int64), np.empty(count, np.int64)
    seconds, height = np.empty(count), np.empty(count)
    place, velocity = np.zeros((count, 3)), np.zeros((count, 3))
    heights, at = np.empty(len(member)), np.empty((len(member), 3))
    for each in range(count):
        rows[each] = member[start[each]] if side == 0 else member[start[each + 1] - 1]
        frames[each] = frame[rows[each]]
        begin, end = start[each], start[each + 1]
        while abs(frame[member[begin]] - frames[each]) > reach:
            begin += 1
        while abs(frame[member[end - 1]] - frames[each]) > reach:
            end -= 1
        number, total = end - begin, 0.0
        for k in range(begin, end):
            left, right = np.float64(box[member[k], 0]), np.float64(box[member[k], 2])
            top, foot = np.float64(box[member[k], 1]), np.float64(box[member[k], 3])
            total += frame[member[k]] / frame_rate
            at[k, 0], at[k, 1], at[k, 2], heights[k] = (left + right) / 2, top, foot, foot - top
            for axis in range(3):
                place[each, axis] += at[k, axis]
        seconds[each], variance = total / number, 0.0
        for axis in range(3):
            place[each, axis] /= number
        for k in range(begin, end):
            offset = frame[member[k]] / frame_rate - seconds[each]
            variance += offset * offset
            for axis in range(3):
                velocity[each, axis] += (at[k, axis] - place[each, axis]) * offset
        for axis in range(3):
            velocity[each, axis] /= max(variance + stiffness, 1e-9)
        height[each] = _median(heights[begin:end])
    return frames, rows, seconds, place, velocity, height


@machine_code()
def sum_of(values: Any, begin: int, end: int) -> Any:
    """The sum of the values from `begin` to `end`, added up in the order of NumPy."""
    count = end - begin
    if count > BLOCK:
        half = begin + count // 2 - count // 2 % 8
        return sum_of(values, begin, half) + sum_of(values, half, end)
    rest, total = begin, 0.0
    if count >= 8:
        sums, rest = values[begin : begin + 8].copy(), end - count % 8
        for k in range(begin + 8, rest):
            sums[(k - begin) % 8] += values[k]
        total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    for k in range(rest, end):
        total += values[k]
    return total


@machine_code("floats", "ints")
def means(values: Any, start: Any) -> Any:
    """(T,) the means of values (M,) of members, those of each tracklet from `start` (T + 1,) on."""
    mean = np.empty(len(start) - 1)
    for each in range(len(mean)):
        begin, end = start[each], start[each + 1]
        mean[each] = (values[begin] + sum_of(values, begin + 1, end)) / (end - begin)
    return mean
