"""Which detections are in the results: those of tracks that are probably objects."""

import numpy as np

from siamlink.association.calibrated.scene import end_steps
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

OUTPUT_PROBABILITY = 0.5
"""Smallest mean probability of being an object over the detections of a track in the results."""
END_PROBABILITY = 0.25
"""Smallest probability of being an object, by either model, of the first and the last detection of a track."""
PRIOR, PRIOR_COUNT = 0.7, 30.0
"""Prior probability of being an object, as most detections are right, and how many detections it counts like."""
YOUNG = 5
"""Most detections of a young track, and steps within which its last one lies."""


def with_prior(probability: FloatArray) -> FloatArray:
    """(N,) probabilities of being an object, shrunk towards the prior, as few detections say little of a sequence."""
    count = len(probability)
    return (count * probability + PRIOR_COUNT * PRIOR) / (count + PRIOR_COUNT)


def young_tracks(number: IntArray, step: IntArray) -> BoolArray:
    """(N,) whether the track of each detection may be short only because the last step is the present.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
    """
    count = np.bincount(number)
    _, last = end_steps(number, step, len(count))
    young: BoolArray = (count <= YOUNG) & (last > step.max(initial=0) - YOUNG)
    return young[number]


def output_detections(
    number: IntArray,
    step: IntArray,
    probability: FloatArray,
    alone: FloatArray,
    required: BoolArray | None = None,
    settled: BoolArray | None = None,
) -> BoolArray:
    """(N,) which detections are in the results.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        probability: (N,) that it is an object, from its own features and those of its track.
        alone: (N,) that it is an object, from its own features.
        required: (N,) whether it must be in the results; with it, its track is.
        settled: (M,) whether each of the first M is in the results already; its track stays in them.
    """
    good_track = np.bincount(number, weights=probability) / np.bincount(number) >= OUTPUT_PROBABILITY
    good = np.maximum(probability, alone) >= END_PROBABILITY
    if required is not None:
        good_track[number[required]] = True
        good = good | required
    if settled is not None:
        good_track[number[: len(settled)][settled]] = True
    first, last = end_steps(number[good], step[good], len(good_track))
    rows: BoolArray = good_track[number] & (step >= first[number]) & (step <= last[number])
    return rows


def between_required(number: IntArray, step: IntArray, required: BoolArray) -> BoolArray:
    """(N,) which detections are in a track from its first required detection on, and before the last one.

    Args:
        number: (N,) the track of each, from 0.
        step: (N,) its step.
        required: (N,) whether it must be in the results.
    """
    first, last = end_steps(number[required], step[required], int(number.max(initial=-1)) + 1)
    between: BoolArray = (step >= first[number]) & (step < last[number])
    return between
