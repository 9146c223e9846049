"""Constant-velocity motion of boxes, followed by Kalman filters."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray

Rows = NDArray[np.intp] | NDArray[np.bool_]

POSITION_NOISE, VELOCITY_NOISE, MEASUREMENT_NOISE = 0.05, 0.3, 0.05
"""Standard deviations in box heights: of the position and of the velocity (a second) over one second, and of a box."""
HEIGHT = 3
"""The column of the height among the components."""
VARIANCE, COVARIANCE, VELOCITY_VARIANCE, VALUE, VELOCITY, NOISE = range(6)
"""The rows of a state: of the value, of value and velocity, of the velocity; value, velocity; noise of a box."""


class BoxFilters:
    """The motions of T boxes: `x, y` of the centre, width, height and their velocities, in pixels and seconds.

    The components are independent, so each has a filter of its own, of two states. The equations are those of Kalman
    1960, written out for all boxes at once.

    Args:
        box: (T, 4) `x1 y1 x2 y2` in pixels; they stand still at first.
    """

    def __init__(self, box: NDArray[np.float32]) -> None:
        # (T, 6, 4), with the rows above: a time step adds to each of the first four a multiple of the next
        self._state = np.zeros((len(box), 6, 4))
        self._state[:, VALUE] = measurement(box)
        squared = self._state[:, VALUE, HEIGHT:] ** 2
        self._state[:, VARIANCE] = self._state[:, NOISE] = squared * MEASUREMENT_NOISE**2
        self._state[:, VELOCITY_VARIANCE] = squared * VELOCITY_NOISE**2

    def __len__(self) -> int:
        return len(self._state)

    def add(self, box: NDArray[np.float32]) -> None:
        """Add boxes (N, 4), after these."""
        self._state = np.concatenate([self._state, BoxFilters(box)._state])

    def keep(self, rows: Rows) -> None:
        """Drop the others."""
        self._state = self._state[rows]

    def predict(self, seconds: float) -> None:
        """Move on in time."""
        state, (reach, by_next, noise) = self._state, _step(seconds)
        added = state[:, VALUE, None, HEIGHT:] ** 2 * noise
        state[:, :VELOCITY] += state[:, 1:NOISE] * by_next
        state[:, VARIANCE] += state[:, COVARIANCE] * reach + added[:, VARIANCE]
        state[:, COVARIANCE:VALUE] += added[:, COVARIANCE:]

    def update(self, rows: Rows, measured: FloatArray) -> None:
        """Correct K of them by the `measurement` (K, 4) of their detected boxes."""
        state = self._state[rows]
        variance, covariance, noise = state[:, VARIANCE], state[:, COVARIANCE], state[:, NOISE]
        total = variance + noise
        gain = state[:, :VELOCITY_VARIANCE] / total[:, None]
        state[:, VALUE:NOISE] += gain * (measured - state[:, VALUE])[:, None]
        state[:, VELOCITY_VARIANCE] -= gain[:, 1] * covariance
        state[:, VARIANCE], state[:, COVARIANCE] = gain[:, 0] * noise, covariance * noise / total
        self._state[rows] = state

    def boxes(self, rows: Rows) -> FloatArray:
        """(K, 4) the present estimates of K of them, `x1 y1 x2 y2` in pixels."""
        value = self._state[rows, VALUE]
        centre, half = value[:, :2], value[:, 2:] / 2
        return np.concatenate([centre - half, centre + half], axis=1)

    def deviations(self, rows: Rows, centre: FloatArray) -> FloatArray:
        """(K,) how far centres (K, 2) are from those predicted of K boxes, in standard deviations of the prediction."""
        state = self._state[rows, :, :2]
        squared = (centre - state[:, VALUE]) ** 2 / (state[:, VARIANCE] + state[:, NOISE])
        deviation: FloatArray = np.sqrt(squared[:, 0] + squared[:, 1])
        return deviation


@lru_cache(maxsize=256)
def kinematics(seconds: float) -> tuple[FloatArray, FloatArray]:
    """The motion of one component, value and velocity, over a time.

    The velocity is constant but for white continuous noise (Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2), so two
    steps of a time are the same as one step of twice that time.

    Returns:
        The transition (2, 2), and the covariance (2, 2) of its noise for a box of height 1.
    """
    shared = seconds**2 / 2
    noise = np.array([[seconds**3 / 3, shared], [shared, seconds]]) * VELOCITY_NOISE**2
    noise[0, 0] += POSITION_NOISE**2 * seconds
    return np.array([[1.0, seconds], [0.0, 1.0]]), noise


@lru_cache(maxsize=256)
def _step(seconds: float) -> tuple[float, FloatArray, FloatArray]:
    """What `predict` needs of `kinematics`.

    Returns:
        The time; (4, 1) the factor of the next row that is added to each of the first four; (3, 1) the noise that is
        added to each of the first three, for a box of height 1.
    """
    transition, noise = kinematics(seconds)
    reach = float(transition[0, 1])
    return reach, np.array([[reach], [reach], [0], [reach]]), np.array([[noise[0, 0]], [noise[0, 1]], [noise[1, 1]]])


def measurement(box: NDArray[np.float32]) -> FloatArray:
    """(N, 4) `x, y` of the centre, width and height of boxes (N, 4) `x1 y1 x2 y2`, in pixels."""
    measured = box.astype(np.float64)
    measured[:, 2:] -= measured[:, :2]
    measured[:, :2] += measured[:, 2:] / 2
    return measured
