"""Appearance in the costs of links: a likelihood ratio, by a metric that the video's own tracklets teach.

A safe tracklet, a chain of certain links without a gap, is one object. Two that coexist in a step are two objects.
From these, without labels, come the covariances of a Joint Bayesian model, and the calibration of its ratio: what it is
between the beginning and the end of a tracklet, and between tracklets that coexist. Where descriptors do not separate
these, appearance counts little.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import unit
from siamlink.association.appearance.joint_bayesian import JointBayesian
from siamlink.association.appearance.separation import Calibration, calibrated_similarity
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene, track_numbers
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.base.errors import InputError

Describe = Callable[[IntArray], NDArray[np.floating]]
"""Returns descriptors (K, D) of the rows (K,) of a scene, ascending; NaN where there is none, or D = 0."""
Ranges = tuple[IntArray, IntArray]
"""First rows (P,) and the rows after the last ones (P,)."""
SAFE = 6.0
"""Nats; the links of a safe tracklet have at least this ratio."""
SPACING = 4
"""Steps; of so many consecutive ones of a track, the best detection is described."""
MOST_COVERED = 0.5
"""Part of a box that another one covers, from which it is described only if its track has no better one there."""
REMEMBERED = 8
"""Descriptors of a track, the nearest ones on one side of a link, whose mean is compared."""
FEWEST = 4
"""Descriptors of a tracklet from which its beginning and its end are compared."""
MOST_TRACKLETS, MOST_PAIRS = 2000, 20_000
"""Most tracklets, and pairs of coexisting ones, that the calibration learns from."""
BLOCK = 1000
"""Pairs compared at a time, few enough for the caches of a core."""
SURE, BEYOND = 6.0, 0.2
"""Nats up to which a ratio by place and size counts fully, and the factor on what is above, where appearance separates.

