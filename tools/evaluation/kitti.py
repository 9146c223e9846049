"""The rules of the KITTI tracking benchmark, which scores cars and pedestrians, each for itself."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, FloatArray

KITTI = "kitti"
DISTRACTORS = {"car": ("van",), "pedestrian": ("person", "person sitting")}
"""The classes that are scored, each with the classes that resemble it: results on these are removed."""
TYPES = {"car", "van", "truck", "pedestrian", "person", "person sitting", "cyclist", "tram", "misc"}
TRUNCATED, OCCLUDED = 8, 9
"""Columns of the rows of ground truth."""
MOST_OCCLUDED, MOST_TRUNCATED = 2, 0
LEAST_HEIGHT = 25.0
"""Pixels; a result without ground truth that is no higher is removed."""
INSIDE = 0.5
"""The share of a result without ground truth in a region without annotations, above which it is removed."""
MARGIN = float(np.finfo(np.float64).eps)
"""TrackEval's, for rounding."""


def are_types_of_kitti(types: set[str]) -> bool:
    """Whether classes are those of the benchmark, not those of other data in its format.

    A `person` is a sitting one there, so that persons without any pedestrian are of other data.
    """
    return types <= TYPES and not types.isdisjoint(DISTRACTORS) and ("person" not in types or "pedestrian" in types)


def is_clear(truth: FloatArray) -> BoolArray:
    """(N,) which objects are neither truncated nor largely occluded; others are neither missed nor false."""
    if truth.shape[1] <= OCCLUDED:
        return np.ones(len(truth), bool)
    clear: BoolArray = (truth[:, OCCLUDED].astype(int) <= MOST_OCCLUDED) & (
        truth[:, TRUNCATED].astype(int) <= MOST_TRUNCATED
    )
    return clear


def removed(score: FloatArray, distractor: BoolArray, tracks: FloatArray, regions: FloatArray) -> NDArray[np.bool_]:
    """Which results of a frame are not scored.

    Args:
        score: (N, M) IoU of ground truth and results, 0 where it is no match.
        distractor: (N,) which ground truth is not to be found.
        tracks: (M, 6 or more) results.
        regions: (K, 4) left, top, right and bottom of regions without annotations.

    Returns:
        (M,) those matched to a distractor, and those matched to nothing that are small or in a region.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(score, maximize=True)
    matched = score[rows, columns] > 0
    unwanted, free = np.zeros(len(tracks), bool), np.ones(len(tracks), bool)
    unwanted[columns[matched]] = distractor[rows[matched]]
    free[columns[matched]] = False
    return unwanted | free & ((tracks[:, 5] <= LEAST_HEIGHT + MARGIN) | _inside(tracks, regions))


def _inside(tracks: FloatArray, regions: FloatArray) -> BoolArray:
    low, high = tracks[:, None, 2:4], tracks[:, None, 2:4] + tracks[:, None, 4:6]
    sides = np.minimum(high, regions[None, :, 2:]) - np.maximum(low, regions[None, :, :2])
    shares = np.clip(sides, 0, None).prod(axis=2) / tracks[:, None, 4:6].prod(axis=2)
    inside: BoolArray = (shares > INSIDE + MARGIN).any(axis=1)
    return inside
