"""What lies on the way from one tracklet to another."""

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.frame_index import FrameIndex

LOOPS = "siamlink.association.tracklets.feature_loops"
BLOCK = 4096
"""Rows worked on together."""
PATH_STEP_SECONDS = 0.1
"""Time between the points of a path that are compared with the detections."""
ON_PATH = 0.35
"""A detection lies on a path when its centre is nearer than this, in box heights."""


def path_occupancy(tracklets: Tracklets, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
    """Other tracklets on the straight path from one end to the other, sampled every `PATH_STEP_SECONDS`.

    Returns:
        (P,) share of the samples with a detection of any other tracklet on the path, which may hide the object; and
        (P,) the largest share of samples of one tracklet that lies wholly between both in time, which may be the true
        next one.
    """
    detections, first, last = tracklets.detections, tracklets.first, tracklets.last
    stride = max(1, round(PATH_STEP_SECONDS * tracklets.frame_rate))
    steps = (first.frame[pairs.later] - last.frame[pairs.earlier] - 1) // stride
    if loops := compiled(LOOPS, len(pairs)):
        places = np.ascontiguousarray(detections.frame), np.ascontiguousarray(detections.box), tracklets.owner
        both, sampling = [tuple(vars(end).values()) for end in (first, last)], np.array([stride, ON_PATH], np.float64)
        sides = np.ascontiguousarray(pairs.earlier), np.ascontiguousarray(pairs.later)
        most = loops.occupancy(*places, *both, *sides, sampling)
        return most[0] / np.maximum(steps, 1), most[1] / np.maximum(steps, 1)
    frame, (x, y) = detections.frame[tracklets.member].astype(np.int64), detections.centre.T.astype(np.float64)
    index = FrameIndex(frame, x[tracklets.member])
    hidden, between = np.zeros(len(pairs)), np.zeros(len(pairs))
    for begin in range(0, len(pairs), BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, len(pairs)))
        pair = np.repeat(rows, steps[rows])
        if not len(pair):
            continue
        ends = np.cumsum(steps[rows])
        step = (np.arange(len(pair)) - np.repeat(ends - steps[rows], steps[rows]) + 1) * stride
        i, j = pairs.earlier[pair], pairs.later[pair]
        share = step / (first.frame[j] - last.frame[i])
        begin_row, end_row = last.row[i], first.row[j]
        way_x, way_y = (at[begin_row] + (at[end_row] - at[begin_row]) * share for at in (x, y))
        reach = ON_PATH * (last.height[i] + (first.height[j] - last.height[i]) * share)
        query, candidate = index.within(last.frame[i] + step, way_x, reach)
        candidate = tracklets.member[candidate]
        near = np.hypot(x[candidate] - way_x[query], y[candidate] - way_y[query]) < reach[query]
        query, owner = query[near], tracklets.owner[candidate[near]]
        on_path = query[np.diff(query, prepend=-1) > 0]  # each once, as they ascend
        hidden[rows] += np.bincount(pair[on_path] - begin, minlength=len(rows))
        inside = (first.frame[owner] > last.frame[i[query]]) & (last.frame[owner] < first.frame[j[query]])
        key, hits = np.unique(pair[query[inside]] * len(tracklets) + owner[inside], return_counts=True)
        np.maximum.at(between, key // len(tracklets), hits)
    return hidden / np.maximum(steps, 1), between / np.maximum(steps, 1)
