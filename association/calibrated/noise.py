"""The noise parameters of motion and measurement, by maximum likelihood of the innovations along the present tracks.

The innovations of a Kalman filter are independent, so the likelihood of a track is the product of theirs (Schweppe
1965). One parameter after the other is set to the most likely of a few multiples of its value, each axis separately.
The rounds of linking repeat this. All trial values run through the filter together.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from siamlink.association.calibrated.motion import (
    AXES,
    CENTRE,
    SIZE,
    Motion,
    measurement_variance,
)
from siamlink.association.calibrated.scene import Scene, mutually_nearest, pairs_within, predecessors, track_numbers
from siamlink.association.calibrated.states import START, Chain, Measurements, Pieces, filtered, step_table
from siamlink.detectors.base.arrays import FloatArray, IntArray

FIT_ROUNDS = 5
"""The noise parameters are fitted after each of so many rounds of linking."""
SAMPLE = 4000
"""About how many detections they are fitted to, in whole tracks."""
QUICK_SAMPLE = 2000
"""The same for online tracking and for windows."""
FEWEST = 10
"""With fewer links the noise parameters stay unchanged."""
MULTIPLES = {
    "drift": (1.0, 0.1, 0.33, 0.6, 1.6, 3.0),
    "acceleration": (1.0, 0.1, 0.33, 0.6, 1.6, 3.0),
    "measurement_noise": (1.0, 0.2, 0.5, 0.75, 1.3, 2.0),
    "velocity_spread": (1.0, 0.6, 0.8, 1.25, 1.6),
}
PERSISTENCE = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
TAILS = (2.5, 4.0, 8.0, 20.0)
NOISE_FACTORS = (1.0, 1.7, 3.0, 5.0, 9.0, 16.0)
"""Trial values: factors on parameters, persistences, degrees of freedom, factors on the measurement noise."""
SMALLEST = {
    "drift": np.array([3e-4, 3e-4, 1e-3, 1e-3]),
    "acceleration": np.array([3e-4, 3e-4, 0, 0]),
    "measurement_noise": np.full(AXES, 2e-3),
    "velocity_spread": np.array([3e-4, 3e-4, 0, 0]),
}


def first_guess(scene: Scene) -> Motion:
    """The noise parameters before the first link, from displacements of mutually nearest boxes of consecutive steps."""
    i, j = nearest_pairs(scene)
    moved = np.abs(scene.place[j] - scene.place[i])
    moved[:, CENTRE] /= scene.unit[i, None]
    typical = np.median(moved, axis=0) if len(i) else np.array([0.1, 0.1, 0.05, 0.05])
    step = np.maximum(typical[CENTRE] / 0.67, 0.02)
    side = np.full(2, max(typical[SIZE].mean() / 0.95, 0.01))
    return Motion(
        measurement_noise=np.concatenate([np.minimum(step / 2, 0.05), side]),
        drift=np.concatenate([step / 2, side / 2]),
        acceleration=np.concatenate([step / 2, np.zeros(2)]),
        persistence=np.array([0.9, 0.9, 0.0, 0.0]),
        velocity_spread=np.concatenate([step, np.zeros(2)]),
        tail=4.0,
        jump_probability=0.01,
        neighbour_size=_neighbour_size(scene),
    )


def nearest_pairs(scene: Scene) -> tuple[IntArray, IntArray]:
    """Mutually nearest pairs of boxes of consecutive steps.

    The distance is that of the centres in own sizes, plus the difference of the logarithms of the sizes.
    """
    i, j = pairs_within(scene.step, scene.step, 1, 1)
    if not len(i):
        return i, j
    apart = np.abs(scene.place[i, :2] - scene.place[j, :2]).max(1) / scene.unit[i]
    apart += np.abs(np.log(scene.unit[i] / scene.unit[j]))
    return mutually_nearest(i, j, apart, len(scene))


def _neighbour_size(scene: Scene) -> FloatArray:
    """(2,) root mean square difference between the logarithms of the sides of nearest neighbours in one step."""
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
    """Whole tracks for fitting the noise, drawn at random with a fixed seed.

    Args:
        scene: N detections.
        noise_factor: (N,) factor on the measurement noise of each box.
        successor: (N,) the present links.
        most: about how many detections are drawn.
    """

    def __init__(self, scene: Scene, noise_factor: FloatArray, successor: IntArray, most: int) -> None:
        number = track_numbers(successor)
        length = np.bincount(number)
        candidates = np.random.default_rng(0).permutation(len(length))
        candidates = candidates[length[candidates] > 1]
        drawn = np.zeros(len(length), bool)
        drawn[candidates[: np.searchsorted(np.cumsum(length[candidates]), most) + 1]] = True
        order = np.argsort(number, kind="stable")
        self.rows = order[drawn[number[order]]][: most + most // 2]
        before = predecessors(successor)[self.rows]
        self.gap = np.where(before >= 0, scene.step[self.rows] - scene.step[before], START)
        self.gap[:1] = START
        self._place = np.ascontiguousarray(scene.place[self.rows].T)
        self._square, self._factor = scene.unit[self.rows] ** 2, noise_factor[self.rows]
        self._side = np.ascontiguousarray(measurement_variance(scene, _UNIT, np.ones(len(scene)))[self.rows].T)

    @property
    def links(self) -> int:
        """The number of links of the sample."""
        return int((self.gap > 0).sum())

    def likelihoods(self, trials: Sequence[Motion], factors: FloatArray | None = None) -> FloatArray:
        """(4, T, L) log-likelihood of the innovation at each of the L rows under each trial; 0 at a track's start.

        Args:
            trials: T motions.
            factors: (T,) factors on the measurement noise of all boxes, in place of those of the boxes.
        """
        count, longest = len(self.rows), int(self.gap.max(initial=1))
        trial, row = np.divmod(np.arange(len(trials) * count), count)
        table, tail = step_table(trials, longest), np.array([each.tail for each in trials])
        start = trial * table.shape[2] + START
        pieces = Pieces([Chain(row, start + self.gap[row], start)])
        row, trial = pieces.row, pieces.start // table.shape[2]
        noise = np.stack([each.measurement_noise for each in trials], axis=1)[:, trial]
        noise *= self._factor[row] if factors is None else factors[trial]
        measured = Measurements(self._place[:, row], self._side[:, row] * noise**2, self._square[row], tail[trial])
        steps = filtered(pieces, table.reshape(len(table), -1), measured)
        innovation, variance = (np.stack(column, axis=1) for column in zip(*(step[1:] for step in steps), strict=True))
        at_rows = pieces.of_chain(0, np.arange(len(trials) * count))
        innovation, variance = (
            column.reshape(AXES, -1)[:, at_rows].reshape(AXES, len(trials), count) for column in (innovation, variance)
        )
        density = log_student(innovation**2 / variance, variance, tail[:, None])
        density[..., self.gap == START] = 0
        return density


_UNIT = Motion(np.ones(AXES), np.ones(AXES), np.ones(AXES), np.ones(AXES), np.ones(AXES), 4.0, 0.01, np.ones(2))


def log_student(square: FloatArray, variance: FloatArray, tail: FloatArray | float) -> FloatArray:
    """Log density of Student's distribution in one dimension, of a squared deviation divided by its variance."""
    density: FloatArray = _log_peak(tail) - 0.5 * np.log(variance) - (tail + 1) / 2 * np.log1p(square / tail)
    return density


