"""How a window is linked again without exchanging numbers that are in the results."""

import numpy as np

from siamlink.association.calibrated.online_window import WindowLinks, in_hindsight, keep_numbers, window_estimate
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_each_track_keeps_the_number_that_most_of_its_detections_had() -> None:
    successor = np.array([1, 2, 3, -1, 5, 6, -1, -1])
    track = np.array([4, 4, 4, 7, 7, 7, 7, 4])
    assert keep_numbers(successor, track, 20).tolist() == [4, 4, 4, 4, 7, 7, 7, 20]


def parallel() -> Detections:
    """Two objects on parallel ways, over ten frames."""
    frame = np.repeat(np.arange(1, 11), 2)
    x, y = 100.0 + 6 * frame, np.tile([100.0, 160.0], 10)
    box = np.column_stack([x, y, x + 30, y + 40]) + np.random.default_rng(0).normal(0, 0.2, (20, 4))
    return Detections(frame, box, np.full(20, 0.9), np.zeros(20, int))


def test_exchanged_links_are_mended_in_hindsight() -> None:
    scene = make_scene(parallel())
    right = np.append(np.arange(2, 20), [-1, -1])
    wrong = right.copy()
    wrong[[8, 9]] = 11, 10
    ratio = np.where(wrong >= 0, 5.0, 0.0)
    estimate = window_estimate(scene, WindowLinks(wrong, ratio, np.zeros(20, np.int64)), newest=8)
    found = in_hindsight(scene, estimate, newest=8)
    assert found.successor.tolist() == right.tolist()
    assert found.motion == estimate.motion
