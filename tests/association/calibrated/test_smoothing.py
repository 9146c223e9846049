import numpy as np
import pytest

from siamlink.association.calibrated.estimate import Estimate
from siamlink.association.calibrated.online_window import WindowLinks, window_estimate
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.smoothing import Smoother
from siamlink.detectors.detections import Detections


def test_smoothed_places_are_nearer_the_truth_and_without_trust_the_same(
    walkers: Detections, walker_estimate: Estimate
) -> None:
    scene = make_scene(walkers)
    smoother = Smoother(scene, walker_estimate)
    truth = np.column_stack([115.0 + 5 * scene.frame, np.tile([130.0, 330.0], 12)])
    error, before = (np.abs(place[:, :2] - truth).mean() for place in (smoother.smoothed(), scene.place))
    assert error < before
    np.testing.assert_array_equal(smoother.smoothed(0.0), scene.place)


def test_boxes_in_a_gap_lie_between_its_ends_and_are_least_certain_in_the_middle(walkers: Detections) -> None:
    left = walkers[(walkers.frame < 5) | (walkers.frame > 9)]
    scene = make_scene(left)
    successor = np.append(np.arange(2, len(left)), [-1, -1])
    estimate = window_estimate(scene, WindowLinks(successor, np.full(len(left), 7.0), np.tile([1, 2], 7)), newest=6)
    gaps = Smoother(scene, estimate).between(scene.place)
    of_first = np.flatnonzero(gaps.earlier == 6)
    assert gaps.frame[of_first].tolist() == [5, 6, 7, 8, 9]
    expected = scene.place[6] + (scene.place[8] - scene.place[6]) / 6
    assert gaps.place[of_first[0]] == pytest.approx(expected)
    assert gaps.spread[of_first].argmax() == 2
