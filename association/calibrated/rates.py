"""Entry and exit rates, the distribution of gaps and the density of detections, estimated from the tracks."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.association.pairs.classes import class_evidence
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

HEAVY = 0.15
"""Weight of the heavy-tailed component of the distribution of gaps; the other is geometric."""
TAIL_POWER = 1.3
"""Exponent of the heavy-tailed component."""
LARGEST_EXIT = 0.7
GAP_COUNTS = 9
"""Links are counted by gap up to one step less than this."""
CELLS = 256
"""Most cells along each side of the picture, for the density of detections."""
PROBABILITY_BOUNDS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
"""Bounds of the groups of detections by the probability of being an object."""
GROUPS = 2 * (len(PROBABILITY_BOUNDS) + 1)
"""Groups by probability or by score, each at the border of the picture or not."""
AGES = (1, 2, 4, 8, 16, 32)
"""Bounds of the groups of detections by the number of detections of their track so far, or from there on."""


@dataclass(frozen=True)
class Rates:
    """Rates of a sequence with N detections.

    Attributes:
        exit: (N,) probability that the detection is the last of its track.
        log_entry: (N,) logarithm of the expected number of tracks that begin per step and square pixel at its place.
        log_gap: (G + 1,) logarithm of the probability of each number of steps to the next detection.
        mean_gap: mean length of gaps of more than one step.
        log_density: (N,) logarithm of detections per step and square pixel around each.
        classes: (C, C) log likelihood ratio of each pair of classes, in nats; see `class_evidence`.
    """

    exit: FloatArray
    log_entry: FloatArray
    log_gap: FloatArray
    mean_gap: float
    log_density: FloatArray
    classes: FloatArray

    @property
    def longest(self) -> int:
        """The longest possible gap, in steps."""
        return len(self.log_gap) - 1


def first_rates(scene: Scene, longest: int) -> Rates:
    """The prior rates, before the first link.

    Args:
        scene: N detections.
        longest: the longest possible gap, in steps.
    """
    count = len(scene)
    density = np.log(DensityMap(scene).at(scene.centre, scene.unit))
    return Rates(
        exit=np.full(count, 0.05),
        log_entry=np.log(0.05) + density,
        log_gap=_gap_law(0.9, 0.4, longest),
        mean_gap=2.5,
        log_density=density,
        classes=class_evidence(scene.code, np.full(count, -1)),
    )


class DensityMap:
    """Detections per step and square pixel: the mean of the whole picture's density and the local one.

    Args:
        scene: N detections.
    """

    def __init__(self, scene: Scene) -> None:
        centre = scene.centre
        self._low_corner, self._steps = centre.min(0), scene.steps
        span = np.maximum(centre.max(0) - self._low_corner, 1) + scene.extent.mean(0)
        self._whole = len(scene) / scene.steps / span.prod()
        self._cell = np.maximum(span / CELLS, np.quantile(scene.unit, 0.1) / 2)
        self._shape = shape = np.ceil(span / self._cell).astype(int) + 1
        place = self._cells(centre)
        counts = np.bincount(place[:, 0] * shape[1] + place[:, 1], minlength=int(shape.prod())).reshape(shape)
        self._total = np.zeros(shape + 1)
        self._total[1:, 1:] = counts.cumsum(0).cumsum(1)

    def _cells(self, centre: FloatArray) -> IntArray:
        """(M, 2) the cell of each centre (M, 2), the nearest one outside the map."""
        cells: IntArray = np.clip(((centre - self._low_corner) / self._cell).astype(int), 0, self._shape - 1)
        return cells

    def at(self, centre: FloatArray, unit: FloatArray) -> FloatArray:
        """(M,) the density around boxes of the given centres (M, 2) and own sizes (M,) in pixels of the picture."""
        place, total = self._cells(centre), self._total
        reach = np.maximum(np.round(1.77 * unit[:, None] / self._cell), 0).astype(int)
        low, high = np.maximum(place - reach, 0), np.minimum(place + reach + 1, self._shape)
        number = total[high[:, 0], high[:, 1]] - total[low[:, 0], high[:, 1]] - total[high[:, 0], low[:, 1]]
        number = number + total[low[:, 0], low[:, 1]]
        local = number / ((2 * reach + 1) * self._cell).prod(1) / self._steps
        density: FloatArray = 0.5 * self._whole + 0.5 * local
        return density


def update_rates(
    scene: Scene,
    rates: Rates,
    successor: IntArray,
    active: BoolArray,
    probability: FloatArray | None = None,
    by_age: bool = False,
    newest: int | None = None,
    past_gaps: FloatArray | None = None,
) -> Rates:
    """The rates, estimated from the present links.

    Args:
        scene: N detections.
        rates: the present rates.
        successor: (N,) the present links.
        active: (N,) whether each detection may be linked.
        probability: (N,) that each is an object; without it, detections are grouped by score.
        by_age: whether exit and entry rates depend on the number of detections of the track before and after.
        newest: the last step whose detections have been linked to later ones; by default the last but one.
        past_gaps: numbers of gaps of earlier links, as `count_gaps` gives them.
    """
    group = score_group(scene) if probability is None else np.searchsorted(PROBABILITY_BOUNDS, probability)
    group = group * 2 + scene.at_border
    before = predecessors(successor)
    age, rest = (np.searchsorted(AGES, column) for column in ages(successor)) if by_age else (None, None)
    newest = scene.steps - 2 if newest is None else newest
    ends = RateTable.fit(successor < 0, (scene.step <= newest) & active, group, age).rate(group, age)
    begin = RateTable.fit(before < 0, (scene.step > 0) & (scene.step <= newest + 1) & active, group, rest)
    begins = begin.rate(group, rest)
    exit_rate = np.where(active, np.clip(ends, 1e-4, LARGEST_EXIT), 0.3)
    entry_rate = np.where(active, np.clip(begins, 1e-4, 0.9), 0.3)
    gaps = count_gaps(scene.step, successor)
    no_gap, hazard = _fit_gaps(gaps if past_gaps is None else gaps + past_gaps)
    return replace(
        rates,
        exit=exit_rate,
        log_entry=np.log(entry_rate / (1 - entry_rate)) + rates.log_density,
        log_gap=_gap_law(no_gap, hazard, rates.longest),
        mean_gap=1 / hazard,
        classes=class_evidence(scene.code, successor),
    )


def score_group(scene: Scene) -> IntArray:
    """(N,) groups of detections by score, finer where scores are low."""
    if not scene.scored:
        return np.zeros(len(scene), np.int64)
    return np.searchsorted(np.unique(np.quantile(scene.score, (0.02, 0.05, 0.1, 0.2, 0.4, 0.7))), scene.score)


def ages(successor: IntArray) -> tuple[IntArray, IntArray]:
    """(N,) the number of detections of its track up to each, itself included, and (N,) the number from it on."""
    number = track_numbers(successor)
    order = np.argsort(number, kind="stable")
    count = np.bincount(number)
    begin = np.cumsum(count) - count
    age = np.empty(len(successor), np.int64)
    age[order] = np.arange(len(successor)) - begin[number[order]] + 1
    return age, count[number] - age + 1


@dataclass(frozen=True)
class RateTable:
    """The rate of an event by group and by age.

    Both rates are shrunk towards the mean of the sequence, and their odds ratios to the mean are multiplied.

    Attributes:
        group: (G,) log odds by group.
        age: (A,) log odds by age, relative to the mean; zeros without ages.
    """

    group: FloatArray
    age: FloatArray

    @classmethod
    def fit(cls, event: BoolArray, possible: BoolArray, group: IntArray, age: IntArray | None = None) -> "RateTable":
        """Fit to an event among the possible ones (both (N,)), of groups (N,) and ages (N,) in bins of `AGES`."""
        mean = float(((event & possible).sum() + 1) / (possible.sum() + 20))
        by_age = np.zeros(len(AGES) + 1)
        if age is not None:
            by_age = _odds(event, possible, age, mean, len(AGES) + 1) - np.log(mean / (1 - mean))
        return cls(_odds(event, possible, group, mean, GROUPS), by_age)

    def rate(self, group: IntArray, age: IntArray | None = None) -> FloatArray:
        """(M,) the rate in some groups (M,), at some ages (M,) in bins."""
        odds = self.group[group] if age is None else self.group[group] + self.age[age]
        rate: FloatArray = 1 / (1 + np.exp(-odds))
        return rate


def _odds(event: BoolArray, possible: BoolArray, group: IntArray, mean: float, count: int) -> FloatArray:
    """(count,) log odds of `event` (N,) in each group, shrunk towards `mean` by 10 pseudo-detections."""
    total = np.bincount(group, weights=event & possible, minlength=count)
    rate = (total + mean * 10) / (np.bincount(group, weights=possible, minlength=count) + 10)
    odds: FloatArray = np.log(rate / (1 - rate))
    return odds


def count_gaps(step: IntArray, successor: IntArray) -> FloatArray:
    """(9,) the number of links over each of 0 to 8 steps, from the steps (N,) and the links (N,)."""
    linked = np.flatnonzero(successor >= 0)
    return np.bincount(step[successor[linked]] - step[linked], minlength=GAP_COUNTS)[:GAP_COUNTS].astype(np.float64)


def _fit_gaps(counts: FloatArray) -> tuple[float, float]:
    """The probability of a detection in the next step, and the probability per step that a longer gap ends.

    The geometric distribution is fitted to gaps of 2 to 8 steps, because wrong links are rare among them; `counts` (9,)
    is that of `count_gaps`.
    """
    number = counts.copy()
    number[2:4] += (1.5, 0.5)
    hazards = np.linspace(0.05, 0.9, 60)
    law = (1 - hazards[:, None]) ** np.arange(7)
    law /= law.sum(1, keepdims=True)
    hazard = float(hazards[(np.log(law) @ number[2:9]).argmax()])
    missed = number[2:9].sum() / (1 - (1 - hazard) ** 7)
    return float((number[1] + 20) / (number[1] + missed + 20.5)), hazard


def _gap_law(no_gap: float, hazard: float, longest: int) -> FloatArray:
    """(longest + 1,) log-probability of each gap; above 1 step a mixture of a geometric and a heavy-tailed law."""
    further = np.arange(1.0, longest)
    geometric = (1 - hazard) ** (further - 1) * hazard
    heavy = further**-TAIL_POWER
    heavy /= max(heavy.sum(), 1e-9)
    later = np.log((1 - no_gap) * ((1 - HEAVY) * geometric + HEAVY * heavy) + 1e-12)
    return np.concatenate([[0.0, np.log(no_gap)], later])[: longest + 1]
