"""How often objects appear, leave and are missed, and how dense rivals are: rates that a sequence's tracks tell."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.classes import class_evidence
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

HEAVY = 0.15
"""Part of the gaps that no geometric law foretells."""
TAIL_POWER = 1.3
LARGEST_EXIT = 0.7
CELLS = 256
TRUTH_CLASSES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
AGES = (1, 2, 4, 8, 16, 32)
"""Bounds of classes of tracks by how many detections they have so far."""


@dataclass(frozen=True)
class Presence:
    """Rates of a sequence with N detections.

    Attributes:
        exit: (N,) probability that the detection is its track's last.
        log_entry: (N,) logarithm of the expected number of beginnings per step and square pixel, here.
        log_gap: (G + 1,) logarithm of the probability of each number of steps to the next detection.
        usual_gap: mean length of gaps, in steps.
        log_density: (N,) logarithm of detections per step and square pixel around each.
        classes: (C, C) what the classes of two detections say of a link, in nats.
    """

    exit: FloatArray
    log_entry: FloatArray
    log_gap: FloatArray
    usual_gap: float
    log_density: FloatArray
    classes: FloatArray

    @property
    def longest(self) -> int:
        """The longest gap in steps that has a probability."""
        return len(self.log_gap) - 1


def first_presence(scene: Scene, longest: int, log_scale: FloatArray) -> Presence:
    """The rates before any link is known.

    Args:
        scene: N detections.
        longest: the longest gap, in steps, that will be asked about.
        log_scale: (N,) logarithm of how much larger a camera's coordinates are than the picture's.
    """
    count = len(scene)
    density = np.log(_density(scene, np.exp(log_scale))) - 2 * log_scale
    return Presence(
        exit=np.full(count, 0.05),
        log_entry=np.log(0.05) + density,
        log_gap=_gap_law(0.9, 0.4, longest),
        usual_gap=2.5,
        log_density=density,
        classes=class_evidence(scene.code, np.full(count, -1)),
    )


def _density(scene: Scene, scale: FloatArray) -> FloatArray:
    """(N,) detections per step and square pixel: half of it the whole picture's, half that of the surroundings."""
    unit, centre = scene.unit / scale, scene.in_picture
    low_corner = centre.min(0)
    span = np.maximum(centre.max(0) - low_corner, 1) + (scene.extent / scale[:, None]).mean(0)
    whole = len(scene) / scene.steps / span.prod()
    cell = np.maximum(span / CELLS, np.quantile(unit, 0.1) / 2)
    shape = np.ceil(span / cell).astype(int) + 1
    place = ((centre - low_corner) / cell).astype(int)
    counts = np.bincount(place[:, 0] * shape[1] + place[:, 1], minlength=int(shape.prod())).reshape(shape)
    total = np.zeros(shape + 1)
    total[1:, 1:] = counts.cumsum(0).cumsum(1)
    reach = np.maximum(np.round(1.77 * unit[:, None] / cell), 0).astype(int)
    low, high = np.maximum(place - reach, 0), np.minimum(place + reach + 1, shape)
    found = total[high[:, 0], high[:, 1]] - total[low[:, 0], high[:, 1]] - total[high[:, 0], low[:, 1]]
    found = found + total[low[:, 0], low[:, 1]]
    here = found / ((2 * reach + 1) * cell).prod(1) / scene.steps
    density: FloatArray = 0.5 * whole + 0.5 * here
    return density


