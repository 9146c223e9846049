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

from siamlink.association.calibrated.motion import Motion, transitions
from siamlink.association.calibrated.rates import Rates
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import States
from siamlink.detectors.base.arrays import FloatArray, IntArray

Axes = tuple[FloatArray, FloatArray]
JUMP = 0.25
"""Standard deviation of a jump of the centre, in the object's own size."""
JUMP_SIDE = 0.2
"""Standard deviation of a jump of the logarithm of a side."""
JUMP_TAIL = 8.0
"""Degrees of freedom of the density of jumps."""
LEAST_BY_PLACE = -8.0
"""Nats; pairs with a lower ratio from rates, classes and place are dropped before velocity and size are computed."""
X, V, PP, PV, VV = range(5)
"""Rows of a state: position, velocity, variance of position, covariance, variance of velocity."""
PLACE_AXES, SIZE_AXES = (0, 1), (2, 3)
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
        parts: (P, 4) terms of the ratio without a jump: rates and classes, place, velocity, size.
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
        square: (P,) sum of the squared deviations, each divided by its variance.
        log_area: (P,) sum of the logarithms of both variances.
        tail: degrees of freedom.
    """
    density: FloatArray = -1.8379 - 0.5 * log_area - (tail + 2) / 2 * np.log1p(square / tail)
    return density


def _density(deviations: Axes, variances: Axes, tail: float) -> FloatArray:
    """(P,) log density of deviations of two axes, each (P,), of given variances."""
    (x, y), (a, b) = deviations, variances
    return log_student2(x * x / a + y * y / b, np.log(a * b), tail)


class LinkModel:
    """Likelihood ratios of links of a scene, given the states of both directions.

    Args:
        scene: N detections.
        motion: the noise parameters.
        rates: entry and exit rates and the distribution of gaps.
        forward: states from each detection and the earlier ones of its track.
        backward: states from each detection and the later ones.
        longest: the longest gap, in steps.
        table: `transition_columns` of the same motion and longest gap, if they are known.
    """

    def __init__(
        self,
        scene: Scene,
        motion: Motion,
        rates: Rates,
        forward: States,
        backward: States,
        longest: int,
        table: FloatArray | None = None,
    ) -> None:
        self.step, self.motion, self.rates = scene.step, motion, rates
        self.ahead, self.back = _columns(forward), _columns(backward)
        self.table = transition_columns(motion, longest) if table is None else table
        self.exit_ratio = np.log1p(-rates.exit) - np.log(rates.exit)
        self.entry_ratio = -rates.log_entry
        self.square = scene.unit**2
        self.code, self.classes = scene.code, rates.classes
        self.new_variance = tuple(
            self.back[axis][VV] + motion.velocity_spread[axis] ** 2 * self.square for axis in PLACE_AXES
        )

    def near(self, i: IntArray, j: IntArray) -> tuple[IntArray, IntArray]:
        """The gate: the pairs whose later detection is near the place predicted from the earlier one."""
        for axis in PLACE_AXES:
            gap = self.step[j] - self.step[i]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            ahead, back = self.ahead[axis], self.back[axis]
            jump = JUMP**2 + self.motion.velocity_spread[axis] ** 2 * gap + noise
            variance = ahead[PP][i] + reach * reach * ahead[VV][i] + self.square[j] * jump + back[PP][j]
            moved = back[X][j] - ahead[X][i] - reach * ahead[V][i]
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
        deviation, variance = self._deviation(i, j, gap)
        smooth = _density(deviation, variance, self.motion.tail)
        jumped = np.log(self.motion.jump_probability) + _density(
            deviation, self._jump_variance(variance, j, gap), JUMP_TAIL
        )
        possible = base + np.logaddexp(smooth, jumped) > LEAST_BY_PLACE + least
        i, j, gap, base, smooth, jumped = (column[possible] for column in (i, j, gap, base, smooth, jumped))
        deviation, variance = ((x[possible], y[possible]) for x, y in (deviation, variance))
        same, jump_size = self._size(i, j, gap)
        velocity = self._velocity((i, j, gap), deviation, variance)
        parts = np.column_stack([base, smooth, velocity, same])
        jump_size = jumped + jump_size
        density = np.logaddexp(smooth + velocity + np.log1p(-self.motion.jump_probability) + same, jump_size)
        ratio = base + density
        good = ratio > least
        return Links(i[good], j[good], ratio[good], np.exp(jump_size - density)[good], parts[good])

    def _deviation(self, i: IntArray, j: IntArray, gap: IntArray) -> tuple[Axes, Axes]:
        """Deviation from the predicted place on each axis (P,), and its variance."""
        pairs = []
        for axis in PLACE_AXES:
            ahead, back = self.ahead[axis], self.back[axis]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            deviation = back[X][j] - ahead[X][i] - reach * ahead[V][i]
            variance = ahead[PP][i] + reach * (2 * ahead[PV][i] + reach * ahead[VV][i]) + back[PP][j]
            pairs.append((deviation, variance + self.square[j] * noise))
        (x, a), (y, b) = pairs
        return (x, y), (a, b)

    def _jump_variance(self, variance: Axes, j: IntArray, gap: IntArray) -> Axes:
        """The variance (P,) of the deviation on each axis with a jump."""
        a, b = (
            variance[axis] + (JUMP**2 + self.motion.velocity_spread[axis] ** 2 * gap) * self.square[j]
            for axis in PLACE_AXES
        )
        return a, b

    def _velocity(self, pairs: tuple[IntArray, IntArray, IntArray], deviation: Axes, variance: Axes) -> FloatArray:
        """(P,) log density of the later velocity given the place, minus that of the velocity of a new object."""
        i, j, gap = pairs
        deviations, variances = [], []
        for axis in PLACE_AXES:
            ahead, back = self.ahead[axis], self.back[axis]
            reach, decay, _, cross, velocity_noise = (column[gap] for column in self.table[axis])
            speed, unit = ahead[VV][i], self.square[j]
            shared = decay * (ahead[PV][i] + reach * speed) + unit * cross + back[PV][j]
            gain = shared / variance[axis]
            deviations.append(back[V][j] - decay * ahead[V][i] - gain * deviation[axis])
            variances.append(
                np.maximum(decay * decay * speed + unit * velocity_noise + back[VV][j] - gain * shared, 1e-9)
            )
        unlinked = _density(
            (self.back[0][V][j], self.back[1][V][j]),
            (self.new_variance[0][j], self.new_variance[1][j]),
            self.motion.tail,
        )
        return _density((deviations[0], deviations[1]), (variances[0], variances[1]), self.motion.tail) - unlinked

    def _size(self, i: IntArray, j: IntArray, gap: IntArray) -> tuple[FloatArray, FloatArray]:
        """(P,) log likelihood ratio of the sides, without and with a jump."""
        deviation = (self.back[2][X][j] - self.ahead[2][X][i], self.back[3][X][j] - self.ahead[3][X][i])
        a, b = (self.ahead[axis][PP][i] + self.back[axis][PP][j] + self.table[axis, 2][gap] for axis in SIZE_AXES)
        neighbour = self.motion.neighbour_size**2
        unlinked = _density(deviation, (np.maximum(neighbour[0], a), np.maximum(neighbour[1], b)), self.motion.tail)
        same = _density(deviation, (a, b), self.motion.tail)
        jump_size = _density(deviation, (a + JUMP_SIDE**2, b + JUMP_SIDE**2), JUMP_TAIL)
        return same - unlinked, jump_size - unlinked


def transition_columns(motion: Motion, longest: int) -> FloatArray:
    """(4, 5, longest + 1) the `transitions` by axis and column."""
    return np.ascontiguousarray(transitions(motion, longest).transpose(2, 1, 0))


def _columns(states: States) -> FloatArray:
    """(4, 5, N) the states by axis and row (X, V, PP, PV, VV), each column contiguous."""
    columns = (states.place, states.velocity, states.place_variance, states.covariance, states.velocity_variance)
    return np.ascontiguousarray(np.stack(columns).transpose(2, 0, 1))
