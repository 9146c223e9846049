"""Learning from a teacher: another network's descriptors of the same patches, which the trained one is to come near."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from siamlink.association.appearance.appearance import unit
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters


class TeacherParameters(Parameters):
    """Whose descriptors a network of descriptors learns beside its loss."""

    appearance: str = Field("none", description="the teacher, named as for tracking: onnx:FILE, siamese:FILE, ...")
    weight: float = Field(10.0, ge=0, le=1000, description="of 1 - cosine to the teacher's descriptor, in the loss")


def prepare_lessons(galleries: Sequence[IdentityCrops], dimension: int) -> list[IdentityCrops]:
    """The galleries with the teacher's descriptors (N, T) made into what a network of `dimension` numbers can learn.

    The mean of its gallery is taken away from each unit descriptor: what all pictures of one place have in common tells
    nobody apart. What is left is turned onto the `dimension` main axes of all galleries together, which keeps the
    cosines as far as so few numbers can. Zeros are added where the teacher's are fewer.

    Raises:
        ConfigError: some of the galleries have a teacher's descriptors and some have not.
    """
    taught = [each.taught for each in galleries if each.taught is not None]
    if not taught:
        return list(galleries)
    if len(taught) < len(galleries):
        raise ConfigError("teacher: it has described some of the videos and crops, but not all")
    centred = [unit(each - each.mean(axis=0)) for each in map(unit, taught)]
    every = np.concatenate(centred)
    _, axes = np.linalg.eigh(every.T @ every)
    main = axes[:, ::-1][:, :dimension]
    lessons = [unit(np.pad(each @ main, ((0, 0), (0, dimension - main.shape[1])))) for each in centred]
    return [replace(gallery, taught=lesson) for gallery, lesson in zip(galleries, lessons, strict=True)]


def teacher_loss(descriptor: Tensor, lesson: Tensor) -> Tensor:
    """The mean of 1 - cosine of descriptors (N, D) to the unit descriptors (N, D) that they are to come near."""
    return 1 - (functional.normalize(descriptor, dim=1) * lesson).sum(1).mean()
