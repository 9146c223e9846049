"""Constant-velocity motion of boxes, followed by Kalman filters."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

POSITION_NOISE, VELOCITY_NOISE, MEASUREMENT_NOISE = 0.05, 0.3, 0.05
"""Standard deviations in box heights: of the position and of the velocity (a second) over one second, and of a box."""
HEIGHT = 3
"""Where the height is among the components."""


class BoxFilter:
    """The motion of a box, or of many at once: of `x, y, width, height` of the centre the value and its velocity.

    All noises are independent, so each component has a filter of its own, of two states: in pixels and seconds. The
    equations are those of Kalman 1960, written out. Shapes are of one box; of T boxes, all begin with T.
    """

    def __init__(self, box: NDArray[np.float32]) -> None:
        self._value = _measurement(box)
        self._velocity = np.zeros_like(self._value)
        height = self._value[..., HEIGHT:]
        self._value_variance = self._noise = np.broadcast_to((height * MEASUREMENT_NOISE) ** 2, self._value.shape)
        self._velocity_variance = np.broadcast_to((height * VELOCITY_NOISE) ** 2, self._value.shape)
        self._covariance = np.zeros_like(self._value)

    def predict(self, seconds: float) -> None:
        """Move on in time."""
        height = self._value[..., HEIGHT:]
        self._value = self._value + self._velocity * seconds
        grown = self._covariance + self._velocity_variance * seconds
        self._value_variance = (
            self._value_variance + (self._covariance + grown) * seconds + (height * POSITION_NOISE) ** 2 * seconds
        )
        self._covariance = grown
        self._velocity_variance = self._velocity_variance + (height * VELOCITY_NOISE) ** 2 * seconds

    def update(self, box: NDArray[np.float32]) -> None:
        """Take in the box (4,) that was linked to the track."""
        surprise, variance = _measurement(box) - self._value, self._value_variance + self._noise
        gain, velocity_gain = self._value_variance / variance, self._covariance / variance
        self._value = self._value + gain * surprise
        self._velocity = self._velocity + velocity_gain * surprise
        self._velocity_variance = self._velocity_variance - velocity_gain * self._covariance
        self._value_variance, self._covariance = gain * self._noise, self._covariance * self._noise / variance

    @property
    def box(self) -> FloatArray:
        """(4,) the present estimate, `x1 y1 x2 y2` in pixels."""
        centre, half = self._value[..., :2], self._value[..., 2:] / 2
        return np.concatenate([centre - half, centre + half], axis=-1)

    def deviations(self, centre: NDArray[np.float32]) -> FloatArray:
        """(N,) the distance of centres (N, 2) from the predicted one, in standard deviations of the prediction."""
        spread = (self._value_variance + self._noise)[..., None, :2]
        squared: FloatArray = ((centre - self._value[..., None, :2]) ** 2 / spread).sum(axis=-1)
        return np.sqrt(squared)


def _measurement(box: NDArray[np.float32]) -> FloatArray:
    corner = box.astype(np.float64)
    low, high = corner[..., :2], corner[..., 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=-1)
