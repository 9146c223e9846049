"""The likelihood ratio of a link: two detections are consecutive in one track, against one track ends and one begins.

    ratio(i, j) = log (1 - exit_i) / exit_i + log P(gap) + log p(x-_j | x+_i) - log p0(velocity of x-_j) - log entry_j
                  - log p0(sides of x-_j) + log p(class_j | class_i, linked) - log p(class_j)

x+_i is the state of the earlier detection, estimated from its track up to it. x-_j is the state of the later one,
estimated from its track from there on. So the present link does not influence its own ratio: at crossings the
direction decides, and a wrong link can be undone in the next round. entry_j is the entry rate: the expected number of
tracks that begin per step and square pixel. Where few objects are near, it is low, and little evidence is enough for a
link.

In each dimension the density is one of both edges together, not of centre and side apart: when a limb is stretched out
or a part of the object is covered, one edge moves, and centre and side change at once. A second component of the
density models edges that jump by a part of the object's own size, each by itself, and velocities that change as
suddenly.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import AXES, Motion, transitions
from siamlink.association.calibrated.noise import log_student
from siamlink.association.calibrated.rates import Rates
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import States
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

JUMP = 0.25
"""Standard deviation of a jump of an edge or of the centre, in the object's own size."""
JUMP_SIDE = 0.2
"""Standard deviation of a jump of the logarithm of a side."""
JUMP_TAIL = 8.0
"""Degrees of freedom of the density of jumps."""
LEAST_BY_PLACE = -8.0
"""Nats; pairs with a lower ratio without the velocity are dropped before it is compared."""
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
        parts: (P, 4) terms of the ratio: rates and classes, box, velocity, and minus the log density of a new object's
            sides.
    """

    earlier: IntArray
    later: IntArray
    ratio: FloatArray
    jumped: FloatArray
    parts: FloatArray

    def __len__(self) -> int:
        return len(self.earlier)

    def __getitem__(self, rows: BoolArray | IntArray) -> "Links":
        return Links(self.earlier[rows], self.later[rows], self.ratio[rows], self.jumped[rows], self.parts[rows])


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
        self.side = np.ascontiguousarray(scene.extent.T)
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
        deviation, variance = self.deviation(i, j, gap)
        box, jumped = self._box(deviation, variance, j, gap)
        side = self._new_side(deviation, variance)
        possible = np.flatnonzero(base + box + side > LEAST_BY_PLACE + least)
        i, j, gap = (column[possible] for column in (i, j, gap))
        base, box, side, jumped = (column[possible] for column in (base, box, side, jumped))
        velocity = self._velocity((i, j, gap), deviation[:2, possible], variance[:2, possible])
        ratio = base + box + velocity + side
        parts = np.column_stack([base, box, velocity, side])
        good = ratio > least
        return Links(i[good], j[good], ratio[good], jumped[good], parts[good])

    def deviation(self, i: IntArray, j: IntArray, gap: IntArray) -> tuple[FloatArray, FloatArray]:
        """Deviation from the predicted centre and sides (4, P), and its variance (4, P)."""
        deviation, variance = np.empty((2, AXES, len(i)))
        for axis in range(AXES):
            ahead, back = self.ahead[axis], self.back[axis]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            deviation[axis] = back[X][j] - ahead[X][i] - reach * ahead[V][i]
            variance[axis] = ahead[PP][i] + reach * (2 * ahead[PV][i] + reach * ahead[VV][i]) + back[PP][j]
            variance[axis] += self.square[j] * noise if axis in PLACE_AXES else noise
        return deviation, variance

    def _box(
        self, deviation: FloatArray, variance: FloatArray, j: IntArray, gap: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """(P,) log density of centre and logarithms of sides, and the probability of a jump (P,).

        In each dimension no edge jumps, one of both, or both. The centre moves by half of what an edge moves.

        Args:
            deviation: (4, P) from the predicted box.
            variance: (4, P).
            j: (P,) later detections.
            gap: (P,) steps.
        """
        total, mean = np.zeros((2, len(j)))
        chance = self.motion.jump_probability
        for axis in PLACE_AXES:
            side = self.side[axis][j]
            centre, half = deviation[axis], deviation[axis + 2] * side / 2
            a, b = variance[axis], variance[axis + 2] * side * side / 4
            low, high, edge, cross = centre - half, centre + half, a + b, a - b
            jump = JUMP**2 * self.square[j]
            away = jump + self.motion.velocity_spread[axis] ** 2 * gap * self.square[j]
            grown = JUMP_SIDE**2 * side * side / 4
            smooth = _edges(low, high, edge, edge, cross, self.motion.tail) + np.log1p(-chance)
            one = np.logaddexp(
                _edges(low, high, edge + jump, edge, cross, JUMP_TAIL),
                _edges(low, high, edge, edge + jump, cross, JUMP_TAIL),
            )
            both = _edges(low, high, edge + away + grown, edge + away + grown, cross + away - grown, JUMP_TAIL)
            jumped = np.logaddexp(one, both) + np.log(chance / 3)
            density = np.logaddexp(smooth, jumped)
            total += density + np.log(side)
            mean += np.exp(jumped - density) / 2
        return total, mean

    def _new_side(self, deviation: FloatArray, variance: FloatArray) -> FloatArray:
        """(P,) minus the log density of the logarithms of a new object's sides."""
        total = np.zeros(deviation.shape[1])
        for axis in SIZE_AXES:
            wide = np.maximum(self.motion.neighbour_size[axis - 2] ** 2, variance[axis])
            total -= log_student(deviation[axis] ** 2 / wide, wide, self.motion.tail)
        return total

    def _velocity(
        self, pairs: tuple[IntArray, IntArray, IntArray], deviation: FloatArray, variance: FloatArray
    ) -> FloatArray:
        """(P,) log density of the later velocity given the place, minus that of the velocity of a new object.

        With the probability of a jump, the velocity has changed to that of a new object.
        """
        i, j, gap = pairs
        square, area, new_square, new_area = np.zeros((4, len(i)))
        for axis in PLACE_AXES:
            ahead, back = self.ahead[axis], self.back[axis]
            reach, decay, _, cross, velocity_noise = (column[gap] for column in self.table[axis])
            speed, unit = ahead[VV][i], self.square[j]
            shared = decay * (ahead[PV][i] + reach * speed) + unit * cross + back[PV][j]
            gain = shared / variance[axis]
            moved = back[V][j] - decay * ahead[V][i] - gain * deviation[axis]
            own = np.maximum(decay * decay * speed + unit * velocity_noise + back[VV][j] - gain * shared, 1e-9)
            new = self.new_variance[axis][j]
            square, area = square + moved**2 / own, area + np.log(own)
            new_square, new_area = new_square + back[V][j] ** 2 / new, new_area + np.log(new)
        tail, chance = self.motion.tail, self.motion.jump_probability
        same = log_student2(square, area, tail) - log_student2(new_square, new_area, tail)
        changed: FloatArray = np.logaddexp(same + np.log1p(-chance), np.log(chance))
        return changed


def _edges(
    low: FloatArray, high: FloatArray, a: FloatArray, b: FloatArray, cross: FloatArray, tail: float
) -> FloatArray:
    """(P,) log density of deviations of both edges (P,) with variances a and b and covariance `cross` (P,)."""
    determinant = np.maximum(a * b - cross * cross, 1e-9 * a * b)
    square = (b * low * low - 2 * cross * low * high + a * high * high) / determinant
    return log_student2(square, np.log(determinant), tail)


def transition_columns(motion: Motion, longest: int) -> FloatArray:
    """(4, 5, longest + 1) the `transitions` by axis and column."""
    return np.ascontiguousarray(transitions(motion, longest).transpose(2, 1, 0))


def _columns(states: States) -> FloatArray:
    """(4, 5, N) the states by axis and row (X, V, PP, PV, VV), each column contiguous."""
    columns = (states.place, states.velocity, states.place_variance, states.covariance, states.velocity_variance)
    return np.ascontiguousarray(np.stack(columns).transpose(2, 0, 1))
