"""What the detections of a scene look like as a whole: makes scores and heights comparable between videos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.detections import Detections

FloatArray = NDArray[np.float64]

USUAL_SPREAD = 0.1
"""Up to so much, heights may spread about their line because people differ."""


@dataclass(frozen=True)
class SceneStatistics:
    """Scores and heights of a scene's detections. Raw ACF, DPM or network scores do not carry over between videos.

    Attributes:
        scores: (N,) all scores, ascending.
        median_height: in pixels.
        height_line: slope and offset in pixels of a person's height against the foot's y, fitted robustly: on flat
            ground under a level camera the height grows linearly with the foot's position.
        height_spread: median absolute log ratio of the heights to that line, confident detections counting more.
    """

    scores: FloatArray
    median_height: float
    height_line: tuple[float, float]
    height_spread: float = 0.0

    @classmethod
    def of(cls, detections: Detections) -> "SceneStatistics":
        """Statistics of N detections; with none, everything is as expected."""
        if not len(detections):
            return cls(np.zeros(0), 1.0, (0.0, 1.0))
        scores = np.sort(detections.score.astype(np.float64))
        height = detections.height.astype(np.float64)
        rank = _rank(scores, detections.score)
        foot, median_height = detections.box[:, 3].astype(np.float64), float(np.median(height))
        line = _fit_line(foot, height, rank)
        surprise = np.abs(_log_ratio(foot, height, line, median_height))
        return cls(scores, median_height, line, _weighted_median(surprise, rank**2))

    def score_rank(self, detections: Detections) -> FloatArray:
        """(N,) the share of the scene's scores that are lower, in [0, 1]; equal scores share a rank."""
        return _rank(self.scores, detections.score)

    def score_deviation(self, detections: Detections) -> FloatArray:
        """(N,) distance of the score from the scene's median, in interquartile ranges."""
        if not len(self.scores):
            return np.zeros(len(detections))
        low, median, high = np.percentile(self.scores, [25, 50, 75])
        deviation: FloatArray = (detections.score - median) / max(high - low, 1e-6)
        return deviation

    def height_surprise(self, detections: Detections) -> FloatArray:
        """(N,) log ratio of the height to what the scene expects at that foot position.

        Where the scene's heights spread more than people differ, because its ground is not flat or its camera nods, the
        ratios are as much smaller.
        """
        foot, height = detections.box[:, 3].astype(np.float64), detections.height.astype(np.float64)
        surprise = _log_ratio(foot, height, self.height_line, self.median_height)
        return surprise / max(self.height_spread / USUAL_SPREAD, 1.0)


def _rank(ordered: FloatArray, score: NDArray[np.float32]) -> FloatArray:
    if not len(ordered):
        return np.full(len(score), 0.5)
    below = np.searchsorted(ordered, score, side="left")
    not_above = np.searchsorted(ordered, score, side="right")
    rank: FloatArray = (below + not_above) / (2 * len(ordered))
    return rank


def _log_ratio(foot: FloatArray, height: FloatArray, line: tuple[float, float], median_height: float) -> FloatArray:
    """(N,) of heights to those on the line at their feet."""
    ratio: FloatArray = np.log(height / np.maximum(line[0] * foot + line[1], median_height / 5))
    return ratio


def _weighted_median(value: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(value, kind="stable")
    counted = np.cumsum(weight[order])
    return float(value[order][np.searchsorted(counted, counted[-1] / 2)])


def _fit_line(foot: FloatArray, height: FloatArray, rank: FloatArray, rounds: int = 10) -> tuple[float, float]:
    """Fit height = slope * foot + offset by iteratively reweighted least squares; confident detections count more."""
    confidence = rank**2
    weight = confidence
    floor = float(np.median(height)) / 5
    slope = offset = 0.0
    for _ in range(rounds):
        total = weight.sum()
        middle, usual = weight @ foot / total, weight @ height / total
        aside = foot - middle
        spread = weight @ aside**2
        slope = weight @ (aside * height) / spread if spread > 0 else 0.0
        offset = usual - slope * middle
        misfit = np.log(height / np.maximum(slope * foot + offset, floor))
        weight = confidence / (1 + (misfit / 0.2) ** 2)
    return float(slope), float(offset)
