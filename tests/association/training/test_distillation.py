from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from siamlink.association.appearance.appearance import Appearances, LoadedAppearance, unit
from siamlink.association.appearance.siamese.networks import NetworkParameters
from siamlink.association.training.batch_sampler import SamplingParameters
from siamlink.association.training.distillation import TeacherParameters, prepare_lessons, teacher_loss
from siamlink.association.training.identity_crops import IdentityCrops, read_crops
from siamlink.association.training.siamese_trainer import SiameseTrainer, SiameseTrainingParameters
from siamlink.association.training.siamese_validation import Validation
from siamlink.detectors.base.errors import ConfigError

Paint = Callable[..., IdentityCrops]


def silent(*_: object) -> None:
    """Report nothing."""


def taught(gallery: IdentityCrops, seed: int = 0, length: int = 40) -> IdentityCrops:
    """A gallery with a teacher's descriptors: one direction a person, much that is common to all, and little noise."""
    random = np.random.default_rng(seed)
    people = random.normal(size=(gallery.people, length)) + 3
    noise = 0.1 * random.normal(size=(len(gallery), length))
    return replace(gallery, taught=(people[gallery.identity] + noise).astype(np.float32))


def test_lessons_are_the_cosines_without_what_all_have_in_common(gallery: Paint) -> None:
    one, other = taught(gallery(people=4)), taught(gallery(people=5, seed=1), seed=1)
    first, second = prepare_lessons([one, other], 64)
    assert first.taught is not None
    assert second.taught is not None
    assert one.taught is not None
    assert first.taught.shape == (len(one), 64)
    assert np.allclose(np.linalg.norm(second.taught, axis=1), 1, atol=1e-5)
    plain = unit(one.taught)
    centred = unit(plain - plain.mean(axis=0))
    assert np.allclose(first.taught @ first.taught.T, centred @ centred.T, atol=1e-5)


def test_few_numbers_keep_the_main_axes(gallery: Paint) -> None:
    (lesson,) = prepare_lessons([taught(gallery(people=4))], 3)
    assert lesson.taught is not None
    same = gallery(people=4).identity[:, None] == gallery(people=4).identity
    cosines = lesson.taught @ lesson.taught.T
    assert cosines[same].min() > 0.9
    assert cosines[~same].max() < 0.5


def test_without_a_teacher_galleries_stay_and_a_teacher_of_some_only_is_refused(gallery: Paint) -> None:
    plain = gallery()
    assert prepare_lessons([plain], 8)[0] is plain
    with pytest.raises(ConfigError, match="some of the videos and crops, but not all"):
        prepare_lessons([plain, taught(plain)], 8)


def test_the_loss_is_nought_where_the_lesson_is_learned() -> None:
    lesson = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert float(teacher_loss(7 * lesson, lesson)) == pytest.approx(0)
    assert float(teacher_loss(lesson.flip(0), lesson)) == pytest.approx(1)
    assert float(teacher_loss(-lesson, lesson)) == pytest.approx(2)


def test_a_network_comes_nearer_to_its_teacher(gallery: Paint, tmp_path: Path) -> None:
    pupil = taught(gallery(people=8))
    (lesson,) = prepare_lessons([pupil], 32)

    def agreement(weight: float) -> float:
        parameters = SiameseTrainingParameters(
            network=NetworkParameters(size="compact", dropout=0),
            sampling=SamplingParameters(people=8, patches=2),
            teacher=TeacherParameters(weight=weight),
            steps=60,
            check_every=60,
            precision="float32",
        )
        folder = tmp_path / str(weight)
        folder.mkdir()
        validation = Validation([gallery(seed=2)], pairs=60)
        siamese = SiameseTrainer([pupil], validation, parameters, folder).run(silent)
        assert lesson.taught is not None
        return float((unit(siamese.describe_patches(pupil.patches)) * lesson.taught).sum(1).mean())

    assert agreement(20.0) > agreement(0.0) + 0.2


def test_topologies_without_descriptors_have_no_teacher(gallery: Paint, tmp_path: Path) -> None:
    parameters = SiameseTrainingParameters(
        network=NetworkParameters(topology="joint", size="compact"),
        loss="softmax",
        teacher=TeacherParameters(appearance="siamese"),
    )
    with pytest.raises(ConfigError, match="the topology joint makes no descriptors to teach"):
        SiameseTrainer([gallery()], Validation([gallery(seed=2)], pairs=60), parameters, tmp_path)


def test_crops_are_read_with_what_the_teacher_says(tmp_path: Path) -> None:
    for person, colour in enumerate([(255, 0, 0), (0, 0, 9)]):
        cv2.imwrite(str(tmp_path / f"{person}_a.png"), np.full((40, 20, 3), colour, np.uint8))

    class MeanColour:
        def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
            return np.tile(image.mean(axis=(0, 1)), (len(box), 1))

    read = read_crops(tmp_path, silent, Appearances([LoadedAppearance("colour", "colour", MeanColour)]))
    assert read.taught is not None
    assert np.allclose(read.taught, [[1, 0, 0], [0, 0, 1]])
    assert read_crops(tmp_path, silent).taught is None
