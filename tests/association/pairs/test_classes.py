import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.classes import (
    NEVER,
    NO_CLASSES,
    UNKNOWN_CLASSES,
    ClassEvidence,
    add_evidence,
    class_evidence,
    most_frequent,
)
from siamlink.detectors.detections import Detections


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


def moving(labels: list[list[int]], apart: float = 200.0) -> Detections:
    """Objects side by side that move by 3 pixels a frame; their classes (objects, frames)."""
    frames = len(labels[0])
    parts = [
        Detections.from_boxes(
            frame + 1,
            [[apart * number + 3 * frame, 100, apart * number + 3 * frame + 40, 200] for number in range(len(labels))],
            None,
            [each[frame] for each in labels],
        )
        for frame in range(frames)
    ]
    return Detections.concatenate(parts)


def pair(earlier: int, later: int) -> tuple[Pairs, np.ndarray]:
    return Pairs(np.array([0]), np.array([1])), np.array([earlier, later], np.int16)


def test_objects_that_keep_their_class_separate_the_classes_even_where_they_overlap() -> None:
    evidence = ClassEvidence.of(moving([[3] * 300, [5] * 300], apart=10.0))
    assert evidence.of_pairs(*pair(3, 3)) == 0
    assert evidence.of_pairs(*pair(3, 5)) < NEVER
    assert not evidence.confused(*pair(3, 5))


def test_a_class_that_flips_on_one_object_is_confused_with_the_other() -> None:
    flips = np.random.default_rng(0).choice([3, 5], 300, p=[0.8, 0.2]).tolist()
    evidence = ClassEvidence.of(moving([flips, [7] * 300]))
    assert evidence.of_pairs(*pair(3, 5)) > -0.5
    assert evidence.confused(*pair(3, 5))
    assert evidence.of_pairs(*pair(3, 7)) < NEVER


def test_classes_without_detections_have_the_evidence_of_the_prior() -> None:
    for evidence in (UNKNOWN_CLASSES, ClassEvidence.of(moving([[0] * 9]))):
        assert evidence.of_pairs(*pair(0, 1)) == pytest.approx(np.log(0.1))
        assert evidence.of_pairs(*pair(4, 4)) == 0
        assert not evidence.confused(*pair(0, 1))
    assert NO_CLASSES.of_pairs(*pair(0, 1)) == 0
    assert NO_CLASSES.confused(*pair(0, 1))


def test_evidence_is_added_to_the_log_odds_and_none_changes_no_bit() -> None:
    probability = np.array([0.1, 0.5, 0.973, 1.0, 0.0])
    assert (add_evidence(probability, np.zeros(5)) == probability).all()
    assert add_evidence(np.array([0.5, 1.0]), np.full(2, -2.0)) == pytest.approx([1 / (1 + np.exp(2)), 1.0])


def test_the_most_frequent_class_of_each_group_wins() -> None:
    label, group = np.array([4, 2, 4, 9, 9, 2], np.int16), np.array([0, 0, 0, 2, 2, 2])
    assert most_frequent(label, group, 4).tolist() == [4, 0, 9, 0]
    assert most_frequent(label[:0], group[:0], 2).tolist() == [0, 0]
