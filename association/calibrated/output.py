"""Which detections are in the results: those of tracks that are probably objects."""

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

OUTPUT_PROBABILITY = 0.5
"""Smallest mean probability of being an object over the detections of a track in the results."""
END_PROBABILITY = 0.25
"""Smallest probability of being an object, by either model, of the first and the last detection of a track."""

YOUNG = 5
"""Most detections of a young track, and steps within which its last one lies."""


def young_tracks(number: IntArray, step: IntArray) -> BoolArray:
    """(N,) whether the track of each detection may be short only because the last step is the present.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
    """
    last = np.full(int(number.max(initial=-1)) + 1, -1, np.int64)
    np.maximum.at(last, number, step)
    young: BoolArray = (np.bincount(number) <= YOUNG) & (last > step.max(initial=0) - YOUNG)
    return young[number]


def output_detections(
    number: IntArray, step: IntArray, probability: FloatArray, alone: FloatArray, required: BoolArray | None = None
) -> BoolArray:
    """(N,) which detections are in the results.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        probability: (N,) that it is an object, from its own features and those of its track.
        alone: (N,) that it is an object, from its own features.
        required: (N,) whether it must be in the results; with it, its track is.
    """
    good_track = np.bincount(number, weights=probability) / np.bincount(number) >= OUTPUT_PROBABILITY
    good = np.maximum(probability, alone) >= END_PROBABILITY
    if required is not None:
        good_track[number[required]] = True
        good = good | required
    first, last = np.full(len(good_track), np.iinfo(np.int64).max), np.full(len(good_track), -1, np.int64)
    np.minimum.at(first, number[good], step[good])
    np.maximum.at(last, number[good], step[good])
    rows: BoolArray = good_track[number] & (step >= first[number]) & (step <= last[number])
    return rows


def between_required(number: IntArray, step: IntArray, required: BoolArray) -> BoolArray:
    """(N,) which detections are in a track from its first required detection on, and before the last one.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        required: (N,) whether it must be in the results.
    """
    count = int(number.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, np.int64)
    np.minimum.at(first, number[required], step[required])
    np.maximum.at(last, number[required], step[required])
    between: BoolArray = (step >= first[number]) & (step < last[number])
    return between