Where objects pass each other, one box may follow both, so that even the smoothest continuation may be another object.
"""
INFORMATIVE = 0.5
"""The information of a calibration from which the factor is as small as that; at 0 it is 1."""
USELESS = 0.05
"""The information of a calibration below which appearance is not used."""


class Appearance:
    """Likelihood ratios of links by the appearance of the tracks before and after them.

    Args:
        scene: N detections.
        rows: (K,) those with a descriptor, ascending.
        descriptor: (K, D).
        tracklet: (K,) the safe tracklet of each; see `safe_tracklets`.

    Raises:
        InputError: there are fewer than two tracklets, or none with two descriptors.
    """

    def __init__(self, scene: Scene, rows: IntArray, descriptor: NDArray[np.floating], tracklet: IntArray) -> None:
        centred = unit(descriptor.astype(np.float64) - descriptor.mean(axis=0))
        self._model = JointBayesian.learn(centred, tracklet)
        self._projected = self._model.project(centred)
        self._place = np.full(len(scene), -1)
        self._place[rows] = np.arange(len(rows))
        self.calibration = self._calibrate(tracklet, scene.step[rows])

    def _calibrate(self, tracklet: IntArray, step: IntArray) -> Calibration:
        """From the beginnings and the ends of tracklets (K,), by the step (K,) of each descriptor."""
        order = np.argsort(tracklet, kind="stable")
        _, start, count = np.unique(tracklet[order], return_index=True, return_counts=True)
        long = np.flatnonzero(count >= FEWEST)
        long = long[:: -(-len(long) // MOST_TRACKLETS) or 1]
        start, count = start[long], count[long]
        third, step = np.maximum(count // 3, 1), step[order]
        sides = Means(self._projected[order])
        first, last, end = step[start], step[start + count - 1], start + count
        i, j = np.nonzero((first[:, None] <= last) & (first <= last[:, None]) & ~np.eye(len(start), dtype=bool))
        some = slice(None, None, -(-len(i) // MOST_PAIRS) or 1)
        i, j = i[some], j[some]
        head, tail = (start, start + third), (end - third, end)
        same = self._similarity(sides, sides, head, tail)
        different = self._similarity(sides, sides, (head[0][i], head[1][i]), (tail[0][j], tail[1][j]))
        return calibrated_similarity(same, different)

    def _similarity(self, a: "Means", b: "Means", first: Ranges, second: Ranges) -> FloatArray:
        """(P,) ratio by the Joint Bayesian model of P pairs of ranges of descriptors, each as one observation."""
        parts = [np.zeros(0)]
        for start in range(0, len(first[0]), BLOCK):
            rows = slice(start, start + BLOCK)
            x, y = a.over(first[0][rows], first[1][rows]), b.over(second[0][rows], second[1][rows])
            parts.append(self._model.log_ratio(x, y, np.ones(1), np.ones(1)))
        return np.concatenate(parts)

    def ratio(self, successor: IntArray, earlier: IntArray, later: IntArray) -> FloatArray:
        """(P,) log likelihood ratio of links, 0 where the track before or after one has no descriptor.

        Args:
            successor: (N,) the present links.
            earlier: (P,) rows of the earlier detections.
            later: (P,) rows of the later ones.
        """
        before, begin, end = self._one_sided(successor, backward=False)
        after, start, stop = self._one_sided(successor, backward=True)
        known = np.flatnonzero((end > begin)[earlier] & (stop > start)[later])
        i, j = earlier[known], later[known]
        ratio = np.zeros(len(earlier))
        ratio[known] = self.calibration.ratio(self._similarity(before, after, (begin[i], end[i]), (start[j], stop[j])))
        return ratio

    def added(self, ratio: FloatArray, successor: IntArray, links: Links) -> FloatArray:
        """(P,) the ratios of links by place, size and appearance.

        Args:
            ratio: (P,) by place and size.
            successor: (N,) the present links.
            links: the P links.
        """
        return self.limited(ratio) + self.ratio(successor, links.earlier, links.later)

    def limited(self, ratio: FloatArray) -> FloatArray:
        """(P,) ratios by place and size (P,), as far as they count beside the appearance."""
        beyond = 1 - (1 - BEYOND) * min(self.calibration.information / INFORMATIVE, 1)
        limited: FloatArray = np.where(ratio > SURE, SURE + beyond * (ratio - SURE), ratio)
        return limited

    def _one_sided(self, successor: IntArray, backward: bool) -> tuple["Means", IntArray, IntArray]:
        """Means of descriptors along tracks, and for each detection (N,) the range of the nearest ones on one side."""
        number = track_numbers(successor)
        order = np.argsort(number, kind="stable")
        order = order[::-1] if backward else order
        place = self._place[order]
        described = place >= 0
        until: IntArray = np.cumsum(described)
        first = np.flatnonzero(np.append(True, np.diff(number[order]) != 0))
        begin: IntArray = np.repeat(until[first] - described[first], np.diff(np.append(first, len(order))))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        begin = np.maximum(begin, until - REMEMBERED)
        return Means(self._projected[place[described]]), begin[rank], until[rank]


class Means:
    """Means over ranges of rows of (M, K) values."""

    def __init__(self, values: FloatArray) -> None:
        self._total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])

    def over(self, start: IntArray, stop: IntArray) -> FloatArray:
        """(P, K) the means over the rows from `start` (P,) up to `stop` (P,), without it."""
        mean: FloatArray = (self._total[stop] - self._total[start]) / (stop - start)[:, None]
        return mean


def learn_appearance(
    scene: Scene, successor: IntArray, ratio: FloatArray, active: BoolArray, describe: Describe
) -> Appearance | None:
    """The appearance of a scene's tracks; None where too few detections can be described to learn from them.

    Args:
        scene: N detections.
        successor: (N,) the present links.
        ratio: (N,) their log likelihood ratios.
        active: (N,) whether each detection may be linked; the others are not described.
        describe: describes some of them.
    """
    rows = rows_to_describe(scene, successor, active)
    descriptor = describe(rows) if len(rows) else np.zeros((0, 0))
    if not descriptor.shape[1]:
        return None
    described = np.isfinite(descriptor).all(axis=1)
    if not described.any():
        return None
    rows = rows[described]
    try:
        return Appearance(scene, rows, descriptor[described], safe_tracklets(scene, successor, ratio)[rows])
    except InputError:
        return None


def safe_tracklets(scene: Scene, successor: IntArray, ratio: FloatArray) -> IntArray:
    """(N,) the safe tracklet of each detection, from the present links (N,) and their ratios (N,)."""
    safe = (successor >= 0) & (ratio >= SAFE) & (scene.step[successor] - scene.step == 1)
    return track_numbers(np.where(safe, successor, -1))


def rows_to_describe(scene: Scene, successor: IntArray, active: BoolArray) -> IntArray:
    """Ascending rows to describe: of every `SPACING` detections of a track the best, uncovered ones first."""
    rows = np.flatnonzero(active)
    number = track_numbers(successor)[rows]
    rank = np.argsort(np.argsort(scene.score[rows], kind="stable"), kind="stable") / max(len(rows), 1)
    quality = rank - 2 * (scene.cover[rows] > MOST_COVERED) - scene.cover[rows]
    part = number * (scene.steps + 1) + scene.step[rows] // SPACING
    order = np.lexsort((-quality, part))
    best = order[np.append(True, np.diff(part[order]) != 0)] if len(order) else order
    return np.sort(rows[best])
