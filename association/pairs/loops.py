"""Candidate pairs, motion and features in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `candidates` and `features`, in the same order of operations. `table` (4, N) and
what is called an index are those of `box_loops`.
"""

from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import PAIR_FEATURES, Motion
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import columns, extent, first_place, frame_index, grouped, iou, larger, share_of
from siamlink.detectors.detections import Detections

FEATURE_COUNT = len(PAIR_FEATURES)

__all__ = ["near_pairs", "pair_features", "past_motion", "rank_among_rivals"]


@machine_code()
def _insert(numbers: Any, start: int, stop: int, number: int) -> None:
    """Insert a number into ascending ones from `start` to `stop`."""
    while stop > start and numbers[stop - 1] > number:
        numbers[stop] = numbers[stop - 1]
        stop -= 1
    numbers[stop] = number


@machine_code()
def _is_after(one: float, other: float) -> bool:
    """Whether a number is sorted behind another one; NaN is behind all others."""
    return one > other or (one != one and other == other)  # noqa: PLR0124 - NaN


@machine_code()
def _misfit(table: Any, i: int, j: int) -> Any:
    """The distance of two detections in mean heights, and the relative change of height."""
    height = (table[3, i] + table[3, j]) / 2
    distance = hypot((table[0, j] - table[0, i]) / height, (table[1, j] - table[1, i]) / height)
    return distance + abs((table[3, j] - table[3, i]) / (table[3, i] + table[3, j]))


@machine_code("frames", "boxes", "int", "floats", "float")
def near_pairs(frame: Any, box: Any, since_frame: int, radius: Any, tallest: float) -> Any:
    """Pairs that are near enough, by gap, then by the earlier and the later detection.

    Args:
        frame: (N,) of each detection, ascending.
        box: (N, 4).
        since_frame: only pairs whose later detection is in this frame or a later one.
        radius: (G,) the distance allowed at each gap from 1 on, in heights.
        tallest: the largest mean height of a pair, in heights of the earlier one.

    Returns:
        (P,) earlier, (P,) later, (P,) the height of the later one by that of the earlier one.
    """
    table = columns(box)
    order, key, _, _ = frame_index(frame, table)
    x, y, height, count, found = table[0], table[1], table[3], len(frame), 0
    lowest, span = extent(x)
    pairs = np.empty((2, 4 * count + 64), np.int64)
    for gap in range(1, len(radius) + 1):
        allowed, first = radius[gap - 1], first_place(frame, 0, count, since_frame - gap)
        start = stop = first
        for i in range(first, count):
            while start < count and frame[start] < frame[i] + gap:
                start += 1
            while stop < count and frame[stop] <= frame[i] + gap:
                stop += 1
            reach, at, group = height[i] * tallest * allowed, (frame[i] + gap) * 2.0, found
            end = at + share_of(x[i] + reach, lowest, span)
            for place in range(first_place(key, start, stop, at + share_of(x[i] - reach, lowest, span)), stop):
                if key[place] > end:
                    break
                j = order[place]
                down, furthest = y[j] - y[i], allowed * ((height[i] + height[j]) / 2)
                if abs(down) <= furthest and hypot(x[j] - x[i], down) < furthest:
                    if found == pairs.shape[1]:
                        pairs = larger(pairs)
                    _insert(pairs[1], group, found, j)
                    pairs[0, found] = i
                    found += 1
    ratio = np.empty(found)
    for p in range(found):
        ratio[p] = height[pairs[1, p]] / height[pairs[0, p]]
    return pairs[0, :found].copy(), pairs[1, :found].copy(), ratio


@machine_code("frames", "boxes", "ints", "ints", "float")
def past_motion(frame: Any, box: Any, earlier: Any, later: Any, largest: float) -> Any:
    """Velocities (N, 2) and supports (N,) by P pairs of which the misfit is less than `largest`."""
    table = columns(box)
    x, y, count = table[0], table[1], table.shape[1]
    longest = 0
    for p in range(len(earlier)):
        longest = max(longest, frame[later[p]] - frame[earlier[p]])
    start, order = grouped(later, count)
    least, best = np.empty(longest + 1), np.empty(longest + 1, np.int64)
    velocity, support = np.empty((count, 2)), np.zeros(count)
    for j in range(count):
        weight = right = down = 0.0
        least[:], best[:] = largest, -1
        for place in range(start[j], start[j + 1]):
            p = order[place]
            gap, misfit = frame[j] - frame[earlier[p]], _misfit(table, earlier[p], j)
            if misfit < least[gap]:
                least[gap], best[gap] = misfit, p
        for place in range(start[j], start[j + 1]):
            p = order[place]
            i = earlier[p]
            gap = frame[j] - frame[i]
            if best[gap] == p:
                weight += gap * gap
                right += gap * (x[j] - x[i])
                down += gap * (y[j] - y[i])
                support[j] += 1
        velocity[j, 0], velocity[j, 1] = right / weight, down / weight
    return velocity, support


