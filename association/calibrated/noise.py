"""The noise of motion and measurement, by maximum likelihood of the innovations along the present tracks.

The innovations of a Kalman filter are independent, so the likelihood of a track is the product of theirs (Schweppe
1965). One parameter after the other is moved to the best of a few multiples of its value, each axis on its own; rounds
of linking refine it. All trials run through the filter together.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from siamlink.association.calibrated.motion import (
    AXES,
    CENTRE,
    SIZE,
    Motion,
    measurement_variance,
    own_size,
    transitions,
)
from siamlink.association.calibrated.scene import Scene, pairs_within, predecessors, track_numbers
from siamlink.association.calibrated.states import Chain, run
from siamlink.detectors.base.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Effort:
    """How much work goes into fitting the noise.

    Attributes:
        rounds: the rounds of linking after which it is fitted.
        sample: detections that it is fitted to; whole tracks are drawn until so many are there.
    """

    rounds: int = 5
    sample: int = 4000


THOROUGH = Effort()
FAST = Effort(rounds=3, sample=2000)
"""Half of the time, for about 0.5 HOTA on real detectors."""
FEWEST = 10
"""Links without which the noise stays as it was."""
MULTIPLES = {
    "drift": (1.0, 0.1, 0.33, 0.6, 1.6, 3.0),
    "turn": (1.0, 0.1, 0.33, 0.6, 1.6, 3.0),
    "measured": (1.0, 0.2, 0.5, 0.75, 1.3, 2.0),
    "spread": (1.0, 0.6, 0.8, 1.25, 1.6),
}
PERSISTENCE = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
TAILS = (2.5, 4.0, 8.0, 20.0)
LOOSENESS = (1.0, 1.7, 3.0, 5.0, 9.0, 16.0)
SMALLEST = {
    "drift": np.array([3e-4, 3e-4, 1e-3, 1e-3]),
    "turn": np.array([3e-4, 3e-4, 0, 0]),
    "measured": np.full(AXES, 2e-3),
    "spread": np.array([3e-4, 3e-4, 0, 0]),
}


def first_guess(scene: Scene) -> Motion:
    """The noise before any link is known, from the displacement of mutually nearest boxes of neighbouring steps."""
    i, j = nearest_pairs(scene)
    moved = np.abs(scene.place[j] - scene.place[i])
    moved[:, CENTRE] /= scene.unit[i, None]
    usual = np.median(moved, axis=0) if len(i) else np.array([0.1, 0.1, 0.05, 0.05])
    step = np.maximum(usual[CENTRE] / 0.67, 0.02)
    side = np.full(2, max(usual[SIZE].mean() / 0.95, 0.01))
    return Motion(
        measured=np.concatenate([np.minimum(step / 2, 0.05), side]),
        drift=np.concatenate([step / 2, side / 2]),
        turn=np.concatenate([step / 2, np.zeros(2)]),
        persistence=np.array([0.9, 0.9, 0.0, 0.0]),
        spread=np.concatenate([step, np.zeros(2)]),
        tail=4.0,
        jump=0.01,
        rival_size=_rival_size(scene),
    )


def nearest_pairs(scene: Scene) -> tuple[IntArray, IntArray]:
    """Pairs of boxes of neighbouring steps that are each other's nearest, in own sizes and logarithms of them."""
    i, j = pairs_within(scene.step, scene.step, 1, 1)
    if not len(i):
        return i, j
    apart = np.abs(scene.place[i, :2] - scene.place[j, :2]).max(1) / scene.unit[i]
    apart += np.abs(np.log(scene.unit[i] / scene.unit[j]))
    best_i, best_j = np.full(len(scene), np.inf), np.full(len(scene), np.inf)
    np.minimum.at(best_i, i, apart)
    np.minimum.at(best_j, j, apart)
    mutual = (apart == best_i[i]) & (apart == best_j[j])
    return i[mutual], j[mutual]


def _rival_size(scene: Scene) -> FloatArray:
    """(2,) the usual difference between the logarithms of the sides of neighbours in one step."""
    i, j = pairs_within(scene.step, scene.step, 0, 0)
    other = i != j
    i, j = i[other], j[other]
    if not len(i):
        return np.full(2, 0.3)
    apart = np.abs(scene.place[i, :2] - scene.place[j, :2]).max(1) / scene.unit[i]
    nearest = np.full(len(scene), np.inf)
    np.minimum.at(nearest, i, apart)
    chosen = apart == nearest[i]
    difference = scene.place[i[chosen], SIZE] - scene.place[j[chosen], SIZE]
    size: FloatArray = np.clip(np.sqrt(np.mean(difference**2, axis=0)), 0.05, 2)
    return size