def _log_peak(tail: FloatArray | float) -> FloatArray:
    """Log density at the centre of Student's distribution with a variance of one, for a few tails."""
    tails = np.asarray(tail, np.float64)
    return np.array([_log_peak_of(each) for each in tails.ravel().tolist()]).reshape(tails.shape)


@lru_cache
def _log_peak_of(tail: float) -> float:
    return math.lgamma((tail + 1) / 2) - math.lgamma(tail / 2) - 0.5 * math.log(tail * math.pi)


def fit_motion(
    scene: Scene, motion: Motion, noise_factor: FloatArray, successor: IntArray, most: int
) -> tuple[Motion, FloatArray]:
    """The noise parameters under which the present tracks are most likely.

    Args:
        scene: N detections.
        motion: the present noise parameters.
        noise_factor: (N,) factor on the measurement noise of each box.
        successor: (N,) the present links.
        most: about how many detections they are fitted to.

    Returns:
        The noise parameters, and the factors on the measurement noise (N,).
    """
    sample = Sample(scene, noise_factor, successor, most)
    if sample.links < FEWEST:
        return motion, noise_factor
    for name in ("drift", "acceleration", "measurement_noise"):
        motion = _best(sample, motion, name, _multiples(motion, name))
    motion = _best(sample, motion, "persistence", _persistences(motion))
    motion = _best(sample, motion, "velocity_spread", _multiples(motion, "velocity_spread"))
    tails = [replace(motion, tail=tail) for tail in TAILS]
    motion = tails[int(sample.likelihoods(tails).sum((0, 2)).argmax())]
    return motion, _fit_noise_factor(scene, motion, sample)


