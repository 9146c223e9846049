"""Rounds of linking: crossings, weak detections, and what is fixed."""

import numpy as np
import pytest

from siamlink.association.calibrated.candidate_links import candidate_links
from siamlink.association.calibrated.estimate import Estimate, Fixed, first_estimate
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.rounds import ROUNDS, STRONG_ROUND, calibrate, relink
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.detectors.detections import Detections

FRAMES = 60


def crossing() -> Scene:
    """Two objects that move towards each other and pass, one a little above the other."""
    frame = np.repeat(np.arange(1, FRAMES + 1), 2)
    right = np.tile([True, False], FRAMES)
    x = np.where(right, 100 + 6.0 * frame, 100 + 6.0 * (FRAMES - frame))
    y = np.where(right, 100.0, 115.0)
    box = np.column_stack([x, y, x + 30, y + 60]) + np.random.default_rng(0).normal(0, 0.5, (len(x), 4))
    return make_scene(Detections(frame, box, np.random.default_rng(1).uniform(0.7, 0.9, len(x)), 0 * frame))


def calibrated(scene: Scene, rounds: int = ROUNDS, fixed: Fixed | None = None) -> Estimate:
    models = shipped_models()
    classifier = ObjectClassifier(scene, 25, models.alone, models.in_track)
    return calibrate(scene, classifier, models.links, rounds, fixed)


@pytest.mark.parametrize("rounds", [STRONG_ROUND, ROUNDS])
def test_the_direction_decides_at_crossings(rounds: int) -> None:
    scene = crossing()
    number = track_numbers(calibrated(scene, rounds).successor)
    assert number.tolist() == [0, 1] * FRAMES


def test_the_rounds_raise_the_objective() -> None:
    scene = crossing()
    assert 0 < calibrated(scene, 2).objective < calibrated(scene).objective


def test_fixed_links_stay_in_all_rounds() -> None:
    scene = crossing()
    successor = np.full(len(scene), -1)
    successor[[10, 11]] = 13, 12
    number = track_numbers(calibrated(scene, fixed=Fixed(successor)).successor)
    assert number[10] == number[13] != number[11] == number[12]


def test_links_give_the_probability_of_a_jump() -> None:
    scene = crossing()
    estimate = first_estimate(scene)
    smooth = relink(scene, estimate, candidate_links(scene, estimate, 1))
    assert (smooth.successor >= 0).sum() == len(scene) - 2
    assert 0.001 <= smooth.motion.jump_probability < 0.05
