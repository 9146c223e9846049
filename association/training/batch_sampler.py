"""Batches of people for training: which patches are shown together, and which of their pairs are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.patches import Patches
from siamlink.association.training.ground_truth import NOBODY
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.parameters import Parameters

IntArray = NDArray[np.int64]


class SamplingParameters(Parameters):
    """What a batch is made of: several patches of each of several people, of one moment of one video and of crops."""

    people: int = Field(16, ge=2, le=256, description="people in a batch")
    patches: int = Field(4, ge=2, le=32, description="patches of each")
    false_detections: int = Field(2, ge=0, le=64, description="detections of nobody in the part from a video")
    video_share: float = Field(
        0.5, ge=0, le=1, description="share of the people that come from a video, if there is one"
    )
    step_seconds: float = Field(0.2, ge=0, le=60, description="time between the frames of a video that are looked at")
    false_share: float = Field(
        0.2, ge=0, le=10, description="detections of nobody that are kept, as share of the others"
    )
    longest_gap_seconds: float = Field(5.0, gt=0, le=600, description="time between a person's patches in a video")


@dataclass(frozen=True)
class Batch:
    """N patches with who they show.

    Attributes:
        patches: N of them.
        identity: (N,) the person, numbered over all galleries; `NOBODY` for false detections.
        source: (N,) the gallery.
        seconds: (N,) when; NaN for crops.
        taught: (N, D) what a teacher would have the network say of them; None without a teacher.
    """

    patches: Patches
    identity: IntArray
    source: IntArray
    seconds: NDArray[np.float64]
    taught: NDArray[np.float32] | None = None


class BatchSampler:
    """Draws batches; what it draws depends on the seed of the generator alone.

    Raises:
        InputError: there are fewer than two people in all.
    """

    def __init__(self, galleries: Sequence[IdentityCrops], parameters: SamplingParameters) -> None:
        self._galleries, self._parameters = list(galleries), parameters
        self._first_identity = np.cumsum([0, *(gallery.people for gallery in galleries)])
        self.people = int(self._first_identity[-1])
        if self.people < 2:
            raise InputError("nothing to learn from: there must be at least two people")
        self._videos = [index for index, gallery in enumerate(galleries) if gallery.is_video]
        self._crops = [index for index, gallery in enumerate(galleries) if not gallery.is_video]
        self._rows_of = [
            [np.flatnonzero(gallery.identity == person) for person in range(gallery.people)] for gallery in galleries
        ]

    def each_person(self, most: int) -> Iterator[tuple[int, Patches]]:
        """Every person's number, and some of their patches, `most` at most and spread evenly."""
        for index, gallery in enumerate(self._galleries):
            for person, rows in enumerate(self._rows_of[index]):
                spread = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
                yield int(self._first_identity[index]) + person, gallery.patches[spread]

    def draw(self, random: np.random.Generator) -> Batch:
        """One batch."""
        from_video = round(self._parameters.people * self._parameters.video_share) if self._videos else 0
        from_video = from_video if self._crops else self._parameters.people
        parts: list[tuple[int, IntArray]] = []
        if from_video:
            parts.append(self._of_one_moment(from_video, random))
        if self._crops:
            parts += self._of_crops(self._parameters.people - from_video, random)
        return self._collect(parts)

    def _of_one_moment(self, people: int, random: np.random.Generator) -> tuple[int, IntArray]:
        """Patches of the people around a random patch of a video, those nearest in space first: they look alike."""
        weight = np.sqrt([len(self._galleries[index]) for index in self._videos])
        index = int(random.choice(self._videos, p=weight / weight.sum()))
        gallery = self._galleries[index]
        anchor = int(random.choice(np.flatnonzero(gallery.identity != NOBODY)))
        near = np.flatnonzero(
            np.abs(gallery.seconds - gallery.seconds[anchor]) <= self._parameters.longest_gap_seconds / 2
        )
        present, nearest = np.unique(gallery.identity[near], return_index=True)
        distance = np.hypot(*(gallery.centre[near[nearest]] - gallery.centre[anchor]).T)
        ranked = present[np.argsort(distance)]
        ranked = ranked[ranked != NOBODY]
        hard = ranked[: max(2, people // 2)]
        rest = random.permutation(ranked[len(hard) :])[: people - len(hard)]
        rows = [
            self._some(near[gallery.identity[near] == person], self._parameters.patches, random)
            for person in np.concatenate([hard, rest])
        ]
        nobody = near[gallery.identity[near] == NOBODY]
        if len(nobody):
            rows.append(random.permutation(nobody)[: self._parameters.false_detections])
        return index, np.concatenate(rows)

    def _of_crops(self, people: int, random: np.random.Generator) -> list[tuple[int, IntArray]]:
        """Patches of random people of one folder of crops: people of one place are harder to tell apart."""
        weight = np.array([self._galleries[index].people for index in self._crops], float)
        index = int(random.choice(self._crops, p=weight / weight.sum()))
        persons = random.permutation(self._galleries[index].people)[:people]
        rows = [self._some(self._rows_of[index][person], self._parameters.patches, random) for person in persons]
        return [(index, np.concatenate(rows))]

    @staticmethod
    def _some(rows: IntArray, count: int, random: np.random.Generator) -> IntArray:
        return random.choice(rows, count, replace=len(rows) < count)

    def _collect(self, parts: list[tuple[int, IntArray]]) -> Batch:
        patches, identity, source, seconds, taught = [], [], [], [], []
        for index, rows in parts:
            gallery = self._galleries[index]
            own = gallery.identity[rows]
            patches.append(gallery.patches[rows])
            identity.append(np.where(own == NOBODY, NOBODY, own + self._first_identity[index]))
            source.append(np.full(len(rows), index, np.int64))
            seconds.append(gallery.seconds[rows])
            if gallery.taught is not None:
                taught.append(gallery.taught[rows])
        return Batch(
            Patches.concatenate(patches),
            np.concatenate(identity),
            np.concatenate(source),
            np.concatenate(seconds),
            np.concatenate(taught) if taught else None,
        )


def positive_pairs(batch: Batch) -> tuple[IntArray, IntArray]:
    """Every pair of patches of one person, the earlier one first."""
    same = (batch.identity[:, None] == batch.identity[None]) & (batch.identity[:, None] != NOBODY)
    return _in_order(batch, *np.nonzero(np.triu(same, 1)))


def negative_pairs(batch: Batch) -> tuple[IntArray, IntArray]:
    """Every pair of patches of one gallery that do not show one person, the earlier one first."""
    nobody = batch.identity == NOBODY
    other = (batch.identity[:, None] != batch.identity[None]) & (batch.source[:, None] == batch.source[None])
    other &= ~(nobody[:, None] & nobody[None])
    return _in_order(batch, *np.nonzero(np.triu(other, 1)))


def _in_order(batch: Batch, first: NDArray[np.intp], second: NDArray[np.intp]) -> tuple[IntArray, IntArray]:
    swap = batch.seconds[first] > batch.seconds[second]
    return np.where(swap, second, first), np.where(swap, first, second)
