"""What the detections of a scene look like as a whole: makes scores and heights comparable between videos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.detections import Detections

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SceneStatistics:
    """Scores and heights of a scene's detections. Raw ACF, DPM or network scores do not carry over between videos.

    Attributes:
        scores: (N,) all scores, ascending.
        median_height: in pixels.
        height_line: slope and offset in pixels of a person's height against the foot's y, fitted robustly: on flat
            ground under a level camera the height grows linearly with the foot's position.
    """

    scores: FloatArray
    median_height: float
    height_line: tuple[float, float]

    @classmethod
    def of(cls, detections: Detections) -> "SceneStatistics":
        """Statistics of N detections; with none, everything is as expected."""
        if not len(detections):
            return cls(np.zeros(0), 1.0, (0.0, 1.0))
        scores = np.sort(detections.score.astype(np.float64))
        height = detections.height.astype(np.float64)
        rank = _rank(scores, detections.score)
        return cls(scores, float(np.median(height)), _fit_line(detections.box[:, 3].astype(np.float64), height, rank))

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
        """(N,) log ratio of the height to what the scene expects at that foot position."""
        slope, offset = self.height_line
        expected = np.maximum(slope * detections.box[:, 3] + offset, self.median_height / 5)
        surprise: FloatArray = np.log(detections.height / expected)
        return surprise


def _rank(ordered: FloatArray, score: NDArray[np.float32]) -> FloatArray:
    if not len(ordered):
        return np.full(len(score), 0.5)
    below = np.searchsorted(ordered, score, side="left")
    not_above = np.searchsorted(ordered, score, side="right")
    rank: FloatArray = (below + not_above) / (2 * len(ordered))
    return rank


def _fit_line(foot: FloatArray, height: FloatArray, rank: FloatArray, rounds: int = 10) -> tuple[float, float]:
    """Fit height = slope * foot + offset by iteratively reweighted least squares; confident detections count more."""
    design = np.column_stack([foot, np.ones(len(foot))])
    confidence = rank**2
    weight = confidence
    floor = float(np.median(height)) / 5
    line = np.array([0.0, np.median(height)])
    for _ in range(rounds):
        root = np.sqrt(weight)
        line = np.linalg.lstsq(design * root[:, None], height * root, rcond=None)[0]
        misfit = np.log(height / np.maximum(design @ line, floor))
        weight = confidence / (1 + (misfit / 0.2) ** 2)
    return float(line[0]), float(line[1])