def update_presence(
    scene: Scene,
    presence: Presence,
    successor: IntArray,
    active: BoolArray,
    truth: FloatArray | None = None,
    aged: bool = False,
    newest: int | None = None,
) -> Presence:
    """The rates that the present links show.

    Args:
        scene: N detections.
        presence: the rates so far.
        successor: (N,) the present links.
        active: (N,) detections that take part.
        truth: (N,) the probability that each is an object, if known; else the score tells classes of detections.
        aged: whether ends and beginnings depend on how long the track is before and after.
        newest: the last step from which links have been sought; by default all have.
    """
    group = (score_class(scene) if truth is None else np.searchsorted(TRUTH_CLASSES, truth)) * 2 + scene.at_border
    before = predecessors(successor)
    age, rest = (np.searchsorted(AGES, column) for column in ages(successor)) if aged else (None, None)
    newest = scene.steps - 2 if newest is None else newest
    ends = _rate(successor < 0, (scene.step <= newest) & active, group, age)
    begins = _rate(before < 0, (scene.step > 0) & (scene.step <= newest + 1) & active, group, rest)
    leave = np.where(active, np.clip(ends, 1e-4, LARGEST_EXIT), 0.3)
    enter = np.where(active, np.clip(begins, 1e-4, 0.9), 0.3)
    linked = np.flatnonzero(successor >= 0)
    gaps = scene.step[successor[linked]] - scene.step[linked]
    next_at_once, going_on = _fit_gaps(gaps)
    return replace(
        presence,
        exit=leave,
        log_entry=np.log(enter / (1 - enter)) + presence.log_density,
        log_gap=_gap_law(next_at_once, going_on, presence.longest),
        usual_gap=1 / going_on,
        classes=class_evidence(scene.code, successor),
    )


def score_class(scene: Scene) -> IntArray:
    """(N,) classes of scores, finer where they are low."""
    if not scene.scored:
        return np.zeros(len(scene), np.int64)
    return np.searchsorted(np.unique(np.quantile(scene.score, (0.02, 0.05, 0.1, 0.2, 0.4, 0.7))), scene.score)


def ages(successor: IntArray) -> tuple[IntArray, IntArray]:
    """(N,) how many detections of its track come up to each, itself included, and (N,) how many from it on."""
    number = track_numbers(successor)
    order = np.argsort(number, kind="stable")
    count = np.bincount(number)
    begin = np.cumsum(count) - count
    age = np.empty(len(successor), np.int64)
    age[order] = np.arange(len(successor)) - begin[number[order]] + 1
    return age, count[number] - age + 1


def _rate(happened: BoolArray, asked: BoolArray, group: IntArray, age: IntArray | None) -> FloatArray:
    """(N,) how often something happened to detections of the same group and to those of the same age, as odds.

    Both are drawn towards the sequence's mean, and their odds against the mean are multiplied.
    """
    mean = float(((happened & asked).sum() + 1) / (asked.sum() + 20))
    odds = _grouped_odds(happened, asked, group, mean)
    if age is not None:
        odds = odds + _grouped_odds(happened, asked, age, mean) - np.log(mean / (1 - mean))
    rate: FloatArray = 1 / (1 + np.exp(-odds))
    return rate


def _grouped_odds(happened: BoolArray, asked: BoolArray, group: IntArray, mean: float) -> FloatArray:
    """(N,) log odds of `happened` (N,) in the group of each, drawn towards `mean` as by 10 more detections."""
    total = np.bincount(group, weights=happened & asked)
    rate = (total + mean * 10) / (np.bincount(group, weights=asked) + 10)
    odds: FloatArray = np.log(rate / (1 - rate))[group]
    return odds


def _fit_gaps(gaps: IntArray) -> tuple[float, float]:
    """The probability of a next detection at once, and that a gap ends with the next step.

    The geometric law is fitted to gaps of 2 to 8 steps: links by chance are rare among them.
    """
    number = np.bincount(gaps, minlength=9)[:9].astype(np.float64)
    number[2:4] += (1.5, 0.5)
    hazards = np.linspace(0.05, 0.9, 60)
    law = (1 - hazards[:, None]) ** np.arange(7)
    law /= law.sum(1, keepdims=True)
    hazard = float(hazards[(np.log(law) @ number[2:9]).argmax()])
    missed = number[2:9].sum() / (1 - (1 - hazard) ** 7)
    return float((number[1] + 20) / (number[1] + missed + 20.5)), hazard


def _gap_law(at_once: float, hazard: float, longest: int) -> FloatArray:
    """(longest + 1,) log-probability of each gap: 1 step, or a geometric number more with a small heavy tail."""
    further = np.arange(1.0, longest)
    geometric = (1 - hazard) ** (further - 1) * hazard
    heavy = further**-TAIL_POWER
    heavy /= max(heavy.sum(), 1e-9)
    later = np.log((1 - at_once) * ((1 - HEAVY) * geometric + HEAVY * heavy) + 1e-12)
    return np.concatenate([[0.0, np.log(at_once)], later])[: longest + 1]
