"""The filter over pieces of tracks against a filter that goes through one track after the other."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.calibrated.motion import AXES, Motion, transitions
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.states import KEPT_STATES, one_sided_states, two_sided_states
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


def by_matrices(place, variance, unit, gaps, prior, phi) -> np.ndarray:
    """Means (L,) of one axis by a Kalman filter in matrices, with Gaussian noise."""
    mean, covariance, out = np.array([place[0], 0.0]), np.diag([variance[0], prior[0]]), [place[0]]
    table = transitions(MOTION, int(gaps.max()))
    for z, r, u, gap in zip(place[1:], variance[1:], unit[1:], gaps[1:], strict=True):
        reach, decay, noise, cross, velocity_noise = table[gap, :, phi]
        step = np.array([[1, reach], [0, decay]])
        mean = step @ mean
        covariance = step @ covariance @ step.T + u * np.array([[noise, cross], [cross, velocity_noise]])
        gain = covariance[:, 0] / (covariance[0, 0] + r)
        mean = mean + gain * (z - mean[0])
        covariance = covariance - np.outer(gain, covariance[0])
        out.append(mean[0])
    return np.array(out)


@pytest.mark.parametrize("axis", range(AXES))
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
        side = scene.extent[rows, axis] if axis < 2 else 1.0
        unit = scene.unit[rows] ** 2 if axis < 2 else np.ones(len(rows))
        expected = by_matrices(
            scene.place[rows, axis],
            (MOTION.measurement_noise[axis] * side) ** 2 * np.ones(len(rows)),
            unit,
            np.diff(scene.step[rows], prepend=scene.step[first]),
            MOTION.velocity_spread[axis] ** 2 * unit,
            axis,
        )
        np.testing.assert_allclose(states.place[rows, axis], expected, rtol=0, atol=2e-3 * (10 if axis < 2 else 1))


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
    flat = replace(MOTION, velocity_spread=np.zeros(AXES))
    forward = one_sided_states(make_scene(turned), flat, np.ones(len(scene)), other)
    backward = one_sided_states(scene, flat, np.ones(len(scene)), successor, backward=True)
    np.testing.assert_allclose(backward.place, forward.place[place], atol=1e-2)
    np.testing.assert_allclose(backward.velocity, -forward.velocity[place], atol=1e-2)


@pytest.mark.parametrize("length", [1, 7, 8, 90])
def test_both_sides_together_are_the_same_bytes_as_alone(length: int) -> None:
    detections, successor = random_walks(length)
    scene = make_scene(detections)
    together = two_sided_states(scene, MOTION, np.ones(len(scene)), successor)
    for side, states in zip((False, True), together, strict=True):
        alone = one_sided_states(scene, MOTION, np.ones(len(scene)), successor, side)
        for name, column in vars(states).items():
            np.testing.assert_array_equal(column, getattr(alone, name))


def test_kept_states_are_those_of_the_same_links_noise_and_motion() -> None:
    detections, successor = random_walks(30)
    kept, ones = make_scene(detections), np.ones(len(successor))
    cut = np.where(np.arange(len(successor)) == 5, -1, successor)
    other = replace(MOTION, tail=9.0)
    for motion, noise, links in [(MOTION, ones, successor), (MOTION, ones, cut), (other, 2 * ones, cut)] * 2:
        for again in (motion, replace(motion, jump_probability=0.2)):
            states = two_sided_states(kept, again, noise, links)
            for side, anew in zip(states, two_sided_states(make_scene(detections), motion, noise, links), strict=True):
                for name, column in vars(anew).items():
                    np.testing.assert_array_equal(getattr(side, name), column)
    assert len(kept.memory) <= KEPT_STATES
