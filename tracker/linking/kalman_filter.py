"""Constant-velocity motion of boxes, followed by Kalman filters."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray

Rows = NDArray[np.intp] | NDArray[np.bool_]

POSITION_NOISE, VELOCITY_NOISE, MEASUREMENT_NOISE = 0.05, 0.3, 0.05
"""Standard deviations in box heights: of the position and of the velocity (a second) over one second, and of a box."""
HEIGHT = 3
"""The column of the height among the components."""


class BoxFilters:
    """The motions of T boxes: `x, y` of the centre, width, height and their velocities, in pixels and seconds.

    All noises are independent, so each component has a filter of its own, of two states. The equations are those of
    Kalman 1960, written out.

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
        drift = value[:, HEIGHT:] ** 2 * seconds
        value += velocity * seconds
        variance += covariance * seconds
        covariance += velocity_variance * seconds
        variance += covariance * seconds + drift * POSITION_NOISE**2
        velocity_variance += drift * VELOCITY_NOISE**2

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


def _measurement(box: NDArray[np.float32]) -> FloatArray:
    measured = box.astype(np.float64)
    measured[:, 2:] -= measured[:, :2]
    measured[:, :2] += measured[:, 2:] / 2
    return measured
