"""Candidate pairs of tracklets, and what lies on the way between two, in compiled loops; where Numba is installed.

Each function does what NumPy does in `candidates` and `path_occupancy`, in the same order of operations. A table (4, N)
of ends holds their frames, x and y of the centres of the outermost boxes, and heights.
"""

from math import hypot
from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import columns, extent, first_place, frame_index, larger, share_of

__all__ = ["columns", "frame_index", "near_pairs", "path_occupancy"]


@machine_code("table", "table", "ints", "ints", "float", "float", "float", "float")
def near_pairs(
    end: Any, begin: Any, start: Any, stop: Any, rate: float, reach: float, max_speed: float, rounded_up: float
) -> Any:
    """Pairs of an end and a later beginning that are near enough, by the end, then by the beginning.

    Args:
        end: (4, E) last ends.
        begin: (4, L) first ends.
        start: (E,) the first of the beginnings that may follow each end.
        stop: (E,) the one after the last of them.
        rate: frames per second.
        reach: distance in mean heights that is allowed in any case.
        max_speed: heights per second that are allowed in addition.
        rounded_up: factor on a bound that shall hold whatever the rounding.

    Returns:
        (P,) the place of each end, (P,) that of each beginning, (P,) the distance by the one that is allowed.
    """
    found, pairs, distances = 0, np.empty((2, 256), np.int64), np.empty((1, 256))
    for i in range(len(start)):
        for j in range(start[i], stop[i]):
            allowed = reach + max_speed * ((begin[0, j] - end[0, i]) / rate)
            height, right = (end[3, i] + begin[3, j]) / 2, begin[1, j] - end[1, i]
            if not abs(right) < rounded_up * allowed * height:
                continue
            distance = hypot(right, begin[2, j] - end[2, i]) / height
            if distance < allowed:
                if found == pairs.shape[1]:
                    pairs, distances = larger(pairs), larger(distances)
                pairs[0, found], pairs[1, found], distances[0, found] = i, j, distance / allowed
                found += 1
    return pairs[0, :found].copy(), pairs[1, :found].copy(), distances[0, :found].copy()


@machine_code("table", "ints", "ints", "floats", "table", "ints", "ints", "floats")
def path_occupancy(
    place: Any, owner: Any, order: Any, key: Any, ends: Any, earlier: Any, later: Any, sampling: Any
) -> Any:
    """Detections of other tracklets on the straight paths of P pairs.

    Args:
        place: (4, M) the boxes of the detections in tracklets, as `box_loops.columns` has them.
        owner: (M,) the tracklet of each.
        order: (M,) of the `frame_index` of these, as `key`.
        key: (M,).
        ends: (8, T) the first ends of all tracklets, then the last ones.
        earlier: (P,) tracklets.
        later: (P,) tracklets.
        sampling: frames from one point of a path to the next; the heights that a detection on the path is nearer than.

    Returns:
        (P,) how many points have such a detection; (P,) the most that a tracklet between both in time has.
    """
    x, y, tracklets = place[0], place[1], ends.shape[1]
    first, last, stride = ends[:4], ends[4:], int(sampling[0])
    lowest, span = extent(x)
    hidden, between = np.zeros(len(earlier)), np.zeros(len(earlier))
    hits, touched = np.zeros(tracklets, np.int64), np.empty(tracklets, np.int64)
    for p in range(len(earlier)):
        i, j, count = earlier[p], later[p], 0
        gap = first[0, j] - last[0, i]
        for step in range(stride, int(gap), stride):
            share, frame = step / gap, last[0, i] + step
            way_x = last[1, i] + (first[1, j] - last[1, i]) * share
            way_y = last[2, i] + (first[2, j] - last[2, i]) * share
            reach = sampling[1] * (last[3, i] + (first[3, j] - last[3, i]) * share)
            end, found = frame * 2.0 + share_of(way_x + reach, lowest, span), False
            least = frame * 2.0 + share_of(way_x - reach, lowest, span)
            for at in range(first_place(key, 0, len(key), least), len(key)):
                if key[at] > end:
                    break
                k = order[at]
                if hypot(x[k] - way_x, y[k] - way_y) < reach:
                    found = True
                    if first[0, owner[k]] > last[0, i] and last[0, owner[k]] < first[0, j]:
                        if not hits[owner[k]]:
                            touched[count] = owner[k]
                            count += 1
                        hits[owner[k]] += 1
            hidden[p] += found
        for number in range(count):
            between[p] = max(between[p], hits[touched[number]])
            hits[touched[number]] = 0
    return hidden, between
