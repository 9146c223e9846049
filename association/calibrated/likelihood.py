"""The likelihood ratio of a link: two detections are consecutive in one track, against one track ends and one begins.

    ratio(i, j) = log (1 - exit_i) / exit_i + log P(gap) + log p(x-_j | x+_i) - log p0(velocity of x-_j) - log entry_j
                  + log p(size | linked) - log p(size | not linked) + log p(class_j | class_i, linked) - log p(class_j)

x+_i is the state of the earlier detection, estimated from its track up to it. x-_j is the state of the later one,
estimated from its track from there on. So the present link does not influence its own ratio: at crossings the
direction decides, and a wrong link can be undone in the next round. entry_j is the entry rate: the expected number of
tracks that begin per step and square pixel. Where few objects are near, it is low, and little evidence is enough for a
link. A second component of the density models boxes that jump by a part of their own size.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import DIMENSIONS, Motion, log_student, transitions
from siamlink.association.calibrated.rates import Rates
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import CC, CS, CV, SS, SV, VV, C, S, States, V
from siamlink.detectors.base.arrays import FloatArray, IntArray

JUMP = 0.25
"""Standard deviation of a jump of an edge, in the object's own size."""
JUMP_TAIL = 8.0
"""Degrees of freedom of the density of jumps."""
LEAST_BY_PLACE = -8.0
"""Nats; pairs with a lower ratio from rates, classes and place are dropped before the velocity is compared."""
GATE = 10.0
"""Candidate pairs are within so many standard deviations of the predicted place."""


@dataclass(frozen=True)
class Links:
    """P candidate links.

    Attributes:
        earlier: (P,) rows of the earlier detections.
        later: (P,) rows of the later ones.
        ratio: (P,) log likelihood ratio of being linked to not being linked.
        jumped: (P,) probability of a jump of the box, if linked.
        parts: (P, 4) terms of the ratio: rates and classes, place and sides, velocity, and minus the log density of
            the sides of a new object.
    """

    earlier: IntArray
    later: IntArray
    ratio: FloatArray
    jumped: FloatArray
    parts: FloatArray

    def __len__(self) -> int:
        return len(self.earlier)


def log_student2(square: FloatArray, log_area: FloatArray, tail: float) -> FloatArray:
    """Log density of Student's distribution in two dimensions.

    Args:
        square: (P,) squared Mahalanobis distance.
        log_area: (P,) logarithm of the determinant of the covariance.
        tail: degrees of freedom.
    """
    density: FloatArray = -1.8379 - 0.5 * log_area - (tail + 2) / 2 * np.log1p(square / tail)
    return density


