import numpy as np
from scipy.stats import t as student

from siamlink.association.calibrated.motion import Motion, log_student, measurement_variance, own_size, transitions
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections

MOTION = Motion(
    measurement_noise=np.array([0.03, 0.04]),
    drift=np.array([0.01, 0.02]),
    edge_drift=np.array([0.02, 0.03]),
    acceleration=np.array([0.02, 0.01]),
    persistence=np.array([0.9, 0.8]),
    velocity_spread=np.array([0.1, 0.2]),
    tail=4.0,
    jump_probability=0.01,
    neighbour_size=np.array([0.3, 0.3]),
)


def test_transitions_are_powers_of_the_first() -> None:
    table = transitions(MOTION, 5)
    for axis in (0, 1):
        reach, decay, noise, cross, velocity_noise, side_noise = table[1, :, axis]
        step, covariance = np.array([[1, reach], [0, decay]]), np.array([[noise, cross], [cross, velocity_noise]])
        power, total = np.eye(2), np.zeros((2, 2))
        for gap in range(1, 6):
            power, total = step @ power, step @ total @ step.T + covariance
            np.testing.assert_allclose(table[gap, :2, axis], power[:, 1])
            np.testing.assert_allclose(table[gap, 2:5, axis], [total[0, 0], total[0, 1], total[1, 1]])
            np.testing.assert_allclose(table[gap, 5, axis], gap * side_noise)


def test_edges_that_drift_alone_move_centre_and_side() -> None:
    table = transitions(MOTION, 1)[1]
    rng = np.random.default_rng(0)
    low, high = MOTION.edge_drift[0] * rng.normal(0, 1, (2, 100_000))
    drift = MOTION.drift[0] ** 2 + MOTION.acceleration[0] ** 2 / 4
    np.testing.assert_allclose(table[2, 0], drift + np.var((low + high) / 2), rtol=0.02)
    np.testing.assert_allclose(table[5, 0], np.var(high - low), rtol=0.02)


def test_the_density_is_that_of_scipy() -> None:
    deviation, variance = np.array([0.0, 1.5, -4.0]), np.array([0.5, 2.0, 9.0])
    expected = student.logpdf(deviation, 4.0, scale=np.sqrt(variance))
    np.testing.assert_allclose(log_student(deviation**2 / variance, variance, 4.0), expected)


def test_noise_is_in_sides_of_the_box_and_motion_in_its_own_size() -> None:
    scene = make_scene(Detections([1], [[0, 0, 10, 40]], [1], [0]))
    variance = measurement_variance(scene, MOTION, np.array([2.0]))
    np.testing.assert_allclose(np.sqrt(variance), [[0.6, 3.2]])
    np.testing.assert_allclose(own_size(scene), [[400]])
