"""What the scores of a scene tell about objects: a comparison of the scores of its long and short tracks.

Scores of different detectors are not comparable; their ranks in the scene are.
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray, IntArray

LONG = 5
"""Fewest detections of a long track; such a track is hardly one of false alarms."""
BINS = 12
"""Bins of the ranks of scores."""


@dataclass(frozen=True)
class ScoreEvidence:
    """What the scores of a scene tell about objects, learned from its long and short tracks.

    Attributes:
        scores: (N,) ascending scores of all detections.
        in_long: (L,) ascending scores of tracks of at least `LONG`.
        ratio: (BINS,) log likelihood ratio between tracks of at least `LONG` and of at most 2 detections, by rank.
        separation: probability that a score of a long track is above one of those short tracks.
    """

    scores: FloatArray
    in_long: FloatArray
    ratio: FloatArray
    separation: float

    @classmethod
    def of(cls, scene: Scene, number: IntArray) -> "ScoreEvidence":
        """Learn from the N detections of a scene and the track of each (N,)."""
        length = np.bincount(number)[number]
        long, short = length >= LONG, length <= 2
        scores = np.sort(scene.score)
        if not scene.scored or long.sum() < 20:
            return cls(scores, np.zeros(0), np.zeros(BINS), 0.5)
        bins = _bins(scores, scene.score)
        in_long, in_short = (
            _smoothed(np.bincount(bins[rows], minlength=BINS) + np.ones(BINS)) for rows in (long, short)
        )
        ratio = np.log(in_long / in_long.sum()) - np.log(in_short / in_short.sum())
        sorted_long = np.sort(scene.score[long])
        above = float(_rank(sorted_long, scene.score[short]).mean()) if short.any() else 0.5
        return cls(scores, sorted_long, ratio, 1 - above)

    def of_scores(self, score: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(M,) log likelihood ratio of each score (M,), and (M,) its rank among the scores of long tracks, 0 to 1."""
        if not len(self.in_long):
            return np.zeros(len(score)), np.full(len(score), 0.5)
        return self.ratio[_bins(self.scores, score)], _rank(self.in_long, score)


def _bins(scores: FloatArray, score: FloatArray) -> IntArray:
    """(M,) the bin of each score (M,): its mean rank among ascending scores (N,), in `BINS` parts."""
    twice = np.searchsorted(scores, score, side="left") + np.searchsorted(scores, score, side="right") - 1
    bins: IntArray = np.clip(twice / 2 * BINS / len(scores), 0, BINS - 1).astype(np.int64)
    return bins


def _rank(scores: FloatArray, score: FloatArray) -> FloatArray:
    """(M,) the rank of each score (M,) among ascending scores (L,), 0 to 1; in the middle of equal ones."""
    twice = np.searchsorted(scores, score, side="left") + np.searchsorted(scores, score, side="right")
    rank: FloatArray = twice / 2 / len(scores)
    return rank


def _smoothed(counts: FloatArray) -> FloatArray:
    """Counts smoothed over neighbouring bins, against noise of few detections."""
    wide = np.pad(counts, 1, mode="edge")
    smoothed: FloatArray = wide[:-2] / 4 + wide[1:-1] / 2 + wide[2:] / 4
    return smoothed
