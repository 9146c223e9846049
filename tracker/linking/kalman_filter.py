"""Constant-velocity motion of boxes, followed by Kalman filters."""

from functools import lru_cache

import numpy as np
from filterpy.common import Q_continuous_white_noise, kinematic_state_transition
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray

Rows = NDArray[np.intp] | NDArray[np.bool_]

POSITION_NOISE, VELOCITY_NOISE, MEASUREMENT_NOISE = 0.05, 0.3, 0.05
"""Standard deviations in box heights: of the position and of the velocity (a second) over one second, and of a box."""
HEIGHT = 3
"""The column of the height among the components."""


class BoxFilters:
    """The motions of T boxes: `x, y` of the centre, width, height and their velocities, in pixels and seconds.

    The components are independent, so each has a filter of its own, of two states. The matrices of its motion are those
    of filterpy; the equations are those of Kalman 1960, written out for all boxes at once.

    Args:
        box: (T, 4) `x1 y1 x2 y2` in pixels; they stand still at first.
    """

    def __init__(self, box: NDArray[np.float32]) -> None:
        # (6, T, 4): value, velocity, variance of the value, covariance, variance of the velocity, noise of a box
        self._state = np.zeros((6, len(box), 4))
        value, _, variance, _, velocity_variance, noise = self._state
        value[:] = _measurement(box)
        squared = value[:, HEIGHT:] ** 2
        variance[:] = noise[:] = squared * MEASUREMENT_NOISE**2
        velocity_variance[:] = squared * VELOCITY_NOISE**2

    def __len__(self) -> int:
        return self._state.shape[1]

    def add(self, box: NDArray[np.float32]) -> None:
        """Add boxes (N, 4), after these."""
        self._state = np.concatenate([self._state, BoxFilters(box)._state], axis=1)

    def keep(self, rows: Rows) -> None:
        """Drop the others."""
        self._state = self._state[:, rows]

    def predict(self, seconds: float) -> None:
        """Move on in time."""
        value, velocity, variance, covariance, velocity_variance, _ = self._state
        transition, noise = kinematics(seconds)
        reach, squared = transition[0, 1], value[:, HEIGHT:] ** 2
        value += velocity * reach
        variance += covariance * reach
        covariance += velocity_variance * reach
        variance += covariance * reach + squared * noise[0, 0]
        covariance += squared * noise[0, 1]
        velocity_variance += squared * noise[1, 1]

    def update(self, rows: Rows, box: NDArray[np.float32]) -> None:
        """Correct K of them by detected boxes (K, 4)."""
        value, velocity, variance, covariance, velocity_variance, noise = self._state[:, rows]
        innovation, total = _measurement(box) - value, variance + noise
        gain, velocity_gain = variance / total, covariance / total
        self._state[:5, rows] = (
            value + gain * innovation,
            velocity + velocity_gain * innovation,
            gain * noise,
            covariance * noise / total,
            velocity_variance - velocity_gain * covariance,
        )

    def boxes(self, rows: Rows) -> FloatArray:
        """(K, 4) the present estimates of K of them, `x1 y1 x2 y2` in pixels."""
        value = self._state[0, rows]
        centre, half = value[:, :2], value[:, 2:] / 2
        return np.hstack([centre - half, centre + half])

    def deviations(self, rows: Rows, centre: FloatArray) -> FloatArray:
        """(K,) how far centres (K, 2) are from those predicted of K boxes, in standard deviations of the prediction."""
        state = self._state[:, rows, :2]
        squared: FloatArray = ((centre - state[0]) ** 2 / (state[2] + state[5])).sum(axis=1)
        return np.sqrt(squared)


@lru_cache(maxsize=256)
def kinematics(seconds: float) -> tuple[FloatArray, FloatArray]:
    """The motion of one component, value and velocity, over a time: the matrices of filterpy.

    Both noises are white and continuous, so two steps of a time are the same as one step of twice that time.

    Returns:
        The transition (2, 2), and the covariance (2, 2) of its noise for a box of height 1.
    """
    noise = Q_continuous_white_noise(dim=2, dt=seconds, spectral_density=VELOCITY_NOISE**2)
    noise[0, 0] += POSITION_NOISE**2 * seconds
    return kinematic_state_transition(order=1, dt=seconds), noise


def _measurement(box: NDArray[np.float32]) -> FloatArray:
    measured = box.astype(np.float64)
    measured[:, 2:] -= measured[:, :2]
    measured[:, :2] += measured[:, 2:] / 2
    return measured
