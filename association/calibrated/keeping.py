"""Which detections of which tracks are given out: those that are probably objects."""

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

KEEP = 0.55
"""Mean probability of a track's detections to be an object, from which on it is kept: what the best F-measure asks."""
TRIM = 0.25
"""Probability below which a track neither begins nor ends."""


def live_detections(number: IntArray, step: IntArray, probability: FloatArray) -> BoolArray:
    """(N,) which detections are given out.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        probability: (N,) that it is an object.
    """
    mean = np.bincount(number, weights=probability) / np.bincount(number)
    good = probability >= TRIM
    first, last = np.full(len(mean), np.iinfo(np.int64).max), np.full(len(mean), -1, np.int64)
    np.minimum.at(first, number[good], step[good])
    np.maximum.at(last, number[good], step[good])
    live: BoolArray = (mean >= KEEP)[number] & (step >= first[number]) & (step <= last[number])
    return live
