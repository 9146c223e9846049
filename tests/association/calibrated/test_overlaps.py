import numpy as np
import pytest

from siamlink.association.calibrated.overlaps import overlapping_pairs, overlaps
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_pairs_are_of_one_step_and_have_the_iou() -> None:
    box = [[0, 0, 10, 10], [5, 0, 15, 10], [80, 0, 90, 10], [5, 0, 15, 10]]
    i, j, common, iou = overlapping_pairs(make_scene(Detections([1, 1, 1, 2], box, [0.9] * 4, [0] * 4)))
    assert (i.tolist(), j.tolist()) == ([0], [1])
    assert (common.tolist(), iou.tolist()) == (pytest.approx([50]), pytest.approx([1 / 3]))


def test_overlaps_are_with_boxes_of_higher_scores_only() -> None:
    box = [[0, 0, 10, 10], [5, 0, 15, 10], [5, 0, 15, 10]]
    found = overlaps(make_scene(Detections([1, 1, 2], box, [0.9, 0.5, 0.4], [0] * 3)))
    assert found.better.tolist() == pytest.approx([0, 1 / 3, 0])
    assert found.part.tolist() == pytest.approx([0, 0.5, 0])


def test_boxes_of_another_class_are_no_better_ones_unless_they_are_the_same_box() -> None:
    box = np.array([[0, 0, 100, 100], [0, 10, 100, 110], [2, 0, 102, 100]], float)
    label = np.array([0, 1, 2])
    scene = make_scene(Detections(np.ones(3), box, [0.9, 0.8, 0.7], label))
    assert overlaps(scene).better == pytest.approx([0, 0, 98 / 102])
    assert overlaps(make_scene(Detections(np.ones(3), box, [0.9, 0.8, 0.7], label * 0))).better[1] > 0.8
