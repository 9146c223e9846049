"""The features of the models of objects: scores relative to the sequence, overlaps, size, and properties of the track.

Scores of different detectors are not comparable, so each score is compared with those of the sequence: its rank among
all, its rank among those of long tracks, and its likelihood ratio between long and short tracks. All features are
ranks, probabilities, nats or ratios; none is in pixels or frames.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.overlaps import Overlaps
from siamlink.association.calibrated.scene import Scene, end_steps, predecessors, track_numbers
from siamlink.association.calibrated.score_evidence import LONG, ScoreEvidence
from siamlink.detectors.base.arrays import FloatArray, IntArray

Features = NDArray[np.float32]
UNLINKED = 30.0
"""Nats; value of the weakest link of a track without links."""
NO_GAP = 99
"""Value of the gap before the first and after the last detection of a track."""
FEWEST_SIZES = 20
"""With fewer boxes of long tracks of a class, the size surprise is 0."""
NAMES = (
    "score_rank",
    "score_rank_in_long_tracks",
    "score_evidence",
    "score_as_probability",
    "score_evidence_nearby",
    "track_length",
    "track_density",
    "track_score_evidence",
    "track_best_score_rank",
    "track_score_as_probability",
    "track_link_ratio",
    "track_weakest_link",
    "track_travel",
    "track_cover",
    "track_better_overlap",
    "track_size_surprise",
    "cover",
    "better_overlap",
    "better_part",
    "size_surprise",
    "from_end",
    "gap_before",
    "gap_after",
    "at_border",
    "long_share",
    "score_separation",
    "usual_ratio",
    "company",
    "seconds",
)
"""The columns of `object_features`."""
OWN = (
    "score_rank",
    "score_rank_in_long_tracks",
    "score_evidence",
    "score_as_probability",
    "cover",
    "better_overlap",
    "better_part",
    "size_surprise",
    "at_border",
    "long_share",
    "score_separation",
    "usual_ratio",
    "company",
)
"""The columns that do not depend on the detection's track."""


@dataclass(frozen=True)
class SizeLine:
    """A robust line of the log height over the lower edge of boxes of one class.

    Attributes:
        line: (2,) log height at `middle`, and its change over `scale`.
        middle: mean lower edge in pixels.
        scale: range of the lower edges in pixels.
        spread: standard deviation of the residuals.
    """

    line: FloatArray
    middle: float
    scale: float
    spread: float

    @classmethod
    def fit(cls, foot: FloatArray, size: FloatArray) -> "SizeLine":
        """Fit to lower edges (M,) in pixels and log heights (M,)."""
        middle, scale = float(foot.mean()), max(float(np.ptp(foot)), 1.0)
        columns = np.column_stack([np.ones(len(foot)), (foot - middle) / scale])
        weight, spread, line = np.ones(len(foot)), 1.0, np.zeros(2)
        for _ in range(3):
            weighted = columns * weight[:, None]
            line = np.asarray(
                np.linalg.solve(weighted.T @ columns + np.diag([1e-6, 1.0]), weighted.T @ size), np.float64
            )
            residual = np.abs(size - columns @ line)
            spread = 1.48 * float(np.median(residual)) + 0.05
            weight = 1 / (1 + (residual / spread) ** 2)
        return cls(line, middle, scale, spread)

    def surprise(self, foot: FloatArray, size: FloatArray) -> FloatArray:
        """(M,) deviation of the log heights (M,) from the line, in standard deviations."""
        expected = self.line[0] + self.line[1] * ((foot - self.middle) / self.scale)
        deviation: FloatArray = np.clip((size - expected) / self.spread, -8, 8)
        return deviation


def size_lines(scene: Scene, number: IntArray) -> dict[int, SizeLine]:
    """The line of each class with at least `FEWEST_SIZES` boxes in long tracks; `number` (N,) is the track of each."""
    long = np.bincount(number)[number] >= LONG
    size, foot = heights_and_feet(scene)
    lines = {}
    for code in range(int(scene.code.max(initial=0)) + 1):
        rows = np.flatnonzero(long & (scene.code == code))
        if len(rows) >= FEWEST_SIZES:
            lines[code] = SizeLine.fit(foot[rows], size[rows])
    return lines


def heights_and_feet(scene: Scene) -> tuple[FloatArray, FloatArray]:
    """(N,) the log height and (N,) the lower edge of each box, in pixels of the picture."""
    return np.log(scene.extent[:, 1]), scene.centre[:, 1] + scene.extent[:, 1] / 2


def size_surprise(scene: Scene, lines: dict[int, SizeLine]) -> FloatArray:
    """(N,) deviation of the log height from that expected for class and place, in standard deviations."""
    size, foot = heights_and_feet(scene)
    surprise = np.zeros(len(scene))
    for code, line in lines.items():
        rows = np.flatnonzero(scene.code == code)
        surprise[rows] = line.surprise(foot[rows], size[rows])
    return surprise