class LinkModel:
    """Likelihood ratios of links of a scene, given the states of both directions."""

    def __init__(
        self, scene: Scene, motion: Motion, rates: Rates, forward: States, backward: States, longest: int
    ) -> None:
        self.step, self.motion, self.rates = scene.step, motion, rates
        self.ahead, self.back = _columns(forward), _columns(backward)
        self.table = np.ascontiguousarray(transitions(motion, longest).transpose(2, 1, 0))
        self.exit_ratio = np.log1p(-rates.exit) - np.log(rates.exit)
        self.entry_ratio = -rates.log_entry
        self.square = scene.unit**2
        self.side = scene.extent.T.copy()
        self.log_side = np.log(self.side)
        self.code, self.classes = scene.code, rates.classes

    def near(self, i: IntArray, j: IntArray) -> tuple[IntArray, IntArray]:
        """The gate: the pairs whose later detection is near the place predicted from the earlier one."""
        for axis in range(DIMENSIONS):
            gap = self.step[j] - self.step[i]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            (mean, covariance), (mean_back, covariance_back) = self.ahead[axis], self.back[axis]
            jump = JUMP**2 + self.motion.velocity_spread[axis] ** 2 * gap + noise
            variance = covariance[CC][i] + reach * reach * covariance[VV][i]
            variance += self.square[j] * jump + covariance_back[CC][j]
            moved = mean_back[C][j] - mean[C][i] - reach * mean[V][i]
            close = moved * moved < GATE**2 * variance
            i, j = i[close], j[close]
        return i, j

    def links(self, i: IntArray, j: IntArray, least: float = 0.0) -> Links:
        """The pairs whose likelihood ratio is above `least`.

        Args:
            i: (P,) earlier detections.
            j: (P,) later ones.
            least: nats.
        """
        gap = self.step[j] - self.step[i]
        base = self.exit_ratio[i] + self.entry_ratio[j] + self.rates.log_gap[gap]
        if len(self.classes) > 1:
            base = base + self.classes[self.code[i], self.code[j]]
        place, new_sides, jumped = np.zeros((3, len(i)))
        deviations = np.stack([self._deviations(axis, i, j, gap) for axis in range(DIMENSIONS)])
        for axis in range(DIMENSIONS):
            density, probability = self._place(axis, deviations[axis], j, gap)
            place += density
            jumped += probability / DIMENSIONS
            new_sides -= self._new_side(axis, deviations[axis], j)
        near = np.flatnonzero(base + place + new_sides > LEAST_BY_PLACE + least)
        i, j, gap, base, place, new_sides, jumped = (c[near] for c in (i, j, gap, base, place, new_sides, jumped))
        velocity = self._velocity(deviations[:, :, near], i, j, gap)
        ratio = base + place + new_sides + velocity
        parts = np.column_stack([base, place, velocity, new_sides])
        good = ratio > least
        return Links(i[good], j[good], ratio[good], jumped[good], parts[good])

    def _deviations(self, axis: int, i: IntArray, j: IntArray, gap: IntArray) -> FloatArray:
        """Deviations of the later state from the predicted one, in one dimension.

        Returns:
            (8, P) deviations of centre and side, their variances and covariance (cc, cs, ss), the covariances of both
            with the deviation of the velocity (cv, sv), and the squared own size.
        """
        (mean, covariance), (mean_back, covariance_back) = self.ahead[axis], self.back[axis]
        reach, decay, noise, cross, _, side_noise = (column[gap] for column in self.table[axis])
        unit = self.square[j]
        cc, cs, cv, ss, sv, vv = covariance[:, i]
        part = cv + reach * vv
        return np.stack(
            [
                mean_back[C][j] - mean[C][i] - reach * mean[V][i],
                mean_back[S][j] - mean[S][i],
                cc + reach * (cv + part) + covariance_back[CC][j] + unit * noise,
                cs + reach * sv + covariance_back[CS][j],
                ss + covariance_back[SS][j] + unit * side_noise,
                decay * part + unit * cross + covariance_back[CV][j],
                decay * sv + covariance_back[SV][j],
                unit,
            ]
        )

    def _place(self, axis: int, deviations: FloatArray, j: IntArray, gap: IntArray) -> tuple[FloatArray, FloatArray]:
        """(P,) log density of centre and log side in one dimension, and the probability of a jump (P,).

        No edge, one of both, or both may jump.
        """
        c, s, cc, cs, ss, _, _, unit = deviations
        low, high = c - s / 2, c + s / 2
        middle = cc + ss / 4
        a, b, cross = np.maximum(middle - cs, 1e-9), np.maximum(middle + cs, 1e-9), cc - ss / 4
        jump = (JUMP**2 + self.motion.velocity_spread[axis] ** 2 * gap) * unit
        probability = self.motion.jump_probability
        smooth = _density(low, high, a, b, cross, self.motion.tail) + np.log1p(-probability)
        jumps = [_density(low, high, a + p * jump, b + q * jump, cross, JUMP_TAIL) for p, q in ((1, 0), (0, 1), (1, 1))]
        jumped = np.logaddexp(np.logaddexp(jumps[0], jumps[1]), jumps[2]) + np.log(probability / 3)
        density = np.logaddexp(smooth, jumped)
        return density + self.log_side[axis][j], np.exp(jumped - density)

    def _new_side(self, axis: int, deviations: FloatArray, j: IntArray) -> FloatArray:
        """(P,) log density of the logarithm of a new object's side, in one dimension."""
        relative = deviations[1] / self.side[axis][j]
        variance = np.maximum(self.motion.neighbour_size[axis] ** 2, deviations[4] / self.side[axis][j] ** 2)
        return log_student(relative**2 / variance, variance, self.motion.tail)

    def _velocity(self, deviations: FloatArray, i: IntArray, j: IntArray, gap: IntArray) -> FloatArray:
        """(P,) log density of the later velocity given the place, minus that of the velocity of a new object.

        With the probability of a jump, the velocity changes to that of a new object.

        Args:
            deviations: (2, 8, P) of both dimensions.
            i: (P,) earlier detections.
            j: (P,) later ones.
            gap: (P,) steps.
        """
        square, area, new_square, new_area = np.zeros((4, len(i)))
        for axis in range(DIMENSIONS):
            (mean, covariance), (mean_back, covariance_back) = self.ahead[axis], self.back[axis]
            decay, velocity_noise = self.table[axis, 1][gap], self.table[axis, 4][gap]
            c, s, cc, cs, ss, cv, sv, unit = deviations[axis]
            determinant = np.maximum(cc * ss - cs * cs, 1e-9 * cc * ss)
            gain_c, gain_s = (ss * cv - cs * sv) / determinant, (cc * sv - cs * cv) / determinant
            moved = mean_back[V][j] - decay * mean[V][i] - gain_c * c - gain_s * s
            own = decay * decay * covariance[VV][i] + unit * velocity_noise + covariance_back[VV][j]
            variance = np.maximum(own - gain_c * cv - gain_s * sv, 1e-9)
            square, area = square + moved**2 / variance, area + np.log(variance)
            variance = covariance_back[VV][j] + self.motion.velocity_spread[axis] ** 2 * unit
            new_square, new_area = new_square + mean_back[V][j] ** 2 / variance, new_area + np.log(variance)
        tail, jump = self.motion.tail, self.motion.jump_probability
        same = log_student2(square, area, tail) - log_student2(new_square, new_area, tail)
        ratio: FloatArray = np.logaddexp(same + np.log1p(-jump), np.log(jump))
        return ratio


def _density(
    low: FloatArray, high: FloatArray, a: FloatArray, b: FloatArray, cross: FloatArray, tail: float
) -> FloatArray:
    """(P,) log density of deviations of both edges (P,) with variances a and b and covariance `cross` (P,)."""
    determinant = np.maximum(a * b - cross * cross, 1e-9 * a * b)
    square = (b * low * low - 2 * cross * low * high + a * high * high) / determinant
    return log_student2(square, np.log(determinant), tail)


def _columns(states: States) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Per dimension the means (3, N) and covariances (6, N), each row contiguous."""
    mean, covariance = (np.ascontiguousarray(part.transpose(2, 0, 1)) for part in (states.mean, states.covariance))
    return tuple(zip(mean, covariance, strict=True))
