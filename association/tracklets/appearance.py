"""The appearance of tracklets: of which detections, and the mean of their descriptors."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import unit
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.base.arrays import FloatArray, IntArray

HALF_CENTRED = 10
"""Number of tracklets of which half of the mean descriptor is subtracted; see `centred_descriptors`."""


def best_crops(tracklets: Tracklets, which: IntArray, count: int) -> IntArray:
    """Ascending rows of the most probable detections of the tracklets `which`, at most `count` of each."""
    member = tracklets.member[np.isin(tracklets.owner[tracklets.member], which)]
    owner = tracklets.owner[member]
    ranked = member[np.lexsort((-tracklets.probability[member], owner))]
    number = np.bincount(owner, minlength=len(tracklets))
    rank = np.arange(len(ranked)) - np.repeat(np.cumsum(number) - number, number)
    return np.sort(ranked[rank < count])


def with_appearance(tracklets: Tracklets, rows: IntArray, descriptor: NDArray[np.floating]) -> Tracklets:
    """The tracklets, each with the normalised mean of the unit descriptors of some of its detections.

    Args:
        tracklets: T tracklets.
        rows: (K,) detections.
        descriptor: (K, D) their unit descriptors, NaN where the image was missing.
    """
    owner, values = centred_descriptors(tracklets, rows, descriptor)
    order = np.argsort(owner, kind="stable")
    total = np.full((len(tracklets), descriptor.shape[1]), np.nan)
    if len(order):
        owners, start = np.unique(owner[order], return_index=True)
        total[owners] = np.add.reduceat(values[order], start)
    return replace(tracklets, descriptor=unit(total))


def centred_descriptors(
    tracklets: Tracklets, rows: IntArray, descriptor: NDArray[np.floating]
) -> tuple[IntArray, FloatArray]:
    """The tracklet (M,) of each described detection, and its centred unit descriptor (M, D).

    The mean of all descriptors is subtracted: it holds what all objects of a video share, such as light and camera.
    Of n tracklets, the share n / (n + `HALF_CENTRED`) of it is subtracted, as the mean of few descriptors is mostly
    that of the objects themselves.

    Args:
        tracklets: T tracklets.
        rows: (K,) detections.
        descriptor: (K, D) their unit descriptors, NaN where the image was missing.
    """
    described = np.isfinite(descriptor).all(axis=1)
    owner, values = tracklets.owner[rows[described]], descriptor[described].astype(np.float64)
    number = len(np.unique(owner))
    if number:
        values = unit(values - values.mean(axis=0) * number / (number + HALF_CENTRED))
    return owner, values
