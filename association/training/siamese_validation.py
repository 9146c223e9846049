"""How well a Siamese network tells people apart that it was not trained on; decides when training stops."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.training.ground_truth import NOBODY
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.verification_metrics import average_precision, false_positive_rate_at
from siamlink.detectors.base.errors import InputError

IntArray = NDArray[np.int64]


class _Part(NamedTuple):
    gallery: IdentityCrops
    first: IntArray
    second: IntArray
    same: NDArray[np.bool_]


class Validation:
    """Pairs of patches of unseen people, drawn once: as many of one person as of two.

    Args:
        galleries: of people who are not in the training.
        seconds: in videos, the least and the longest time between the patches of a pair.
        pairs: drawn from each gallery at most.
        seed: of the draw.

    Raises:
        InputError: no gallery has pairs of both kinds.
    """

    def __init__(
        self,
        galleries: Sequence[IdentityCrops],
        seconds: tuple[float, float] = (0.3, 5.0),
        pairs: int = 3000,
        seed: int = 0,
    ) -> None:
        random = np.random.default_rng(seed)
        parts = [_draw_pairs(gallery, seconds, pairs // 2, random) for gallery in galleries]
        self._parts = [part for part in parts if part is not None]
        if not self._parts:
            raise InputError("nothing to validate on: no two people with two patches each that were kept from training")

    def scores(self, siamese: Siamese) -> dict[str, float]:
        """FPR at 95 % recall and average precision, means over the galleries, in [0, 1]."""
        each = [self._score(siamese, part) for part in self._parts]
        fpr95, precision = np.mean(each, axis=0)
        return {"fpr95": float(fpr95), "ap": float(precision)}

    @staticmethod
    def _score(siamese: Siamese, part: _Part) -> tuple[float, float]:
        descriptors = siamese.describe_patches(part.gallery.patches)
        alike = siamese.compare(descriptors[part.first], descriptors[part.second])[:, 0]
        return false_positive_rate_at(alike, part.same), average_precision(alike, part.same)


def _draw_pairs(
    gallery: IdentityCrops, seconds: tuple[float, float], count: int, random: np.random.Generator
) -> _Part | None:
    """Pairs of both kinds, the earlier patch first; the gallery that they point into holds only the patches used."""
    known = np.flatnonzero(gallery.identity != NOBODY)
    first, second = (known[random.integers(len(known), size=200 * count)] for _ in range(2))
    usable = first != second
    if gallery.is_video:
        gap = gallery.seconds[second] - gallery.seconds[first]
        usable = (gap >= seconds[0]) & (gap <= seconds[1])
    first, second = first[usable], second[usable]
    same = gallery.identity[first] == gallery.identity[second]
    chosen = np.concatenate([np.flatnonzero(same)[:count], np.flatnonzero(~same)[:count]])
    if not 0 < same[chosen].sum() < len(chosen):
        return None
    rows, places = np.unique(np.concatenate([first[chosen], second[chosen]]), return_inverse=True)
    return _Part(gallery[rows], places[: len(chosen)], places[len(chosen) :], same[chosen])


def split_identities(gallery: IdentityCrops, share: float, seed: int = 0) -> tuple[IdentityCrops, IdentityCrops]:
    """A gallery's people in two parts, the second of about that share, at least two people in each.

    Raises:
        InputError: there are fewer than four.
    """
    if gallery.people < 4:
        few = f"{gallery.name} shows {gallery.people} people only"
        raise InputError(f"{few}, too few to keep some apart to validate on: name a video with --validate")
    order = np.random.default_rng(seed).permutation(gallery.people)
    kept_apart = order[: max(2, round(share * gallery.people))]
    apart = np.isin(gallery.identity, kept_apart)
    return _renumbered(gallery[~apart]), _renumbered(gallery[apart])


def _renumbered(gallery: IdentityCrops) -> IdentityCrops:
    known = gallery.identity != NOBODY
    identity = gallery.identity.copy()
    identity[known] = np.unique(gallery.identity[known], return_inverse=True)[1]
    return replace(gallery, identity=identity)
