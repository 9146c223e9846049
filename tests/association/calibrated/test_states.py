"""The filter over pieces of tracks against a filter that goes through one track after the other."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.calibrated.motion import AXES, Motion, transitions
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.states import one_sided_states
from siamlink.detectors.detections import Detections

MOTION = Motion(
    measured=np.array([0.03, 0.04, 0.05, 0.02]),
    drift=np.array([0.01, 0.02, 0.01, 0.01]),
    turn=np.array([0.02, 0.01, 0.0, 0.0]),
    persistence=np.array([0.9, 0.8, 0.0, 0.0]),
    spread=np.array([0.1, 0.2, 0.0, 0.0]),
    tail=4.0,
    jump=0.01,
    rival_size=np.array([0.3, 0.3]),
)


def wandering(length: int = 90) -> tuple[Detections, np.ndarray]:
    """Two objects that wander, one of them seen in some frames only, and the links along both."""
    rng = np.random.default_rng(1)
    centre = np.cumsum(rng.normal(0, 3, (length, 2, 2)), axis=0) + 300
    seen = np.ones((length, 2), bool)
    seen[:, 1] = rng.random(length) < 0.7
    frame, who = np.nonzero(seen)
    half = np.exp(rng.normal(3, 0.02, (len(frame), 2)))
    place = centre[frame, who]
    box = np.column_stack([place - half, place + half])
    successor = np.full(len(frame), -1)
    for each in (0, 1):
        rows = np.flatnonzero(who == each)
        successor[rows[:-1]] = rows[1:]
    return Detections(frame + 1, box, np.ones(len(frame)), np.zeros(len(frame), int)), successor


def by_matrices(place, variance, unit, gaps, prior, phi) -> np.ndarray:
    """Means (L,) of one axis by a Kalman filter in matrices, with Gaussian noise."""
    mean, covariance, out = np.array([place[0], 0.0]), np.diag([variance[0], prior[0]]), [place[0]]
    table = transitions(MOTION, int(gaps.max()))
    for z, r, u, gap in zip(place[1:], variance[1:], unit[1:], gaps[1:], strict=True):
        reach, keep, noise, cross, turn = table[gap, :, phi]
        step = np.array([[1, reach], [0, keep]])
        mean = step @ mean
        covariance = step @ covariance @ step.T + u * np.array([[noise, cross], [cross, turn]])
        gain = covariance[:, 0] / (covariance[0, 0] + r)
        mean = mean + gain * (z - mean[0])
        covariance = covariance - np.outer(gain, covariance[0])
        out.append(mean[0])
    return np.array(out)


@pytest.mark.parametrize("axis", range(AXES))
def test_pieces_with_a_run_in_give_what_whole_tracks_give(axis: int) -> None:
    detections, successor = wandering()
    scene = make_scene(detections)
    states = one_sided_states(scene, replace(MOTION, tail=1e9), np.ones(len(scene)), successor)
    begun = np.ones(len(scene), bool)
    begun[successor[successor >= 0]] = False
    for first in np.flatnonzero(begun):
        rows = [first]
        while successor[rows[-1]] >= 0:
            rows.append(successor[rows[-1]])
        side = scene.extent[rows, axis] if axis < 2 else 1.0
        unit = scene.unit[rows] ** 2 if axis < 2 else np.ones(len(rows))
        expected = by_matrices(
            scene.place[rows, axis],
            (MOTION.measured[axis] * side) ** 2 * np.ones(len(rows)),
            unit,
            np.diff(scene.step[rows], prepend=scene.step[first]),
            MOTION.spread[axis] ** 2 * unit,
            axis,
        )
        np.testing.assert_allclose(states.place[rows, axis], expected, rtol=0, atol=2e-3 * (10 if axis < 2 else 1))


def test_the_future_is_the_past_of_the_reversed_sequence() -> None:
    detections, successor = wandering()
    scene = make_scene(detections)
    last = int(detections.frame.max())
    turned = Detections(last + 1 - detections.frame, detections.box, detections.score, detections.label)
    order = np.argsort(last + 1 - detections.frame, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    other = np.full(len(order), -1)
    linked = np.flatnonzero(successor >= 0)
    other[place[successor[linked]]] = place[linked]
    flat = replace(MOTION, spread=np.zeros(AXES))
    past = one_sided_states(make_scene(turned), flat, np.ones(len(scene)), other)
    future = one_sided_states(scene, flat, np.ones(len(scene)), successor, backward=True)
    np.testing.assert_allclose(future.place, past.place[place], atol=1e-2)
    np.testing.assert_allclose(future.velocity, -past.velocity[place], atol=1e-2)


def test_transitions_are_powers_of_the_first() -> None:
    table = transitions(MOTION, 5)
    for axis in (0, 1):
        reach, keep, noise, cross, turn = table[1, :, axis]
        step, covariance = np.array([[1, reach], [0, keep]]), np.array([[noise, cross], [cross, turn]])
        power, total = np.eye(2), np.zeros((2, 2))
        for gap in range(1, 6):
            power, total = step @ power, step @ total @ step.T + covariance
            np.testing.assert_allclose(table[gap, :2, axis], power[:, 1])
            np.testing.assert_allclose(table[gap, 2:, axis], [total[0, 0], total[0, 1], total[1, 1]])
