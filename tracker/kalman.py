"""Constant-velocity motion of one track, filtered by filterpy's Kalman filter."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

POSITION_NOISE, VELOCITY_NOISE, MEASUREMENT_NOISE = 0.05, 0.3, 0.05
"""Standard deviations in box heights: of the position and of the velocity (a second) over one second, and of a box."""


class BoxFilter:
    """The motion of one box: state `x, y, width, height` of the centre and their velocities, in pixels and seconds."""

    def __init__(self, box: NDArray[np.float32]) -> None:
        from filterpy.kalman import KalmanFilter

        self._filter: Any = KalmanFilter(dim_x=8, dim_z=4)
        self._filter.H = np.eye(4, 8)
        measured = _measurement(box)
        self._filter.x = np.concatenate([measured, np.zeros(4)])[:, None]
        spread = measured[3] * np.repeat([MEASUREMENT_NOISE, VELOCITY_NOISE], 4)
        self._filter.P = np.diag(spread**2)
        self._filter.R = np.eye(4) * (measured[3] * MEASUREMENT_NOISE) ** 2

    def predict(self, seconds: float) -> None:
        """Move on in time."""
        transition = np.eye(8)
        transition[:4, 4:] = np.eye(4) * seconds
        noise = self._filter.x[3, 0] * np.repeat([POSITION_NOISE, VELOCITY_NOISE], 4)
        self._filter.predict(F=transition, Q=np.diag(noise**2) * seconds)

    def update(self, box: NDArray[np.float32]) -> None:
        """Take in the box that was linked to the track."""
        self._filter.update(_measurement(box)[:, None])

    @property
    def box(self) -> FloatArray:
        """(4,) the present estimate, `x1 y1 x2 y2` in pixels."""
        x, y, width, height = self._filter.x[:4, 0]
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])

    def deviations(self, centre: NDArray[np.float32]) -> FloatArray:
        """(N,) the distance of centres (N, 2) from the predicted one, in standard deviations of the prediction."""
        spread = (self._filter.P + np.pad(self._filter.R, (0, 4)))[:2, :2]
        offset = centre - self._filter.x[:2, 0]
        squared: FloatArray = np.einsum("ij,jk,ik->i", offset, np.linalg.inv(spread), offset)
        return np.sqrt(squared)


def _measurement(box: NDArray[np.float32]) -> FloatArray:
    x1, y1, x2, y2 = box.astype(np.float64)
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1])
