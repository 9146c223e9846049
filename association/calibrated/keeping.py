"""Which detections of which tracks are given out: those that are probably objects."""

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

KEEP = 0.5
"""Mean probability of a track's detections to be an object, from which on it is kept."""
TRIM = 0.25
"""Probability below which, by itself and in its track, a detection neither begins nor ends a track."""


def live_detections(number: IntArray, step: IntArray, probability: FloatArray, alone: FloatArray) -> BoolArray:
    """(N,) which detections are given out.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        probability: (N,) that it is an object, as its track tells.
        alone: (N,) that it is an object, by itself.
    """
    mean = np.bincount(number, weights=probability) / np.bincount(number)
    good = np.maximum(probability, alone) >= TRIM
    first, last = np.full(len(mean), np.iinfo(np.int64).max), np.full(len(mean), -1, np.int64)
    np.minimum.at(first, number[good], step[good])
    np.maximum.at(last, number[good], step[good])
    live: BoolArray = (mean >= KEEP)[number] & (step >= first[number]) & (step <= last[number])
    return live
