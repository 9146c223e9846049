"""Which detections are in the results: those of tracks that are probably objects."""

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

OUTPUT_PROBABILITY = 0.5
"""Smallest mean probability of being an object over the detections of a track in the results."""
END_PROBABILITY = 0.25
"""Smallest probability of being an object, by either model, of the first and the last detection of a track."""


def output_detections(number: IntArray, step: IntArray, probability: FloatArray, alone: FloatArray) -> BoolArray:
    """(N,) which detections are in the results.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        probability: (N,) that it is an object, from its own features and those of its track.
        alone: (N,) that it is an object, from its own features.
    """
    mean = np.bincount(number, weights=probability) / np.bincount(number)
    good = np.maximum(probability, alone) >= END_PROBABILITY
    first, last = np.full(len(mean), np.iinfo(np.int64).max), np.full(len(mean), -1, np.int64)
    np.minimum.at(first, number[good], step[good])
    np.maximum.at(last, number[good], step[good])
    rows: BoolArray = (mean >= OUTPUT_PROBABILITY)[number] & (step >= first[number]) & (step <= last[number])
    return rows