def object_features(
    scene: Scene, successor: IntArray, ratio: FloatArray, overlap: Overlaps, frame_rate: float
) -> Features:
    """The features of each detection.

    Args:
        scene: N detections.
        successor: (N,) the present links.
        ratio: (N,) the log likelihood ratio of each link.
        overlap: overlaps with boxes of higher scores.
        frame_rate: frames a second.

    Returns:
        (N, 29) float32, columns as in `NAMES`.
    """
    number = track_numbers(successor)
    scores = _score_columns(scene, number, successor)
    tracks = _track_columns(scene, number, successor, ratio, frame_rate)
    surprise = np.abs(size_surprise(scene, size_lines(scene, number)))
    count = np.bincount(number)
    cover = {
        "track_cover": _track_mean(scene.cover, number, count),
        "track_better_overlap": _track_mean(overlap.better, number, count),
        "track_size_surprise": _track_mean(surprise, number, count),
        "cover": scene.cover,
        "better_overlap": overlap.better,
        "better_part": overlap.part,
        "size_surprise": surprise,
        "at_border": scene.at_border,
    }
    columns = scores | tracks | cover
    return np.column_stack([np.broadcast_to(columns[name], len(scene)) for name in NAMES]).astype(np.float32)


def _score_columns(scene: Scene, number: IntArray, successor: IntArray) -> dict[str, FloatArray]:
    """The features of the score of each detection and the scores of its track."""
    count = np.bincount(number)
    learned = ScoreEvidence.of(scene, number)
    evidence, rank = learned.of_scores(scene.score)
    missing = np.full(len(scene), np.nan)
    percent, probability = np.full(len(scene), 0.5), missing
    if scene.scored:
        percent = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable") / len(scene)
        probability = scene.score if scene.score.min() >= 0 and scene.score.max() <= 1 else missing
    return {
        "score_rank": percent,
        "score_rank_in_long_tracks": rank,
        "score_evidence": evidence,
        "score_as_probability": probability,
        "score_evidence_nearby": _nearby(evidence, predecessors(successor), successor),
        "score_separation": np.array(learned.separation),
        "track_score_evidence": _track_mean(evidence, number, count),
        "track_best_score_rank": _track_largest(percent, number, len(count)),
        "track_score_as_probability": _track_mean(probability, number, count),
    }


def _track_columns(
    scene: Scene, number: IntArray, successor: IntArray, ratio: FloatArray, frame_rate: float
) -> dict[str, FloatArray]:
    """The features of length, links and displacement of each detection's track, and of all tracks."""
    count = np.bincount(number)
    first, last = end_steps(number, scene.step, len(count))
    span = (last - first + 1)[number]
    before, linked = predecessors(successor), successor >= 0
    weakest = np.full(len(count), UNLINKED)
    np.minimum.at(weakest, number[linked], ratio[linked])
    links = np.bincount(number, weights=linked.astype(float))
    total = np.bincount(number, weights=np.where(linked, ratio, 0))
    moved = np.abs(_place_at(scene, number, first) - _place_at(scene, number, last)).max(1)
    return {
        "track_length": np.log(count)[number],
        "track_density": count[number] / span,
        "track_link_ratio": (total / np.maximum(links, 1))[number],
        "track_weakest_link": weakest[number],
        "track_travel": np.log1p(moved[number] / scene.unit),
        "from_end": np.log1p(np.minimum(scene.step - first[number], last[number] - scene.step)),
        "gap_before": np.where(before >= 0, scene.step - scene.step[before], NO_GAP).astype(np.float64),
        "gap_after": np.where(linked, scene.step[successor] - scene.step, NO_GAP).astype(np.float64),
        "long_share": np.array((count[number] >= LONG).mean()),
        "usual_ratio": np.array(np.median(ratio[linked]) if linked.any() else 0.0),
        "company": np.array(np.log(len(scene) / scene.steps)),
        "seconds": np.log(span * scene.stride / frame_rate),
    }


def _place_at(scene: Scene, number: IntArray, step: IntArray) -> FloatArray:
    """(T, 2) the centre of each track at the given step (T,)."""
    place = np.zeros((len(step), 2))
    rows = np.flatnonzero(scene.step == step[number])
    place[number[rows]] = scene.place[rows, :2]
    return place


def _track_mean(values: FloatArray, number: IntArray, count: IntArray) -> FloatArray:
    """(N,) the mean of the values (N,) of each detection's track."""
    mean: FloatArray = (np.bincount(number, weights=values) / count)[number]
    return mean


def _track_largest(values: FloatArray, number: IntArray, tracks: int) -> FloatArray:
    """(N,) the largest of the values (N,) of each detection's track."""
    best = np.full(tracks, -np.inf)
    np.maximum.at(best, number, values)
    largest: FloatArray = best[number]
    return largest


def _nearby(values: FloatArray, before: IntArray, after: IntArray) -> FloatArray:
    """(N,) the mean of `values` over each detection and up to three on each side in the same track."""
    total, weight = values.copy(), np.ones(len(values))
    for link in (before, after):
        neighbour = link
        for _ in range(3):
            exists = neighbour >= 0
            total += np.where(exists, values[neighbour], 0)
            weight += exists
            neighbour = np.where(exists, link[neighbour], -1)
    nearby: FloatArray = total / weight
    return nearby
