import numpy as np
import pytest

from siamlink.association.calibrated.classes import class_evidence


def test_one_class_is_no_evidence() -> None:
    assert class_evidence(np.zeros(5, int), np.full(5, -1)) == pytest.approx(np.zeros((1, 1)))


def test_classes_that_are_never_confused_are_evidence_against_a_link() -> None:
    codes = np.arange(200) % 2
    successor = np.where(np.arange(200) < 198, np.arange(200) + 2, -1)
    evidence = class_evidence(codes, successor)
    assert evidence[0, 1] < -3 < 0 < evidence[0, 0]


def test_classes_that_are_confused_are_no_evidence() -> None:
    codes = np.random.default_rng(0).integers(0, 2, 400)
    successor = np.append(np.arange(1, 400), -1)
    assert np.abs(class_evidence(codes, successor)).max() < 0.3
