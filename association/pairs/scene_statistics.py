"""Statistics of all detections of a scene, which make scores and heights comparable between videos."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.classes import NO_CLASSES, UNKNOWN_CLASSES, ClassEvidence
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.detections import Detections

USUAL_SPREAD = 0.1
"""Spread of the heights about their line (see `SceneStatistics.height_spread`) that comes of objects' own sizes."""

ONE_CORE = 8192
"""Numbers that BLAS multiplies on one core."""


@dataclass(frozen=True)
class SceneStatistics:
    """Scores and heights of a scene's detections. Raw ACF, DPM or network scores do not carry over between videos.

    Where there are several classes, heights are compared within a class, and scores over all classes: a class may have
    hardly any false alarms, and ranks among true detections would say that half of these are false.

    Attributes:
        scores: (N,) all scores, ascending.
        median_height: in pixels.
        height_line: slope, and offset in pixels, of the box height as a function of y of the lower edge, fitted
            robustly: for objects on flat ground under a level camera the height grows linearly with that y.
        height_spread: median absolute log ratio of the heights to that line, weighted by the rank of the score.
        by_class: the statistics of each class, by its label; none where there is only one class.
        classes: evidence for links between different classes.
    """

    scores: FloatArray
    median_height: float
    height_line: tuple[float, float]
    height_spread: float = 0.0
    by_class: dict[int, "SceneStatistics"] = field(default_factory=dict)
    classes: ClassEvidence = UNKNOWN_CLASSES

    @classmethod
    def of(cls, detections: Detections, separate: bool = True) -> "SceneStatistics":
        """Statistics of N detections; without any, every rank is one half and no score deviates.

        Args:
            detections: of a scene.
            separate: whether their classes are distinguished.
        """
        whole, labels = cls._of_one_class(detections), np.unique(detections.label)
        if not separate:
            return replace(whole, classes=NO_CLASSES)
        if len(labels) < 2:
            return whole
        by_class = {int(label): cls._of_one_class(detections[detections.label == label]) for label in labels}
        return replace(whole, by_class=by_class, classes=ClassEvidence.of(detections))

    @classmethod
    def _of_one_class(cls, detections: Detections) -> "SceneStatistics":
        if not len(detections):
            return cls(np.zeros(0), 1.0, (0.0, 1.0))
        scores = np.sort(detections.score.astype(np.float64))
        height = detections.height.astype(np.float64)
        rank = mid_rank(scores, detections.score) / len(scores)
        foot, median_height = detections.box[:, 3].astype(np.float64), float(np.median(height))
        line = _fit_line(foot, height, rank)
        residual = np.abs(_log_ratio(foot, height, line, median_height))
        return cls(scores, median_height, line, _weighted_median(residual, rank**2))

    def score_rank(self, detections: Detections) -> FloatArray:
        """(N,) the share of the scene's scores that are lower, in [0, 1]; equal scores share a rank."""
        if not len(self.scores):
            return np.full(len(detections), 0.5)
        return mid_rank(self.scores, detections.score) / len(self.scores)

    def score_deviation(self, detections: Detections) -> FloatArray:
        """(N,) distance of the score from the scene's median, in interquartile ranges."""
        if not len(self.scores):
            return np.zeros(len(detections))
        low, median, high = self._quartiles
        deviation: FloatArray = (detections.score - median) / max(high - low, 1e-6)
        return deviation

    @cached_property
    def _quartiles(self) -> FloatArray:
        """(3,) the quartiles of the scores."""
        quartiles: FloatArray = np.percentile(self.scores, [25, 50, 75])
        return quartiles

    def height_residual(self, detections: Detections) -> FloatArray:
        """(N,) log ratio of the box height to the scene's height line at the box's lower edge.

        Where the heights of the scene spread more than `USUAL_SPREAD`, because its ground is not flat or its camera
        tilts, the residuals are divided by that excess.
        """
        if self.by_class:
            residuals, whole = np.empty(len(detections)), replace(self, by_class={})
            for label in np.unique(detections.label):
                rows = detections.label == label
                residuals[rows] = self.by_class.get(int(label), whole).height_residual(detections[rows])
            return residuals
        foot, height = detections.box[:, 3].astype(np.float64), detections.height.astype(np.float64)
        residual = _log_ratio(foot, height, self.height_line, self.median_height)
        return residual / max(self.height_spread / USUAL_SPREAD, 1.0)

    def relative_height(self, height: NDArray[np.floating], label: NDArray[np.int16]) -> FloatArray:
        """(N,) heights (N,) in pixels relative to the median height of their class (N,)."""
        median = np.full(len(label), self.median_height, height.dtype)
        for each, statistics in self.by_class.items():
            median[label == each] = statistics.median_height
        relative: FloatArray = height / median
        return relative


def mid_rank(ordered: NDArray[np.floating], value: NDArray[np.floating]) -> FloatArray:
    """(N,) how many of the ascending numbers `ordered` are lower than each value (N,); an equal one counts one half."""
    below = np.searchsorted(ordered, value, side="left")
    not_above = np.searchsorted(ordered, value, side="right")
    rank: FloatArray = (below + not_above) / 2
    return rank


def _log_ratio(foot: FloatArray, height: FloatArray, line: tuple[float, float], median_height: float) -> FloatArray:
    """(N,) natural logarithm of the ratio of heights (N,) to the line at y of the lower edge (N,)."""
    ratio: FloatArray = np.log(height / np.maximum(line[0] * foot + line[1], median_height / 5))
    return ratio


def _weighted_median(value: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(value, kind="stable")
    total = np.cumsum(weight[order])
    return float(value[order][np.searchsorted(total, total[-1] / 2)])


def _fit_line(foot: FloatArray, height: FloatArray, rank: FloatArray, rounds: int = 10) -> tuple[float, float]:
    """Fit height = slope * foot + offset by iteratively reweighted least squares; confident detections count more."""
    confidence = rank**2
    weight = confidence
    floor = float(np.median(height)) / 5
    slope = offset = 0.0
    for _ in range(rounds):
        total = weight.sum()
        mean_foot, mean_height = _dot(weight, foot) / total, _dot(weight, height) / total
        deviation = foot - mean_foot
        variance = _dot(weight, deviation**2)
        slope = _dot(weight, deviation * height) / variance if variance > 0 else 0.0
        offset = mean_height - slope * mean_foot
        misfit = np.log(height / np.maximum(slope * foot + offset, floor))
        weight = confidence / (1 + (misfit / 0.2) ** 2)
    return float(slope), float(offset)


def _dot(a: FloatArray, b: FloatArray) -> float:
    """The scalar product, whose last bits do not depend on the number of cores: BLAS shares out more than 10,000."""
    if len(a) <= ONE_CORE:
        return float(a @ b)
    return sum(float(a[start : start + ONE_CORE] @ b[start : start + ONE_CORE]) for start in range(0, len(a), ONE_CORE))
