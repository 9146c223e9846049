"""Key frames: the few boxes of a track between which the others lie on a straight line, within a tolerance."""

from collections.abc import Iterator

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.tracker.tracks import Tracks

TOLERANCE = 1.0
"""Pixels that an interpolated side of a box may be away from its place."""
CHUNK = 64
"""Frames that are looked ahead at first; the double if that is not enough."""


def runs(track: Tracks) -> Iterator[Tracks]:
    """The parts of one track without a gap, in order."""
    ends = np.flatnonzero(np.diff(track.frame) > 1) + 1
    for rows in np.split(np.arange(len(track)), ends):
        yield track[rows]


def sparse_keyframes(run: Tracks, tolerance: float = TOLERANCE) -> BoolArray:
    """(N,) which boxes of a run without gaps are key frames.

    The first and the last are. So is each box from which on boxes are interpolated, found by a search, or detected
    again. Of the others, as few as a greedy choice gives: all sides of all boxes lie within the tolerance of the line
    between the key frames around them.
    """
    fixed = np.zeros(len(run), bool)
    fixed[[0, -1]] = True
    for mark in (run.interpolated, run.found):
        fixed[1:] |= mark[1:] != mark[:-1]
    box, bounds = run.box.astype(np.float64), np.flatnonzero(fixed)
    chosen = fixed.copy()
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        place = start
        while place < stop:
            place += _farthest(box[place : stop + 1], tolerance)
            chosen[place] = True
    return chosen


def _farthest(box: FloatArray, tolerance: float) -> int:
    """The last of N boxes, of consecutive frames, to which a straight line from the first one passes near all between.

    The slopes of the lines that pass near one box form an interval. Those that pass near all boxes so far form the
    intersection of these intervals, which the slope to the next box has to lie in.
    """
    count, reach = len(box), CHUNK
    while True:
        steps: IntArray = np.arange(1, min(reach, count - 1) + 1)
        moved = box[1 : len(steps) + 1] - box[0]
        slope = moved / steps[:, None]
        low = np.maximum.accumulate((moved - tolerance) / steps[:, None])
        high = np.minimum.accumulate((moved + tolerance) / steps[:, None])
        fits = np.ones(len(steps), bool)
        fits[1:] = ((slope[1:] >= low[:-1]) & (slope[1:] <= high[:-1])).all(axis=1)
        is_open = (low[-1] <= high[-1]).all()
        if not is_open or len(steps) == count - 1:
            return int(np.flatnonzero(fits)[-1]) + 1
        reach *= 2
