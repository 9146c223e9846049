import numpy as np
import pytest

from siamlink.association.calibrated.classes import class_by_vote, class_evidence
from siamlink.association.calibrated.presence import ages, first_presence
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_one_class_says_nothing() -> None:
    assert class_evidence(np.zeros(5, int), np.full(5, -1)) == pytest.approx(np.zeros((1, 1)))


def test_classes_that_are_never_confused_speak_against_a_link() -> None:
    codes = np.arange(200) % 2
    successor = np.where(np.arange(200) < 198, np.arange(200) + 2, -1)
    evidence = class_evidence(codes, successor)
    assert evidence[0, 1] < -3 < 0 < evidence[0, 0]


def test_classes_that_are_confused_are_no_wall() -> None:
    codes = np.random.default_rng(0).integers(0, 2, 400)
    successor = np.append(np.arange(1, 400), -1)
    assert np.abs(class_evidence(codes, successor)).max() < 0.3


def test_a_track_has_the_class_of_most_of_its_detections() -> None:
    assert class_by_vote(np.array([0, 2, 2, 1]), np.array([0, 0, 0, 1])).tolist() == [2, 1]


def test_ages_count_from_both_ends() -> None:
    age, rest = ages(np.array([1, 2, -1, -1]))
    assert age.tolist() == [1, 2, 3, 1]
    assert rest.tolist() == [3, 2, 1, 1]


def test_probabilities_of_gaps_add_up() -> None:
    detections = Detections([1, 2], [[0, 0, 10, 10]] * 2, [1, 1], [0, 0])
    presence = first_presence(make_scene(detections), 500, np.zeros(2))
    assert np.exp(presence.log_gap[1:]).sum() == pytest.approx(1, abs=1e-3)
