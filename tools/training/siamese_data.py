"""Training and validation data of a Siamese network: videos and crops."""

from dataclasses import dataclass, field
from pathlib import Path

from siamlink.association.appearance.loading import load_appearance
from siamlink.association.training.ground_truth import is_same_video, read_ground_truth
from siamlink.association.training.identity_crops import (
    IdentityCrops,
    find_identity_crops,
    one_of_each_video,
    read_crops,
    read_video_identities,
)
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.association.training.siamese_validation import Validation, split_identities
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence

VALIDATION_SHARE = 0.05
"""Share of the identities for validation, if no video is given for it."""


@dataclass(frozen=True)
class TrainingData:
    """What a network learns from, and what it is judged on; no identity and no video is in two of them.

    Attributes:
        crops: to learn from.
        validation: decides which weights are kept.
        held_out: crops of identities that are searched for when the training has ended; none unless they are asked for.
    """

    crops: list[IdentityCrops]
    validation: Validation
    held_out: list[IdentityCrops] = field(default_factory=list)


def read_training_data(
    folders: list[Path],
    exclude: list[str],
    validate: list[str],
    parameters: SiameseTrainingParameters,
    progress: Progress,
) -> TrainingData:
    """Read the data of a training.

    Raises:
        ConfigError: there is no sequence of a name, or nothing is left to learn from.
        InputError: a folder cannot be read, or shows too few identities.
        ModelError: there is no such teacher, or it failed.
    """
    sequences: list[Sequence] = []
    crop_folders: list[Path] = []
    for folder in folders:
        inside, crops_inside = find_identity_crops(folder)
        sequences += inside
        crop_folders += crops_inside
    remaining = _without(sequences, [*exclude, *validate])
    sampling, teacher = parameters.sampling, load_appearance(parameters.teacher.appearance)

    def read(chosen: list[Sequence]) -> list[IdentityCrops]:
        step, share = sampling.step_seconds, sampling.false_share
        return [read_video_identities(each, parameters.flow, step, share, progress, teacher) for each in chosen]

    videos = read(one_of_each_video(remaining))
    crops = [read_crops(folder, progress, teacher) for folder in crop_folders]
    held_out: list[IdentityCrops] = []
    if parameters.held_out and crops:
        divided = [split_identities(part, count=parameters.held_out) for part in crops]
        crops, held_out = [part for part, _ in divided], [part for _, part in divided]
    if not videos and not crops:
        raise ConfigError("nothing is left to learn from: give another video or person crops as well")
    if validate:
        named = [sequence for sequence in sequences if sequence.name in validate]
        return TrainingData([*videos, *crops], Validation(read(named)), held_out)
    parts = [split_identities(part, VALIDATION_SHARE) for part in crops or videos]
    learned = [*(videos if crops else []), *(training for training, _ in parts)]
    return TrainingData(learned, Validation([validation for _, validation in parts]), held_out)


def _without(sequences: list[Sequence], names: list[str]) -> list[Sequence]:
    """The sequences that show another video than those of these names."""
    known = {sequence.name: sequence for sequence in sequences}
    if unknown := [name for name in names if name not in known]:
        there = ", ".join(known) or "none"
        raise ConfigError(f"there is no annotated sequence '{unknown[0]}' with frames; there are: {there}")
    truths = {name: read_ground_truth(known[name]) for name in known}
    return [
        sequence
        for sequence in sequences
        if not any(name == sequence.name or is_same_video(truths[name], truths[sequence.name]) for name in names)
    ]
