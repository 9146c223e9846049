"""Rivals: the pairs of the same detection at the same gap."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import LOOPS
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.machine_code import compiled

MOST_NUMBERS = 8
"""Numbers of contests for each pair; where more would be possible, those without pairs get none."""


def contests(owner: NDArray[np.int64], gap: NDArray[np.int64]) -> NDArray[np.int64]:
    """(P,) a number from 0 for each pair, the same for all rivals; tables by number need little more room than pairs.

    Args:
        owner: (P,) the detection whose pairs compete, from 0.
        gap: (P,) frames between the two detections, at least 0.
    """
    span = int(gap.max(initial=0)) + 1
    contest = owner * span + gap
    if (int(owner.max(initial=0)) + 1) * span > MOST_NUMBERS * len(contest):
        contest = np.unique(contest, return_inverse=True)[1]
    return contest


def rank_among_rivals(misfit: FloatArray, owner: NDArray[np.int64], gap: NDArray[np.int64]) -> FloatArray:
    """Compare each pair with the other pairs of the same detection at the same gap.

    Args:
        misfit: (P,) lower is better.
        owner: (P,) the detection whose pairs compete.
        gap: (P,) frames between the two detections.

    Returns:
        (P, 3): the rank (0 is best); the margin, which is the misfit less that of the best rival (negative for the
        best pair, -1 without rivals); and the number of rivals.
    """
    if loops := compiled(LOOPS, len(owner)):
        owner, gap = np.ascontiguousarray(owner, np.int64), np.ascontiguousarray(gap, np.int64)
        compared: FloatArray = loops.rank_among_rivals(owner, gap, np.ascontiguousarray(misfit, np.float64))
        return compared
    contest = contests(owner, gap)
    compared = np.zeros((len(contest), 3))
    compared[:, 1] = -1
    contested = np.flatnonzero(np.bincount(contest)[contest] > 1)
    if not len(contested):
        return compared
    contest, value = contest[contested], misfit[contested]
    order = np.lexsort((value, contest))
    value, at = value[order], contested[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(contest[order])) + 1, [len(order)]])
    sizes = np.diff(starts)
    start, rank = np.repeat(starts[:-1], sizes), np.arange(len(order))
    compared[at, 1] = value - np.where(rank == start, value[start + 1], value[start])
    compared[at, 0] = rank - start
    compared[at, 2] = np.repeat(sizes - 1, sizes)
    return compared
