import numpy as np
import pytest

from siamlink.association.calibrated.motion import Motion, jump_probability, measurement_variance, own_size, transitions
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections

MOTION = Motion(
    measurement_noise=np.array([0.03, 0.04, 0.05, 0.02]),
    drift=np.array([0.01, 0.02, 0.01, 0.01]),
    acceleration=np.array([0.02, 0.01, 0.0, 0.0]),
    persistence=np.array([0.9, 0.8, 0.0, 0.0]),
    velocity_spread=np.array([0.1, 0.2, 0.0, 0.0]),
    tail=4.0,
    jump_probability=0.01,
    neighbour_size=np.array([0.3, 0.3]),
)


def test_transitions_are_powers_of_the_first() -> None:
    table = transitions(MOTION, 5)
    for axis in (0, 1):
        reach, decay, noise, cross, velocity_noise = table[1, :, axis]
        step, covariance = np.array([[1, reach], [0, decay]]), np.array([[noise, cross], [cross, velocity_noise]])
        power, total = np.eye(2), np.zeros((2, 2))
        for gap in range(1, 6):
            power, total = step @ power, step @ total @ step.T + covariance
            np.testing.assert_allclose(table[gap, :2, axis], power[:, 1])
            np.testing.assert_allclose(table[gap, 2:, axis], [total[0, 0], total[0, 1], total[1, 1]])


def test_noise_is_in_sides_of_the_box_and_motion_in_its_own_size() -> None:
    scene = make_scene(Detections([1], [[0, 0, 10, 40]], [1], [0]))
    variance = measurement_variance(scene, MOTION, np.array([2.0]))
    np.testing.assert_allclose(np.sqrt(variance), [[0.6, 3.2, 0.1, 0.04]])
    np.testing.assert_allclose(own_size(scene), [[400, 400, 1, 1]])


def test_the_probability_of_a_jump_has_bounds() -> None:
    assert jump_probability(0.0, 0) == pytest.approx(0.01)
    assert jump_probability(0.0, 100_000) == 0.001
    assert jump_probability(90.0, 100) == 0.2