@machine_code()
def _misfits(table: Any, earlier: Any, later: Any) -> Any:
    """(P,) the misfit of each pair: its distance in mean heights, and the relative change of height."""
    values = np.empty(len(earlier))
    for p in range(len(earlier)):
        values[p] = _misfit(table, earlier[p], later[p])
    return values


@machine_code("ints", "ints", "floats")
def rank_among_rivals(owner: Any, gap: Any, misfit: Any) -> Any:
    """(P, 3) rank, margin and number of rivals of each pair (P,), as `features.rank_among_rivals` says."""
    count, longest, owners = len(owner), 0, 0
    for p in range(count):
        longest, owners = max(longest, gap[p]), max(owners, owner[p] + 1)
    start, of_owner = grouped(owner, owners)
    order, compared, begin = np.empty(count, np.int64), np.zeros((count, 3)), np.empty(longest + 2, np.int64)
    filled = np.empty(longest + 2, np.int64)
    for each in range(owners):
        if start[each] == start[each + 1]:
            continue
        begin[:] = 0
        for place in range(start[each], start[each + 1]):
            begin[gap[of_owner[place]] + 1] += 1
        begin[0] = start[each]
        for contest in range(longest + 1):
            filled[contest] = begin[contest]
            begin[contest + 1] += begin[contest]
        for number in range(start[each], start[each + 1]):
            p = of_owner[number]
            first, place = begin[gap[p]], filled[gap[p]]
            filled[gap[p]] += 1
            while place > first and _is_after(misfit[order[place - 1]], misfit[p]):
                order[place] = order[place - 1]
                place -= 1
            order[place] = p
        for place in range(start[each], start[each + 1]):
            p = order[place]
            first, size = begin[gap[p]], begin[gap[p] + 1] - begin[gap[p]]
            best = order[first] if place > first else order[first + 1] if size > 1 else -1
            compared[p, 0] = place - first
            compared[p, 1] = misfit[p] - misfit[best] if best >= 0 else -1.0
            compared[p, 2] = size - 1
    return compared


@machine_code()
def _on_the_way(frame: Any, table: Any, order: Any, key: Any, start: Any, run: Any, earlier: Any, later: Any) -> Any:
    """Detections within one height of the straight paths of P pairs.

    Args:
        frame: (N,) of each detection, ascending.
        table: (4, N).
        order: (N,) of the `frame_index`, as the next three.
        key: (N,).
        start: (R + 1,).
        run: (N,).
        earlier: (P,) rows.
        later: (P,) rows.

    Returns:
        (M,) the pair, (M,) 1 less the distance from its path in heights, (M,) the height by that expected there.
    """
    x, y, height, found = table[0], table[1], table[3], 0
    lowest, span = extent(x)
    pair, near = np.empty((1, 256), np.int64), np.empty((2, 256))
    for p in range(len(earlier)):
        i, j = earlier[p], later[p]
        gap = frame[j] - frame[i]
        for each in range(run[i] + 1, run[j]):
            share = (frame[start[each]] - frame[i]) / gap
            way_x, way_y = x[i] + (x[j] - x[i]) * share, y[i] + (y[j] - y[i]) * share
            size, at = height[i] + (height[j] - height[i]) * share, frame[start[each]] * 2.0
            end = at + share_of(way_x + size, lowest, span)
            first = first_place(key, start[each], start[each + 1], at + share_of(way_x - size, lowest, span))
            for place in range(first, start[each + 1]):
                if key[place] > end:
                    break
                down = (y[order[place]] - way_y) / size
                if abs(down) >= 1:
                    continue
                fit = 1 - hypot((x[order[place]] - way_x) / size, down)
                if fit <= 0:
                    continue
                if found == near.shape[1]:
                    pair, near = larger(pair), larger(near)
                pair[0, found], near[0, found], near[1, found] = p, fit, height[order[place]] / size
                found += 1
    return pair[0, :found].copy(), near[0, :found].copy(), near[1, :found].copy()


