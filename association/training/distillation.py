"""Distillation: the network learns to give descriptors near those that a teacher network gives for the same patches."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from siamlink.association.appearance.descriptors import unit
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters


class TeacherParameters(Parameters):
    """A teacher network whose descriptors the network learns in addition to its loss."""

    appearance: str = Field(
        "none", description="appearance model that is the teacher, named as for tracking: onnx:FILE, siamese:FILE, ..."
    )
    weight: float = Field(
        10.0, ge=0, le=1000, description="weight in the loss of 1 - cosine to the descriptors of the teacher"
    )


def prepare_teacher_descriptors(crop_sets: Sequence[IdentityCrops], dimension: int) -> list[IdentityCrops]:
    """The crop sets with the teacher's descriptors (N, T) projected to the `dimension` of the network's descriptors.

    The mean of each crop set is subtracted from its unit descriptors, as it holds what all images of one place share.
    The rest is projected onto the `dimension` principal axes of all crop sets together, which preserves the cosines as
    far as possible, and scaled to unit length. If T is smaller than `dimension`, zeros are appended.

    Raises:
        ConfigError: only some of the crop sets have a teacher's descriptors.
    """
    described = [each.teacher_descriptors for each in crop_sets if each.teacher_descriptors is not None]
    if not described:
        return list(crop_sets)
    if len(described) < len(crop_sets):
        raise ConfigError("teacher: it has described some of the videos and crops, but not all")
    centred = [unit(each - each.mean(axis=0)) for each in map(unit, described)]
    every = np.concatenate(centred)
    _, axes = np.linalg.eigh(every.T @ every)
    principal = axes[:, ::-1][:, :dimension]
    padding = (0, 0), (0, dimension - principal.shape[1])
    targets = [unit(np.pad(each @ principal, padding)) for each in centred]
    return [replace(crops, teacher_descriptors=target) for crops, target in zip(crop_sets, targets, strict=True)]


def teacher_loss(descriptor: Tensor, target: Tensor) -> Tensor:
    """The mean of 1 - cosine of descriptors (N, D) to the unit vectors `target` (N, D)."""
    return 1 - (functional.normalize(descriptor, dim=1) * target).sum(1).mean()