def _multiples(motion: Motion, name: str) -> list[FloatArray]:
    value = getattr(motion, name)
    return [np.maximum(value * factor, SMALLEST[name]) for factor in MULTIPLES[name]]


def _persistences(motion: Motion) -> list[FloatArray]:
    fixed = [np.array([value, value, 0.0, 0.0]) for value in PERSISTENCE]
    return [motion.persistence, *fixed]


def _best(sample: Sample, motion: Motion, name: str, values: list[FloatArray]) -> Motion:
    """The motion with the most likely of some values (each (4,)) of one parameter, each axis separately."""
    trials = [motion.with_axes(**{name: value}) for value in values]
    chosen = sample.likelihoods(trials).sum(2).argmax(1)
    return motion.with_axes(**{name: np.array([values[chosen[axis]][axis] for axis in range(AXES)])})


def _fit_noise_factor(scene: Scene, motion: Motion, sample: Sample) -> FloatArray:
    """(N,) the most likely factor on the measurement noise, by groups of covered part and score."""
    group = _groups(scene)
    value = sample.likelihoods([motion] * len(NOISE_FACTORS), np.array(NOISE_FACTORS)).sum(0)
    count = int(group.max(initial=0)) + 1
    table = np.stack([np.bincount(group[sample.rows], weights=row, minlength=count) for row in value], axis=1)
    likeliest = (table - 0.5 * np.log(np.array(NOISE_FACTORS)) ** 2).argmax(1)
    factor: FloatArray = np.array(NOISE_FACTORS)[likeliest][group]
    return factor


def continued_noise_factor(scene: Scene, noise_factor: FloatArray) -> FloatArray:
    """(N,) the factor on the measurement noise: of the first M detections the given ones (M,), of later ones the mean.

    The mean is that over the first detections of the same group; it is 1 where there are none.
    """
    old, group = len(noise_factor), _groups(scene)
    count = int(group.max(initial=0)) + 1
    number = np.bincount(group[:old], minlength=count)
    total = np.bincount(group[:old], noise_factor, count)
    mean = np.where(number > 0, total / np.maximum(number, 1), 1.0)
    return np.append(noise_factor, mean[group[old:]])


def _groups(scene: Scene) -> IntArray:
    """(N,) the group of each detection: by the part that other boxes cover, and by low scores."""
    return noise_groups(scene.cover, scene.score, low_scores(scene))


def low_scores(scene: Scene) -> FloatArray:
    """Up to two scores that bound the groups of low scores; empty if all scores are the same."""
    return np.unique(np.quantile(scene.score, (0.1, 0.35))) if scene.scored else np.zeros(0)


def noise_groups(cover: FloatArray, score: FloatArray, low: FloatArray) -> IntArray:
    """(M,) the group of each of M boxes, from its covered part (M,), its score (M,) and the bounds of low scores."""
    covered = np.searchsorted([0.05, 0.3, 0.6], cover)
    if not len(low):
        return covered * 3
    return covered * 3 + 2 - np.minimum(np.searchsorted(low, score, side="left"), 2)