@machine_code()
def _geometry(
    box: Any, table: Any, velocity: Any, support: Any, frame_rate: float, earlier: Any, later: Any, gap: Any
) -> Any:
    """Features of P pairs that need no others: sizes, places and speeds, overlap, motion.

    Returns:
        (P, 13) size changes of width and height, offsets x and y, velocities x and y, gap in frames and seconds,
        IoU, distance, residuals of the motion x and y, support of the motion.
    """
    features = np.empty((len(earlier), 13))
    for p in range(len(earlier)):
        i, j = earlier[p], later[p]
        height, seconds = (table[3, i] + table[3, j]) / 2, gap[p] / frame_rate
        right, down = table[0, j] - table[0, i], table[1, j] - table[1, i]
        features[p, 0] = (table[2, j] - table[2, i]) / (table[2, i] + table[2, j])
        features[p, 1] = (table[3, j] - table[3, i]) / (table[3, i] + table[3, j])
        features[p, 2], features[p, 3] = right / height, down / height
        features[p, 4], features[p, 5] = features[p, 2] / seconds, features[p, 3] / seconds
        features[p, 6], features[p, 7] = gap[p], seconds
        features[p, 8] = iou(box, i, j)
        features[p, 9] = hypot(features[p, 2], features[p, 3])
        features[p, 10] = (right - velocity[i, 0] * gap[p]) / height
        features[p, 11] = (down - velocity[i, 1] * gap[p]) / height
        features[p, 12] = support[i]
    return features


@machine_code("frames", "boxes", "ints", "ints", "ints", "floats", "float", "(table floats)")
def _features(
    frame: Any, box: Any, earlier: Any, later: Any, which: Any, score_rank: Any, frame_rate: float, motion: Any
) -> Any:
    """The features (K, F) of some (K,) of P pairs, with 0 for what is between; then what `_on_the_way` returns."""
    table, gap, of_all = columns(box), np.empty(len(which), np.int64), np.empty(len(earlier), np.int64)
    for p in range(len(earlier)):
        of_all[p] = frame[later[p]] - frame[earlier[p]]
    misfit = _misfits(table, earlier, later)
    of_earlier, of_later = rank_among_rivals(earlier, of_all, misfit), rank_among_rivals(later, of_all, misfit)
    i, j = np.empty(len(which), np.int64), np.empty(len(which), np.int64)
    for k in range(len(which)):
        i[k], j[k], gap[k] = earlier[which[k]], later[which[k]], of_all[which[k]]
    order, key, start, run = frame_index(frame, table)
    pair, fit, ratio = _on_the_way(frame, table, order, key, start, run, i, j)
    geometry = _geometry(box, table, motion[0], motion[1], frame_rate, i, j, gap)
    features = np.zeros((len(i), FEATURE_COUNT), np.float32)
    for k in range(len(i)):
        for column in range(10):
            features[k, column] = geometry[k, column]
        features[k, 10], features[k, 11] = score_rank[i[k]], score_rank[j[k]]
        for column in range(3):
            features[k, 13 + column] = of_earlier[which[k], column]
            features[k, 16 + column] = of_later[which[k], column]
            features[k, 19 + column] = geometry[k, 10 + column]
    return features, pair, fit, ratio


@machine_code("ints", "floats", "*values")
def _write_between(pair: Any, fit: Any, features: Any) -> None:
    """Write how well the best detection on the way of each pair fits, by the pairs (M,) and fits (M,) of all."""
    for k in range(len(pair)):
        features[pair[k], 12] = max(features[pair[k], 12], np.float32(fit[k]))


def pair_features(
    detections: Detections,
    pairs: Pairs,
    score_rank: FloatArray,
    frame_rate: float,
    motion: Motion,
    which: NDArray[np.intp] | None,
) -> NDArray[np.float32]:
    """What `features.pair_features` returns."""
    which = np.arange(len(pairs)) if which is None else which
    given = (detections.frame, detections.box, pairs.earlier, pairs.later, motion.velocity, motion.support)
    frame, box, i, j, *known = map(np.ascontiguousarray, given)
    features: NDArray[np.float32]
    features, pair, fit, ratio = _features(frame, box, i, j, which, score_rank, frame_rate, tuple(known))
    _write_between(pair, fit - np.abs(np.log(ratio)), features)
    return features
