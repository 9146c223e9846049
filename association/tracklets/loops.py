"""Candidate pairs of tracklets, and what lies on the way between two, in compiled loops; where Numba is installed.

Each function does what NumPy does in `candidates` and `path_occupancy`, in the same order of operations. A table (4, N)
of ends holds their frames, x and y of the centres of the outermost boxes, and heights.
"""

from math import hypot
from typing import Any

import numpy as np

from siamlink.association.tracklets.candidates import ROUNDED_UP
from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import extent, first_place, grouped, larger, share_of

__all__ = ["near_pairs", "nearest", "path_occupancy"]


@machine_code("table", "table", "ints", "ints", "floats", "float")
def near_pairs(end: Any, begin: Any, start: Any, stop: Any, allowed: Any, tallest: float) -> Any:
    """Pairs of an end and a later beginning that are near enough, by the end, then by the beginning.

    Args:
        end: (4, E) last ends.
        begin: (4, L) first ends.
        start: (E,) the first of the beginnings that may follow each end.
        stop: (E,) the one after the last of them.
        allowed: (G,) the distance in mean heights that is allowed at each gap in frames, from 0.
        tallest: the largest ratio of two heights; pairs of a larger one may be left out.

    Returns:
        (P,) the place of each end, (P,) that of each beginning, (P,) the distance by the one that is allowed.
    """
    found, pairs, distances = 0, np.empty((2, 256), np.int64), np.empty((1, 256))
    tallest *= ROUNDED_UP
    for i in range(len(start)):
        frame, x, y, tall = end[0, i], end[1, i], end[2, i], end[3, i]
        for j in range(start[i], stop[i]):
            furthest, height = allowed[int(begin[0, j] - frame)], (tall + begin[3, j]) / 2
            right, down, bound = begin[1, j] - x, begin[2, j] - y, ROUNDED_UP * furthest * height
            if (
                (abs(right) < bound)
                & (abs(down) < bound)
                & (begin[3, j] <= tallest * tall)
                & (tall <= tallest * begin[3, j])
            ):
                distance = hypot(right, down) / height
                if distance < furthest:
                    if found == pairs.shape[1]:
                        pairs, distances = larger(pairs), larger(distances)
                    pairs[0, found], pairs[1, found], distances[0, found] = i, j, distance / furthest
                    found += 1
    return pairs[0, :found].copy(), pairs[1, :found].copy(), distances[0, :found].copy()


@machine_code("ints", "floats", "int", "int")
def nearest(owner: Any, distance: Any, owners: int, most: int) -> Any:
    """(P,) whether each pair is among the `most` nearest of its tracklet (P,), the first ones of equal distance."""
    near, count = np.ones(len(owner), np.bool_), np.zeros(owners, np.int64)
    for p in range(len(owner)):
        count[owner[p]] += 1
    slot, slots = np.full(owners, -1, np.int64), 0
    for each in range(owners):
        if count[each] > most:
            slot[each], count[each] = slots, 0
            slots += 1
    best = np.empty((slots, most), np.int64)  # ascending by distance
    for p in range(len(owner)):
        row = slot[owner[p]]
        if row < 0:
            continue
        place = count[owner[p]]
        if place == most:
            if not distance[p] < distance[best[row, most - 1]]:
                near[p] = False
                continue
            place -= 1
            near[best[row, place]] = False
        else:
            count[owner[p]] += 1
        while place > 0 and distance[best[row, place - 1]] > distance[p]:
            best[row, place] = best[row, place - 1]
            place -= 1
        best[row, place] = p
    return near


@machine_code()
def _cell_of(x: float, lowest: float, span: float, columns: int) -> int:
    """The column of the image that x lies in, from 0; x outside of it in the first or the last one."""
    return min(int(max(share_of(x, lowest, span), 0.0) * columns), columns - 1)


@machine_code()
def _cells(frame: Any, x: Any, lowest: float, span: float) -> Any:
    """Detections by frame and column of the image.

    Returns:
        (R,) the frames; how many columns there are, about as many as detections in a frame; (R * columns + 1,) where
        the detections of each cell start, and M; (M,) the detections by cell.
    """
    frames, run, runs = np.empty(len(frame), np.int32), np.empty(len(frame), np.int64), 0
    for k in range(len(frame)):
        if not runs or frames[runs - 1] != frame[k]:
            frames[runs] = frame[k]
            runs += 1
        run[k] = runs - 1
    columns = max(len(frame) // max(runs, 1), 1)
    for k in range(len(frame)):
        run[k] = run[k] * columns + _cell_of(x[k], lowest, span, columns)
    start, order = grouped(run, runs * columns)
    return frames[:runs], columns, start, order


@machine_code()
def path_occupancy(frame: Any, place: Any, owner: Any, ends: Any, earlier: Any, later: Any, sampling: Any) -> Any:
    """Detections of other tracklets on the straight paths of P pairs.

    Args:
        frame: (M,) of the detections in tracklets, ascending.
        place: (2, N) x and y of their centres; from M on nothing.
        owner: (M,) the tracklet of each.
        ends: (8, T) the first ends of all tracklets, then the last ones.
        earlier: (P,) tracklets.
        later: (P,) tracklets.
        sampling: frames from one point of a path to the next; the heights that a detection on the path is nearer than.

    Returns:
        (P,) how many points have such a detection; (P,) the most that a tracklet between both in time has.
    """
    x, y, tracklets = place[0, : len(frame)], place[1, : len(frame)], ends.shape[1]
    first, last, stride = ends[:4], ends[4:], int(sampling[0])
    lowest, span = extent(x)
    frames, columns, start, order = _cells(frame, x, lowest, span)
    hidden, between = np.zeros(len(earlier)), np.zeros(len(earlier))
    hits, touched = np.zeros(tracklets, np.int64), np.empty(tracklets, np.int64)
    for p in range(len(earlier)):
        i, j, count = earlier[p], later[p], 0
        gap = first[0, j] - last[0, i]
        run = first_place(frames, 0, len(frames), last[0, i])
        for step in range(stride, int(gap), stride):
            share = step / gap
            while run < len(frames) and frames[run] < last[0, i] + step:
                run += 1
            if run == len(frames):
                break
            if frames[run] > last[0, i] + step:
                continue
            way_x = last[1, i] + (first[1, j] - last[1, i]) * share
            way_y = last[2, i] + (first[2, j] - last[2, i]) * share
            reach = sampling[1] * (last[3, i] + (first[3, j] - last[3, i]) * share)
            cell = run * columns + _cell_of(way_x - reach, lowest, span, columns)
            last_cell = run * columns + _cell_of(way_x + reach, lowest, span, columns)
            found = False
            for at in range(start[cell], start[last_cell + 1]):
                k = order[at]
                right, down = x[k] - way_x, y[k] - way_y
                if abs(down) < ROUNDED_UP * reach and hypot(right, down) < reach:
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
