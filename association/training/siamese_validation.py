"""Validation of a Siamese network on identities that it was not trained on; it decides when training stops."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.verification_metrics import average_precision, false_positive_rate_at
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import InputError


class _Part(NamedTuple):
    crops: IdentityCrops
    first: IntArray
    second: IntArray
    same: NDArray[np.bool_]


class Validation:
    """Pairs of patches of identities that are not in the training, drawn once: as many of one identity as of two.

    Args:
        crop_sets: of identities that are not in the training.
        seconds: in videos, the shortest and the longest time between the patches of a pair.
        pairs: maximum number of pairs drawn from each crop set.
        seed: of the draw.

    Raises:
        InputError: no crop set has pairs of both kinds.
    """

    def __init__(
        self,
        crop_sets: Sequence[IdentityCrops],
        seconds: tuple[float, float] = (0.3, 5.0),
        pairs: int = 3000,
        seed: int = 0,
    ) -> None:
        random = np.random.default_rng(seed)
        parts = [_draw_pairs(crops, seconds, pairs // 2, random) for crops in crop_sets]
        self._parts = [part for part in parts if part is not None]
        if not self._parts:
            raise InputError("nothing to validate on: no two identities with two patches each outside of the training")

    def scores(self, siamese: Siamese) -> dict[str, float]:
        """False positive rate at 95 % recall, and average precision, as means over the crop sets, in [0, 1]."""
        each = [self._score(siamese, part) for part in self._parts]
        fpr95, precision = np.mean(each, axis=0)
        return {"fpr95": float(fpr95), "ap": float(precision)}

    @staticmethod
    def _score(siamese: Siamese, part: _Part) -> tuple[float, float]:
        descriptors = siamese.describe_patches(part.crops.patches)
        similarity = siamese.compare(descriptors[part.first], descriptors[part.second])[:, 0]
        return false_positive_rate_at(similarity, part.same), average_precision(similarity, part.same)


def _draw_pairs(
    crops: IdentityCrops, seconds: tuple[float, float], count: int, random: np.random.Generator
) -> _Part | None:
    """At most `count` pairs of each kind, the earlier patch first, and the patches that they use; None without both."""
    rows = np.flatnonzero(crops.identity != NO_OBJECT)
    first, second = (rows[random.integers(len(rows), size=200 * count)] for _ in range(2))
    usable = first != second
    if crops.is_video:
        gap = crops.seconds[second] - crops.seconds[first]
        usable = (gap >= seconds[0]) & (gap <= seconds[1])
    first, second = first[usable], second[usable]
    same = crops.identity[first] == crops.identity[second]
    chosen = np.concatenate([np.flatnonzero(same)[:count], np.flatnonzero(~same)[:count]])
    if not 0 < same[chosen].sum() < len(chosen):
        return None
    rows, places = np.unique(np.concatenate([first[chosen], second[chosen]]), return_inverse=True)
    return _Part(crops[rows], places[: len(chosen)], places[len(chosen) :], same[chosen])


def split_identities(
    crops: IdentityCrops, share: float = 0.0, count: int = 0, seed: int = 0
) -> tuple[IdentityCrops, IdentityCrops]:
    """Split a crop set by identity, such as for training and for validation.

    The second part has about `share` of the identities, or `count` of them, but three quarters at most; each part has
    at least two.

    Raises:
        InputError: there are fewer than four identities.
    """
    if crops.identity_count < 4:
        few = f"{crops.name} shows only {crops.identity_count} identities"
        raise InputError(f"{few}, too few to set some aside for validation; name a video with --validate")
    wanted = count or round(share * crops.identity_count)
    apart = np.isin(crops.identity, identities_apart(crops.identity_count, wanted, seed))
    return _renumbered(crops[~apart]), _renumbered(crops[apart])


def identities_apart(identity_count: int, wanted: int, seed: int = 0) -> IntArray:
    """The identities of the second part of a split: `wanted`, but two at least and three quarters at most."""
    order = np.random.default_rng(seed).permutation(identity_count)
    return order[: max(2, min(wanted, identity_count * 3 // 4))]


def _renumbered(crops: IdentityCrops) -> IdentityCrops:
    """The crops with their identities numbered from 0 without gaps."""
    is_object = crops.identity != NO_OBJECT
    identity = crops.identity.copy()
    identity[is_object] = np.unique(crops.identity[is_object], return_inverse=True)[1]
    return replace(crops, identity=identity)
