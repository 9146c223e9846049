"""Retrieval: how well descriptors find an object among others, as re-identification networks are measured.

The measures are those of Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark", without distractors.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.appearance.descriptors import unit
from siamlink.association.training.identity_crops import UNKNOWN_CAMERA
from siamlink.detectors.base.arrays import Float32Array, FloatArray, IntArray

BOOTSTRAPS = 2000
"""How often identities are drawn anew for an interval."""


@dataclass(frozen=True)
class Retrieval:
    """How well each query finds the crops of its identity.

    Attributes:
        identity: (Q,) of the query.
        rank: (Q,) place of the first right crop in the ranking, from 1.
        precision: (Q,) average precision of the ranking.
    """

    identity: IntArray
    rank: IntArray
    precision: FloatArray

    @property
    def rank1(self) -> float:
        """Share of the queries whose most similar crop is right; NaN without queries."""
        return self.found_within(1)

    @property
    def mean_precision(self) -> float:
        """Mean average precision (mAP); NaN without queries."""
        return float(np.mean(self.precision)) if len(self.precision) else float("nan")

    def found_within(self, place: int) -> float:
        """Share of the queries with a right crop among the `place` most similar ones; NaN without queries."""
        return float(np.mean(self.rank <= place)) if len(self.rank) else float("nan")


def interval_over_identities(value: FloatArray, identity: IntArray, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the mean of values by the bootstrap: identities are drawn anew, each with all its queries.

    Queries of one identity are alike, so that drawing queries would give too narrow an interval.

    Args:
        value: (Q,) of the queries.
        identity: (Q,) of the queries.
        seed: of the draws.

    Returns:
        Its limits, the percentiles 2.5 and 97.5 of `BOOTSTRAPS` means; NaN without queries.
    """
    if not len(value):
        return float("nan"), float("nan")
    _, group, count = np.unique(identity, return_inverse=True, return_counts=True)
    total = np.bincount(group, value.astype(np.float64))
    drawn = np.random.default_rng(seed).multinomial(len(count), np.full(len(count), 1 / len(count)), BOOTSTRAPS)
    low, high = np.percentile((drawn @ total) / (drawn @ count), [2.5, 97.5])
    return float(low), float(high)


def retrieve(descriptor: Float32Array, identity: IntArray, camera: IntArray) -> Retrieval:
    """Search for each identity, from each camera, among all crops.

    The query is the first crop of an identity and a camera; every crop of an unknown camera is one. The gallery is all
    other crops, but for those of the same identity by the same camera, which would be found too easily. A query without
    a right crop in the gallery is left out.

    Args:
        descriptor: (N, D), compared by cosine.
        identity: (N,) of objects.
        camera: (N,), or `UNKNOWN_CAMERA`.
    """
    descriptor = unit(descriptor)
    known = camera != UNKNOWN_CAMERA
    place = np.stack([identity, np.where(known, camera, -1 - np.arange(len(camera)))], 1)
    queries = np.unique(place, axis=0, return_index=True)[1]
    searched, ranks, precisions = [], [], []
    for query in queries:
        gallery = np.flatnonzero((place != place[query]).any(axis=1))
        order = np.argsort(-(descriptor[gallery] @ descriptor[query]), kind="stable")
        right = np.flatnonzero(identity[gallery[order]] == identity[query])
        if len(right):
            searched.append(identity[query])
            ranks.append(right[0] + 1)
            precisions.append(np.mean(np.arange(1, len(right) + 1) / (right + 1)))
    return Retrieval(np.array(searched, np.int64), np.array(ranks, np.int64), np.array(precisions, np.float64))
