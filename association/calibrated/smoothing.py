"""Where objects were, by the links from both sides: smoothed boxes, and boxes in gaps."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import own_size, transitions
from siamlink.association.calibrated.rounds import Estimate
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import States, one_sided_states
from siamlink.detectors.base.arrays import FloatArray, IntArray

TRUST = 0.75
"""How far boxes are moved towards the smoothed ones: the model of motion is not all of the truth."""


@dataclass(frozen=True)
class Gaps:
    """G steps between linked detections.

    Attributes:
        earlier: (G,) rows of the detections before the gap.
        later: (G,) rows of the detections after it.
        part: (G,) how much of the time between them has passed.
        frame: (G,) the frame.
        place: (G, 4) centre and log sides.
        spread: (G,) standard deviation of the centre in parts of the box's sides, the larger of both.
    """

    earlier: IntArray
    later: IntArray
    part: FloatArray
    frame: IntArray
    place: FloatArray
    spread: FloatArray


class Smoother:
    """Fuses what the past and the future of each detection of an estimate say."""

    def __init__(self, scene: Scene, estimate: Estimate) -> None:
        self.scene, self.successor = scene, estimate.successor
        self.forward, self.backward = (
            one_sided_states(scene, estimate.motion, estimate.looseness, estimate.successor, side)
            for side in (False, True)
        )
        gaps = scene.step[estimate.successor] - scene.step
        self.table = transitions(estimate.motion, max(int(gaps.max(initial=1)), 1))
        self.unit = own_size(scene)

    def smoothed(self, trust: float = TRUST) -> FloatArray:
        """(N, 4) places moved by `trust` of the way to where both sides together say."""
        earlier = np.flatnonzero(self.successor >= 0)
        later = self.successor[earlier]
        gap = self.scene.step[later] - self.scene.step[earlier]
        place = self.forward.place.copy()
        back = self._carried(self.backward, later, gap, backward=True)
        place[earlier], _ = _fused(_rows(self.forward, earlier), back)
        moved: FloatArray = self.scene.place + trust * (place - self.scene.place)
        return moved

    def between(self, place: FloatArray) -> Gaps:
        """All frames between linked detections, on the line between their places (N, 4)."""
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
        _, variance = _fused(
            self._carried(self.forward, earlier, ahead), self._carried(self.backward, later, back, backward=True)
        )
        here = place[earlier] + (place[later] - place[earlier]) * part[:, None]
        spread = (np.sqrt(variance[:, :2]) / np.exp(here[:, 2:])).max(1, initial=0)
        return Gaps(earlier, later, part, self.scene.frame[earlier] + offset, here, spread)

    def _carried(self, states: States, rows: IntArray, gap: IntArray, backward: bool = False) -> tuple[FloatArray, ...]:
        """Some states carried over some steps, against the time if `backward`."""
        sign = -1.0 if backward else 1.0
        reach, keep, noise, cross, turn = (self.table[gap, n] for n in range(5))
        x, v, pp, pv, vv = _rows(states, rows)
        v, pv, unit = sign * v, sign * pv, self.unit[rows]
        return (
            x + reach * v,
            sign * keep * v,
            pp + reach * (2 * pv + reach * vv) + unit * noise,
            sign * (keep * (pv + reach * vv) + unit * cross),
            keep**2 * vv + unit * turn,
        )


def _rows(states: States, rows: IntArray) -> tuple[FloatArray, ...]:
    columns = (states.place, states.velocity, states.place_variance, states.covariance, states.velocity_variance)
    return tuple(column[rows] for column in columns)


def _fused(one: tuple[FloatArray, ...], two: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray]:
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
