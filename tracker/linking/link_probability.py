"""The probability of each link of finished tracks, looked up among the candidate pairs that were scored."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import Float32Array, FloatArray, IntArray

ScoredLinks = tuple[Pairs, FloatArray]
"""P candidate pairs of detections, and (P,) the probability that each is a link."""


def link_probabilities(track_id: NDArray[np.int32], *scored: ScoredLinks) -> Float32Array:
    """(N,) the probability of the link from each detection to the next one of its track.

    NaN at the end of a track, for detections in no track, and for links that are none of the pairs, as constraints may
    demand them.

    Args:
        track_id: (N,) the track of each detection, sorted by frame; 0 for none.
        scored: the candidates of one or more levels; a pair that is scored again has the last of these.
    """
    following, probability = _next_in_track(track_id), np.full(len(track_id), np.nan, np.float32)
    for pairs, value in scored:
        linked = following[pairs.earlier] == pairs.later
        probability[pairs.earlier[linked]] = value[linked]
    return probability


def _next_in_track(track_id: NDArray[np.int32]) -> IntArray:
    """(N,) the next detection of the same track; -1 for none."""
    following = np.full(len(track_id), -1, np.int64)
    rows = np.flatnonzero(track_id > 0)
    rows = rows[np.argsort(track_id[rows], kind="stable")]
    same = track_id[rows[1:]] == track_id[rows[:-1]]
    following[rows[:-1][same]] = rows[1:][same]
    return following
