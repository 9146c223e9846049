"""Batches for training the network: which patches are in a batch, and which pairs of them are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.patches import Patches
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.parameters import Parameters, renamed


class SamplingParameters(Parameters):
    """What a batch holds: several patches of each of several identities, from one video and from folders of crops."""

    identities: int = Field(
        16,
        ge=2,
        le=256,
        description="number of identities in a batch",
        json_schema_extra=renamed(former_name="people"),
    )
    patches: int = Field(4, ge=2, le=32, description="number of patches of each identity in a batch")
    false_detections: int = Field(
        2, ge=0, le=64, description="maximum number of false detections in the video part of a batch"
    )
    video_share: float = Field(
        0.5, ge=0, le=1, description="share of the identities of a batch that come from a video, if there is one"
    )
    folders: int = Field(
        1,
        ge=1,
        le=64,
        description="number of folders of crops that the other identities come from; identities of one folder are "
        "harder to tell apart, those of several give steadier statistics for batch normalisation",
    )
    step_seconds: float = Field(
        0.2, ge=0, le=60, description="seconds between the frames of a video that patches are cut from"
    )
    false_share: float = Field(
        0.2, ge=0, le=10, description="maximum number of false detections of a video, as a share of its other patches"
    )
    longest_gap_seconds: float = Field(
        5.0, gt=0, le=600, description="longest time in seconds between the patches from a video in a batch"
    )


@dataclass(frozen=True)
class Batch:
    """N patches with their identities.

    Attributes:
        patches: N patches.
        identity: (N,) numbered over all crop sets; `NO_OBJECT` for false detections.
        crop_set: (N,) the index of the video or folder of crops that each patch is from.
        seconds: (N,) time in the video; NaN for crops from a folder.
        teacher_descriptors: (N, D) the descriptors that a teacher wants the network to give; None without a teacher.
    """

    patches: Patches
    identity: IntArray
    crop_set: IntArray
    seconds: NDArray[np.float64]
    teacher_descriptors: NDArray[np.float32] | None = None


class BatchSampler:
    """Draws batches, which depend only on the state of the random generator.

    Attributes:
        identity_count: number of identities in all crop sets.

    Raises:
        InputError: there are fewer than two identities in all.
    """

    def __init__(self, crop_sets: Sequence[IdentityCrops], parameters: SamplingParameters) -> None:
        self._crop_sets, self._parameters = list(crop_sets), parameters
        self._first_identity = np.cumsum([0, *(crops.identity_count for crops in crop_sets)])
        self.identity_count = int(self._first_identity[-1])
        if self.identity_count < 2:
            raise InputError("nothing to learn from: there must be at least two identities")
        self._videos = [index for index, crops in enumerate(crop_sets) if crops.is_video]
        self._folders = [index for index, crops in enumerate(crop_sets) if not crops.is_video]
        self._rows_of = [
            [np.flatnonzero(crops.identity == identity) for identity in range(crops.identity_count)]
            for crops in crop_sets
        ]

    def each_identity(self, most: int) -> Iterator[tuple[int, Patches]]:
        """Every identity and at most `most` of its patches, spread evenly over them."""
        for index, crops in enumerate(self._crop_sets):
            for identity, rows in enumerate(self._rows_of[index]):
                spread = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
                yield int(self._first_identity[index]) + identity, crops.patches[spread]

    def draw(self, random: np.random.Generator) -> Batch:
        """Draw one batch."""
        from_video = round(self._parameters.identities * self._parameters.video_share) if self._videos else 0
        from_video = from_video if self._folders else self._parameters.identities
        parts: list[tuple[int, IntArray]] = []
        if from_video:
            parts.append(self._draw_from_video(from_video, random))
        if self._folders:
            parts += self._draw_from_folders(self._parameters.identities - from_video, random)
        return self._collect(parts)

    def _draw_from_video(self, count: int, random: np.random.Generator) -> tuple[int, IntArray]:
        """Patches of `count` identities around a random patch of a video, half of them the nearest in space.

        These are hard to tell apart, because they are in the same light and often look alike.
        """
        weight = np.sqrt([len(self._crop_sets[index]) for index in self._videos])
        index = int(random.choice(self._videos, p=weight / weight.sum()))
        crops = self._crop_sets[index]
        anchor = int(random.choice(np.flatnonzero(crops.identity != NO_OBJECT)))
        near = np.flatnonzero(np.abs(crops.seconds - crops.seconds[anchor]) <= self._parameters.longest_gap_seconds / 2)
        present, nearest = np.unique(crops.identity[near], return_index=True)
        distance = np.hypot(*(crops.centre[near[nearest]] - crops.centre[anchor]).T)
        ranked = present[np.argsort(distance)]
        ranked = ranked[ranked != NO_OBJECT]
        hard = ranked[: max(2, count // 2)]
        rest = random.permutation(ranked[len(hard) :])[: count - len(hard)]
        rows = [
            self._sample(near[crops.identity[near] == identity], random) for identity in np.concatenate([hard, rest])
        ]
        false_detections = near[crops.identity[near] == NO_OBJECT]
        if len(false_detections):
            rows.append(random.permutation(false_detections)[: self._parameters.false_detections])
        return index, np.concatenate(rows)

    def _draw_from_folders(self, count: int, random: np.random.Generator) -> list[tuple[int, IntArray]]:
        """Patches of `count` random identities of some folders, about as many of each."""
        weight = np.array([self._crop_sets[index].identity_count for index in self._folders], float)
        number = min(self._parameters.folders, len(self._folders), count)
        chosen = random.choice(self._folders, number, replace=False, p=weight / weight.sum())
        shares = np.diff(np.linspace(0, count, number + 1).round().astype(int))
        return [
            self._draw_from_folder(int(index), share, random)
            for index, share in zip(chosen, shares.tolist(), strict=True)
        ]

    def _draw_from_folder(self, index: int, count: int, random: np.random.Generator) -> tuple[int, IntArray]:
        """Patches of `count` random identities of one folder."""
        identities = random.permutation(self._crop_sets[index].identity_count)[:count]
        return index, np.concatenate([self._sample(self._rows_of[index][identity], random) for identity in identities])

    def _sample(self, rows: IntArray, random: np.random.Generator) -> IntArray:
        """As many of the rows as an identity has patches in a batch; some more than once if there are too few."""
        count = self._parameters.patches
        return random.choice(rows, count, replace=len(rows) < count)

    def _collect(self, parts: list[tuple[int, IntArray]]) -> Batch:
        patches, identity, crop_set, seconds, teacher_descriptors = [], [], [], [], []
        for index, rows in parts:
            crops = self._crop_sets[index]
            own = crops.identity[rows]
            patches.append(crops.patches[rows])
            identity.append(np.where(own == NO_OBJECT, NO_OBJECT, own + self._first_identity[index]))
            crop_set.append(np.full(len(rows), index, np.int64))
            seconds.append(crops.seconds[rows])
            if crops.teacher_descriptors is not None:
                teacher_descriptors.append(crops.teacher_descriptors[rows])
        return Batch(
            Patches.concatenate(patches),
            np.concatenate(identity),
            np.concatenate(crop_set),
            np.concatenate(seconds),
            np.concatenate(teacher_descriptors) if teacher_descriptors else None,
        )


def positive_pairs(batch: Batch) -> tuple[IntArray, IntArray]:
    """Every pair of patches of one identity, the earlier one first."""
    same = (batch.identity[:, None] == batch.identity[None]) & (batch.identity[:, None] != NO_OBJECT)
    return _in_order(batch, *np.nonzero(np.triu(same, 1)))


def negative_pairs(batch: Batch) -> tuple[IntArray, IntArray]:
    """Every pair of patches of one crop set with different identities, the earlier one first."""
    is_false = batch.identity == NO_OBJECT
    other = (batch.identity[:, None] != batch.identity[None]) & (batch.crop_set[:, None] == batch.crop_set[None])
    other &= ~(is_false[:, None] & is_false[None])
    return _in_order(batch, *np.nonzero(np.triu(other, 1)))


def _in_order(batch: Batch, first: NDArray[np.intp], second: NDArray[np.intp]) -> tuple[IntArray, IntArray]:
    swap = batch.seconds[first] > batch.seconds[second]
    return np.where(swap, second, first), np.where(swap, first, second)
