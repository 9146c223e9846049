"""The filter over pieces of tracks against a filter that goes through one track after the other."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.calibrated.motion import DIMENSIONS, Motion, transitions
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.association.calibrated.states import V, one_sided_states
from siamlink.detectors.detections import Detections

MOTION = Motion(
    measurement_noise=np.array([0.03, 0.04]),
    drift=np.array([0.01, 0.02]),
    edge_drift=np.array([0.02, 0.01]),
    acceleration=np.array([0.02, 0.01]),
    persistence=np.array([0.9, 0.8]),
    velocity_spread=np.array([0.1, 0.2]),
    tail=4.0,
    jump_probability=0.01,
    neighbour_size=np.array([0.3, 0.3]),
)


def random_walks(length: int = 90) -> tuple[Detections, np.ndarray]:
    """Two objects on random walks, one of them detected in some frames only, and the links along both."""
    rng = np.random.default_rng(1)
    centre = np.cumsum(rng.normal(0, 3, (length, 2, 2)), axis=0) + 300
    detected = np.ones((length, 2), bool)
    detected[:, 1] = rng.random(length) < 0.7
    frame, identity = np.nonzero(detected)
    half = np.exp(rng.normal(3, 0.02, (len(frame), 2)))
    place = centre[frame, identity]
    box = np.column_stack([place - half, place + half])
    successor = np.full(len(frame), -1)
    for each in (0, 1):
        rows = np.flatnonzero(identity == each)
        successor[rows[:-1]] = rows[1:]
    return Detections(frame + 1, box, np.ones(len(frame)), np.zeros(len(frame), int)), successor


def by_matrices(scene: Scene, rows: list[int], axis: int) -> np.ndarray:
    """(L, 3) centre, side and velocity after each row, by a Kalman filter in matrices that takes in both edges."""
    half, unit = scene.place[rows, 2 + axis] / 2, scene.unit[rows] ** 2
    edges = np.column_stack([scene.place[rows, axis] - half, scene.place[rows, axis] + half])
    noise = (MOTION.measurement_noise[axis] * scene.extent[rows, axis]) ** 2
    measure = np.array([[1, -0.5, 0], [1, 0.5, 0]])
    mean = np.array([scene.place[rows[0], axis], 2 * half[0], 0.0])
    covariance = np.diag([noise[0] / 2, 2 * noise[0], MOTION.velocity_spread[axis] ** 2 * unit[0]])
    out = [mean]
    gaps = np.diff(scene.step[rows])
    table = transitions(MOTION, int(gaps.max()))[:, :, axis]
    for z, r, u, gap in zip(edges[1:], noise[1:], unit[1:], gaps, strict=True):
        reach, decay, moved, cross, speed, side = table[gap]
        step = np.array([[1, 0, reach], [0, 1, 0], [0, 0, decay]])
        mean = step @ mean
        covariance = step @ covariance @ step.T + u * np.array([[moved, 0, cross], [0, side, 0], [cross, 0, speed]])
        gain = covariance @ measure.T @ np.linalg.inv(measure @ covariance @ measure.T + r * np.eye(2))
        mean = mean + gain @ (z - measure @ mean)
        covariance = covariance - gain @ measure @ covariance
        out.append(mean)
    return np.array(out)


@pytest.mark.parametrize("axis", range(DIMENSIONS))
def test_pieces_with_a_warm_up_have_the_states_of_whole_tracks(axis: int) -> None:
    detections, successor = random_walks()
    scene = make_scene(detections)
    states = one_sided_states(scene, replace(MOTION, tail=1e9), np.ones(len(scene)), successor)
    is_first = np.ones(len(scene), bool)
    is_first[successor[successor >= 0]] = False
    for first in np.flatnonzero(is_first):
        rows = [first]
        while successor[rows[-1]] >= 0:
            rows.append(successor[rows[-1]])
        expected = by_matrices(scene, rows, axis)
        np.testing.assert_allclose(states.mean[:, rows, axis].T, expected, rtol=0, atol=0.05)


def test_backward_states_are_forward_states_of_the_reversed_sequence() -> None:
    detections, successor = random_walks()
    scene = make_scene(detections)
    last = int(detections.frame.max())
    turned = Detections(last + 1 - detections.frame, detections.box, detections.score, detections.label)
    order = np.argsort(last + 1 - detections.frame, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    other = np.full(len(order), -1)
    linked = np.flatnonzero(successor >= 0)
    other[place[successor[linked]]] = place[linked]
    flat = replace(MOTION, velocity_spread=np.zeros(DIMENSIONS))
    forward = one_sided_states(make_scene(turned), flat, np.ones(len(scene)), other)
    backward = one_sided_states(scene, flat, np.ones(len(scene)), successor, backward=True)
    np.testing.assert_allclose(backward.mean[:V], forward.mean[:V, place], atol=0.02)
    np.testing.assert_allclose(backward.mean[V], -forward.mean[V, place], atol=0.02)
