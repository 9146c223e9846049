from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.descriptors import unit
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.training.batch_sampler import SamplingParameters
from siamlink.association.training.distillation import TeacherParameters, prepare_teacher_descriptors, teacher_loss
from siamlink.association.training.identity_crops import IdentityCrops, read_crops
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.association.training.siamese_trainer import SiameseTrainer
from siamlink.association.training.siamese_validation import Validation
from siamlink.detectors.base.errors import ConfigError

Paint = Callable[..., IdentityCrops]


def silent(*_: object) -> None:
    """Report nothing."""


def with_teacher(crops: IdentityCrops, seed: int = 0, length: int = 40) -> IdentityCrops:
    """Crops with a teacher's descriptors: a direction for each identity, much common to all, and little noise."""
    random = np.random.default_rng(seed)
    direction = random.normal(size=(crops.identity_count, length)) + 3
    noise = 0.1 * random.normal(size=(len(crops), length))
    return replace(crops, teacher_descriptors=(direction[crops.identity] + noise).astype(np.float32))


def test_targets_have_the_cosines_of_the_centred_descriptors(paint_crops: Paint) -> None:
    one, other = with_teacher(paint_crops(identities=4)), with_teacher(paint_crops(identities=5, seed=1), seed=1)
    first, second = prepare_teacher_descriptors([one, other], 64)
    assert first.teacher_descriptors is not None
    assert second.teacher_descriptors is not None
    assert one.teacher_descriptors is not None
    assert first.teacher_descriptors.shape == (len(one), 64)
    assert np.allclose(np.linalg.norm(second.teacher_descriptors, axis=1), 1, atol=1e-5)
    plain = unit(one.teacher_descriptors)
    centred = unit(plain - plain.mean(axis=0))
    assert np.allclose(first.teacher_descriptors @ first.teacher_descriptors.T, centred @ centred.T, atol=1e-5)


def test_a_short_descriptor_keeps_the_principal_axes(paint_crops: Paint) -> None:
    (lesson,) = prepare_teacher_descriptors([with_teacher(paint_crops(identities=4))], 3)
    assert lesson.teacher_descriptors is not None
    same = paint_crops(identities=4).identity[:, None] == paint_crops(identities=4).identity
    cosines = lesson.teacher_descriptors @ lesson.teacher_descriptors.T
    assert cosines[same].min() > 0.9
    assert cosines[~same].max() < 0.5


def test_without_a_teacher_crops_are_unchanged_and_a_teacher_of_only_some_is_refused(paint_crops: Paint) -> None:
    plain = paint_crops()
    assert prepare_teacher_descriptors([plain], 8)[0] is plain
    with pytest.raises(ConfigError, match="some of the videos and crops, but not all"):
        prepare_teacher_descriptors([plain, with_teacher(plain)], 8)


def test_the_loss_is_zero_at_the_targets() -> None:
    lesson = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert float(teacher_loss(7 * lesson, lesson)) == pytest.approx(0)
    assert float(teacher_loss(lesson.flip(0), lesson)) == pytest.approx(1)
    assert float(teacher_loss(-lesson, lesson)) == pytest.approx(2)


@pytest.mark.slow
def test_training_brings_a_network_nearer_to_its_teacher(paint_crops: Paint, tmp_path: Path) -> None:
    pupil = with_teacher(paint_crops(identities=8))
    (lesson,) = prepare_teacher_descriptors([pupil], 32)

    def agreement(weight: float) -> float:
        parameters = SiameseTrainingParameters(
            network=NetworkParameters(size="compact", dropout=0),
            sampling=SamplingParameters(identities=8, patches=2),
            teacher=TeacherParameters(weight=weight),
            steps=60,
            check_every=60,
            precision="float32",
        )
        folder = tmp_path / str(weight)
        folder.mkdir()
        validation = Validation([paint_crops(seed=2)], pairs=60)
        siamese = SiameseTrainer([pupil], validation, parameters, folder).run(silent)
        assert lesson.teacher_descriptors is not None
        return float((unit(siamese.describe_patches(pupil.patches)) * lesson.teacher_descriptors).sum(1).mean())

    assert agreement(20.0) > agreement(0.0) + 0.2


def test_topologies_without_descriptors_have_no_teacher(paint_crops: Paint, tmp_path: Path) -> None:
    parameters = SiameseTrainingParameters(
        network=NetworkParameters(topology="joint", size="compact"),
        loss="softmax",
        teacher=TeacherParameters(appearance="siamese"),
    )
    with pytest.raises(ConfigError, match="the topology joint gives no descriptors to teach"):
        SiameseTrainer([paint_crops()], Validation([paint_crops(seed=2)], pairs=60), parameters, tmp_path)


def test_crops_are_read_with_the_descriptors_of_the_teacher(tmp_path: Path) -> None:
    for person, colour in enumerate([(255, 0, 0), (0, 0, 9)]):
        cv2.imwrite(str(tmp_path / f"{person}_a.png"), np.full((40, 20, 3), colour, np.uint8))

    class MeanColour:
        def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
            return np.tile(image.mean(axis=(0, 1)), (len(box), 1))

    read = read_crops(tmp_path, silent, Appearances([LoadedAppearance("colour", "colour", MeanColour)]))
    assert read.teacher_descriptors is not None
    assert np.allclose(read.teacher_descriptors, [[1, 0, 0], [0, 0, 1]])
    assert read_crops(tmp_path, silent).teacher_descriptors is None
