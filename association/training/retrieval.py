"""Retrieval: how well descriptors find an object among others, as re-identification networks are measured.

The measures are those of Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark", without distractors.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.appearance.descriptors import unit
from siamlink.association.training.identity_crops import UNKNOWN_CAMERA
from siamlink.detectors.base.arrays import Float32Array, FloatArray, IntArray


@dataclass(frozen=True)
class Retrieval:
    """How well each query finds the crops of its identity.

    Attributes:
        rank: (Q,) place of the first right crop in the ranking, from 1.
        precision: (Q,) average precision of the ranking.
    """

    rank: IntArray
    precision: FloatArray

    @property
    def rank1(self) -> float:
        """Share of the queries whose most similar crop is right; NaN without queries."""
        return float(np.mean(self.rank == 1)) if len(self.rank) else float("nan")

    @property
    def mean_precision(self) -> float:
        """Mean average precision (mAP); NaN without queries."""
        return float(np.mean(self.precision)) if len(self.precision) else float("nan")


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
    ranks, precisions = [], []
    for query in queries:
        gallery = np.flatnonzero((place != place[query]).any(axis=1))
        order = np.argsort(-(descriptor[gallery] @ descriptor[query]), kind="stable")
        right = np.flatnonzero(identity[gallery[order]] == identity[query])
        if len(right):
            ranks.append(right[0] + 1)
            precisions.append(np.mean(np.arange(1, len(right) + 1) / (right + 1)))
    return Retrieval(np.array(ranks, np.int64), np.array(precisions, np.float64))