class Sample:
    """Whole tracks, chosen at random but always the same, to fit the noise to."""

    def __init__(self, scene: Scene, looseness: FloatArray, successor: IntArray, most: int) -> None:
        number = track_numbers(successor)
        length = np.bincount(number)
        drawn = np.random.default_rng(0).permutation(len(length))
        drawn = drawn[length[drawn] > 1]
        chosen = np.zeros(len(length), bool)
        chosen[drawn[: np.searchsorted(np.cumsum(length[drawn]), most) + 1]] = True
        order = np.argsort(number, kind="stable")
        self.rows = order[chosen[number[order]]][: most + most // 2]
        before = predecessors(successor)[self.rows]
        self.gap = np.where(before >= 0, scene.step[self.rows] - scene.step[before], 0)
        self.gap[:1] = 0
        self.place, self.unit = scene.place[self.rows], own_size(scene)[self.rows]
        self.looseness = looseness[self.rows]
        self.side = measurement_variance(scene, _UNIT, np.ones(len(scene)))[self.rows]

    @property
    def links(self) -> int:
        """How many links are in it."""
        return int((self.gap > 0).sum())

    def likelihoods(self, trials: list[Motion], looseness: list[FloatArray] | None = None) -> FloatArray:
        """(trials, rows, 4) log-likelihood of each innovation under each trial; 0 at a track's start."""
        longest = int(self.gap.max(initial=1))
        count, copies = len(self.rows), len(trials)
        loose = looseness or [self.looseness] * copies
        chain = Chain(
            place=np.tile(self.place, (copies, 1)),
            variance=np.concatenate(
                [self.side * (trial.measured * each[:, None]) ** 2 for trial, each in zip(trials, loose, strict=True)]
            ),
            unit=np.tile(self.unit, (copies, 1)),
            gap=np.tile(self.gap, copies),
            prior=np.concatenate([trial.spread**2 * self.unit for trial in trials]),
            variant=np.repeat(np.arange(copies), count),
            tail=np.repeat([trial.tail for trial in trials], count),
        )
        _, surprise, total = run(chain, np.stack([transitions(trial, longest) for trial in trials]))
        density = log_student(surprise**2 / total, total, chain.tail[:, None])
        density[chain.gap == 0] = 0
        return density.reshape(copies, count, AXES)


_UNIT = Motion(np.ones(AXES), np.ones(AXES), np.ones(AXES), np.ones(AXES), np.ones(AXES), 4.0, 0.01, np.ones(2))


def log_student(square: FloatArray, variance: FloatArray, tail: FloatArray) -> FloatArray:
    """Log density of Student's distribution in one dimension, of a squared and normalised deviation."""
    constant = gammaln((tail + 1) / 2) - gammaln(tail / 2) - 0.5 * np.log(tail * np.pi)
    density: FloatArray = constant - 0.5 * np.log(variance) - (tail + 1) / 2 * np.log1p(square / tail)
    return density


def fit_motion(
    scene: Scene, motion: Motion, looseness: FloatArray, successor: IntArray, most: int
) -> tuple[Motion, FloatArray]:
    """The noise that makes the present tracks most likely.

    Args:
        scene: N detections.
        motion: the noise so far.
        looseness: (N,) how much worse than others each box is measured.
        successor: (N,) the present links.
        most: detections that it is fitted to.

    Returns:
        The noise, and the looseness (N,).
    """
    sample = Sample(scene, looseness, successor, most)
    if sample.links < FEWEST:
        return motion, looseness
    for name in ("drift", "turn", "measured"):
        motion = _best(sample, motion, name, _multiples(motion, name))
    motion = _best(sample, motion, "persistence", _persistences(motion))
    motion = _best(sample, motion, "spread", _multiples(motion, "spread"))
    tails = [replace(motion, tail=tail) for tail in TAILS]
    motion = tails[int(sample.likelihoods(tails).sum((1, 2)).argmax())]
    return motion, _fit_looseness(scene, motion, sample)


def _multiples(motion: Motion, name: str) -> list[FloatArray]:
    value = getattr(motion, name)
    return [np.maximum(value * factor, SMALLEST[name]) for factor in MULTIPLES[name]]


def _persistences(motion: Motion) -> list[FloatArray]:
    fixed = [np.array([value, value, 0.0, 0.0]) for value in PERSISTENCE]
    return [motion.persistence, *fixed]


def _best(sample: Sample, motion: Motion, name: str, values: list[FloatArray]) -> Motion:
    """The motion with the most likely of some values (each (4,)) of one parameter, each axis for itself."""
    trials = [motion.with_axes(**{name: value}) for value in values]
    chosen = sample.likelihoods(trials).sum(1).argmax(0)
    return motion.with_axes(**{name: np.array([values[chosen[axis]][axis] for axis in range(AXES)])})


def _fit_looseness(scene: Scene, motion: Motion, sample: Sample) -> FloatArray:
    """(N,) how much worse than others boxes are measured, by how far others cover them and how low their score is."""
    group = _groups(scene)
    levels = [np.full(len(sample.rows), level) for level in LOOSENESS]
    value = sample.likelihoods([motion] * len(LOOSENESS), levels).sum(2)
    count = int(group.max(initial=0)) + 1
    table = np.stack([np.bincount(group[sample.rows], weights=row, minlength=count) for row in value], axis=1)
    likeliest = (table - 0.5 * np.log(np.array(LOOSENESS)) ** 2).argmax(1)
    loose: FloatArray = np.array(LOOSENESS)[likeliest][group]
    return loose


def _groups(scene: Scene) -> IntArray:
    """(N,) classes of detections that may be measured differently well."""
    covered = np.searchsorted([0.05, 0.3, 0.6], scene.cover)
    if not scene.scored:
        return covered * 3
    low = np.unique(np.quantile(scene.score, (0.1, 0.35)))
    return covered * 3 + 2 - np.minimum(np.searchsorted(low, scene.score, side="left"), 2)
