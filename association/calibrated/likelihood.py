"""How much more likely two detections are neighbours in one track than an end and a beginning: the ratio of a link.

    ratio(i, j) = log (1 - exit_i) / exit_i + log P(gap) + log p(x-_j | x+_i) - log p0(velocity of x-_j) - log entry_j
                  + log p(size | linked) - log p(size | strangers) + log p(class_j | class_i, linked) - log p(class_j)

x+_i is the state of the earlier detection from what is linked before it, x-_j that of the later one from what follows
it, so a link does not see itself: direction decides at crossings, and a wrong link is undone in the next round.
entry_j is the expected number of objects that appear, or are found again, per step and pixel: without rivals
little evidence is enough. A second component stands for boxes that jumped by a part of their own size.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import Motion, transitions
from siamlink.association.calibrated.presence import Presence
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import States
from siamlink.detectors.base.arrays import FloatArray, IntArray

Axes = tuple[FloatArray, FloatArray]
JUMP = 0.25
"""How far a box jumps, in its own size, and the logarithm of a side by nearly as much."""
JUMP_SIDE = 0.2
JUMP_TAIL = 8.0
LEAST_BY_PLACE = -8.0
"""Nats of the place alone below which neither velocity nor size is looked at."""
X, V, PP, PV, VV = range(5)
PLACE_AXES, SIZE_AXES = (0, 1), (2, 3)
REACH = 10.0
"""Standard deviations beyond which no link is thought of."""


@dataclass(frozen=True)
class Links:
    """P candidate links.

    Attributes:
        earlier: (P,) rows of the earlier detections.
        later: (P,) rows of the later ones.
        ratio: (P,) log likelihood ratio of being linked to not being linked.
        jumped: (P,) probability that the box jumped, if linked.
        parts: (P, 4) of the ratio: of rates and classes, of the place, of velocity, of size, without a jump.
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
        square: (P,) squared normalised deviation.
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
    """Likelihood ratios of links of a scene, given the states from both sides."""

    def __init__(
        self, scene: Scene, motion: Motion, presence: Presence, forward: States, backward: States, longest: int
    ) -> None:
        self.step, self.motion, self.presence = scene.step, motion, presence
        self.ahead, self.back = _columns(forward), _columns(backward)
        self.table = np.ascontiguousarray(transitions(motion, longest).transpose(2, 1, 0))
        self.leave = np.log1p(-presence.exit) - np.log(presence.exit)
        self.arrive = -presence.log_entry
        self.square = scene.unit**2
        self.code, self.classes = scene.code, presence.classes
        self.newcomer = tuple(self.back[axis][VV] + motion.spread[axis] ** 2 * self.square for axis in PLACE_AXES)

    def near(self, i: IntArray, j: IntArray) -> tuple[IntArray, IntArray]:
        """The pairs that are near enough to where motion leads."""
        for axis in PLACE_AXES:
            gap = self.step[j] - self.step[i]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            ahead, back = self.ahead[axis], self.back[axis]
            jump = JUMP**2 + self.motion.spread[axis] ** 2 * gap + noise
            variance = ahead[PP][i] + reach * reach * ahead[VV][i] + self.square[j] * jump + back[PP][j]
            moved = back[X][j] - ahead[X][i] - reach * ahead[V][i]
            close = moved * moved < REACH**2 * variance
            i, j = i[close], j[close]
        return i, j

    def links(self, i: IntArray, j: IntArray, least: float = 0.0, extra: FloatArray | None = None) -> Links:
        """The pairs whose likelihood ratio is above `least`.

        Args:
            i: (P,) earlier detections.
            j: (P,) later ones.
            least: nats.
            extra: (P,) further evidence, in nats, such as that of appearance.
        """
        gap = self.step[j] - self.step[i]
        base = self.leave[i] + self.arrive[j] + self.presence.log_gap[gap]
        if len(self.classes) > 1:
            base = base + self.classes[self.code[i], self.code[j]]
        if extra is not None:
            base = base + extra
        deviation, variance = self._moved(i, j, gap)
        smooth = _density(deviation, variance, self.motion.tail)
        jumped = np.log(self.motion.jump) + _density(deviation, self._wider(variance, j, gap), JUMP_TAIL)
        possible = base + np.logaddexp(smooth, jumped) > LEAST_BY_PLACE + least
        i, j, gap, base, smooth, jumped = (column[possible] for column in (i, j, gap, base, smooth, jumped))
        deviation, variance = ((x[possible], y[possible]) for x, y in (deviation, variance))
        same, sprung = self._size(i, j, gap)
        velocity = self._velocity((i, j, gap), deviation, variance)
        parts = np.column_stack([base, smooth, velocity, same])
        sprung = jumped + sprung
        together = np.logaddexp(smooth + velocity + np.log1p(-self.motion.jump) + same, sprung)
        ratio = base + together
        good = ratio > least
        return Links(i[good], j[good], ratio[good], np.exp(sprung - together)[good], parts[good])

    def _moved(self, i: IntArray, j: IntArray, gap: IntArray) -> tuple[Axes, Axes]:
        """Deviation of the place on each axis (P,), and its variance."""
        pairs = []
        for axis in PLACE_AXES:
            ahead, back = self.ahead[axis], self.back[axis]
            reach, noise = self.table[axis, 0][gap], self.table[axis, 2][gap]
            deviation = back[X][j] - ahead[X][i] - reach * ahead[V][i]
            variance = ahead[PP][i] + reach * (2 * ahead[PV][i] + reach * ahead[VV][i]) + back[PP][j]
            pairs.append((deviation, variance + self.square[j] * noise))
        (x, a), (y, b) = pairs
        return (x, y), (a, b)

    def _wider(self, variance: Axes, j: IntArray, gap: IntArray) -> Axes:
        """The variance (P,) of each axis for a box that jumped."""
        a, b = (
            variance[axis] + (JUMP**2 + self.motion.spread[axis] ** 2 * gap) * self.square[j] for axis in PLACE_AXES
        )
        return a, b

    def _velocity(self, pairs: tuple[IntArray, IntArray, IntArray], deviation: Axes, variance: Axes) -> FloatArray:
        """(P,) log density of the later velocity given the place, less that of a newcomer's."""
        i, j, gap = pairs
        turns, rests = [], []
        for axis in PLACE_AXES:
            ahead, back = self.ahead[axis], self.back[axis]
            reach, keep, _, cross, turn = (column[gap] for column in self.table[axis])
            speed, unit = ahead[VV][i], self.square[j]
            shared = keep * (ahead[PV][i] + reach * speed) + unit * cross + back[PV][j]
            gain = shared / variance[axis]
            turns.append(back[V][j] - keep * ahead[V][i] - gain * deviation[axis])
            rests.append(np.maximum(keep * keep * speed + unit * turn + back[VV][j] - gain * shared, 1e-9))
        stranger = _density(
            (self.back[0][V][j], self.back[1][V][j]), (self.newcomer[0][j], self.newcomer[1][j]), self.motion.tail
        )
        return _density((turns[0], turns[1]), (rests[0], rests[1]), self.motion.tail) - stranger

    def _size(self, i: IntArray, j: IntArray, gap: IntArray) -> tuple[FloatArray, FloatArray]:
        """(P,) log likelihood ratio of the sides, without and with a jump."""
        deviation = (self.back[2][X][j] - self.ahead[2][X][i], self.back[3][X][j] - self.ahead[3][X][i])
        a, b = (self.ahead[axis][PP][i] + self.back[axis][PP][j] + self.table[axis, 2][gap] for axis in SIZE_AXES)
        rival = self.motion.rival_size**2
        stranger = _density(deviation, (np.maximum(rival[0], a), np.maximum(rival[1], b)), self.motion.tail)
        same = _density(deviation, (a, b), self.motion.tail)
        sprung = _density(deviation, (a + JUMP_SIDE**2, b + JUMP_SIDE**2), JUMP_TAIL)
        return same - stranger, sprung - stranger


def _columns(states: States) -> FloatArray:
    """(4, 5, N) the columns of states by axis, each contiguous."""
    columns = (states.place, states.velocity, states.place_variance, states.covariance, states.velocity_variance)
    return np.ascontiguousarray(np.stack(columns).transpose(2, 0, 1))
