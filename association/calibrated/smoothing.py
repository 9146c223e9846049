"""Smoothed boxes and boxes in gaps, from the states of both directions."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.estimate import Estimate
from siamlink.association.calibrated.motion import own_size, transitions
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import States, two_sided_states
from siamlink.detectors.base.arrays import FloatArray, IntArray

TRUST = 0.75
"""Part of the way from the detected to the smoothed box; below 1, because the motion model is an approximation."""


@dataclass(frozen=True)
class Gaps:
    """G steps between linked detections.

    Attributes:
        earlier: (G,) rows of the detections before the gap.
        later: (G,) rows of the detections after it.
        part: (G,) time since the earlier detection, as a part of the time between both.
        frame: (G,) the frame.
        place: (G, 4) centre and log sides.
        spread: (G,) standard deviation of the centre relative to the box's width or height, the larger of both.
    """

    earlier: IntArray
    later: IntArray
    part: FloatArray
    frame: IntArray
    place: FloatArray
    spread: FloatArray


class Smoother:
    """Combines the forward and backward states of the tracks of an estimate."""

    def __init__(self, scene: Scene, estimate: Estimate) -> None:
        self.scene, self.successor = scene, estimate.successor
        self.forward, self.backward = two_sided_states(
            scene, estimate.motion, estimate.noise_factor, estimate.successor
        )
        gaps = scene.step[estimate.successor] - scene.step
        self.table = transitions(estimate.motion, max(int(gaps.max(initial=1)), 1))
        self.unit = own_size(scene)

    def smoothed(self, trust: float = TRUST) -> FloatArray:
        """(N, 4) places, moved by the part `trust` of the way to the combined estimate."""
        earlier = np.flatnonzero(self.successor >= 0)
        later = self.successor[earlier]
        gap = self.scene.step[later] - self.scene.step[earlier]
        place = self.forward.place.copy()
        back = self._predicted(self.backward, later, gap, backward=True)
        place[earlier], _ = _combined(_rows(self.forward, earlier), back)
        smoothed: FloatArray = self.scene.place + trust * (place - self.scene.place)
        return smoothed

    def between(self, place: FloatArray) -> Gaps:
        """The boxes in all frames between linked detections, interpolated linearly between their places (N, 4)."""
        earlier = np.flatnonzero(self.successor >= 0)
        later = self.successor[earlier]
        missing = self.scene.frame[later] - self.scene.frame[earlier] - 1
        row = np.repeat(np.arange(len(earlier)), np.maximum(missing, 0))
        first = np.cumsum(np.maximum(missing, 0)) - np.maximum(missing, 0)
        offset = np.arange(len(row)) - first[row] + 1
        part = offset / (missing[row] + 1)
        earlier, later = earlier[row], later[row]
        steps = self.scene.step[later] - self.scene.step[earlier]
        ahead = np.clip(np.round(part * steps), 1, None).astype(np.int64)
        back = np.clip(np.round((1 - part) * steps), 1, None).astype(np.int64)
        _, variance = _combined(
            self._predicted(self.forward, earlier, ahead), self._predicted(self.backward, later, back, backward=True)
        )
        between = place[earlier] + (place[later] - place[earlier]) * part[:, None]
        spread = (np.sqrt(variance[:, :2]) / np.exp(between[:, 2:])).max(1, initial=0)
        return Gaps(earlier, later, part, self.scene.frame[earlier] + offset, between, spread)

    def _predicted(
        self, states: States, rows: IntArray, gap: IntArray, backward: bool = False
    ) -> tuple[FloatArray, ...]:
        """Some states predicted over some steps, against the direction of time if `backward`."""
        sign = -1.0 if backward else 1.0
        reach, decay, noise, cross, velocity_noise = (self.table[gap, n] for n in range(5))
        x, v, pp, pv, vv = _rows(states, rows)
        v, pv, unit = sign * v, sign * pv, self.unit[rows]
        return (
            x + reach * v,
            sign * decay * v,
            pp + reach * (2 * pv + reach * vv) + unit * noise,
            sign * (decay * (pv + reach * vv) + unit * cross),
            decay**2 * vv + unit * velocity_noise,
        )


def _rows(states: States, rows: IntArray) -> tuple[FloatArray, ...]:
    columns = (states.place, states.velocity, states.place_variance, states.covariance, states.velocity_variance)
    return tuple(column[rows] for column in columns)


def _combined(one: tuple[FloatArray, ...], two: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray]:
    """Mean (M, 4) and variance (M, 4) of the place, of two independent estimates of place and velocity."""
    total, first, second = np.zeros((3, *one[0].shape)), np.zeros(one[0].shape), np.zeros(one[0].shape)
    for x, v, pp, pv, speed in (one, two):
        vv = np.maximum(speed, 1e-9)
        determinant = np.maximum(pp * vv - pv**2, 1e-9 * pp * vv)
        a, b, c = vv / determinant, -pv / determinant, pp / determinant
        total = total + np.stack([a, b, c])
        first, second = first + a * x + b * v, second + b * x + c * v
    determinant = total[0] * total[2] - total[1] ** 2
    return (total[2] * first - total[1] * second) / determinant, total[2] / determinant
