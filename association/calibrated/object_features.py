"""The features of the models of objects: scores relative to the sequence, overlaps, size, and properties of the track.

Scores of different detectors are not comparable, so each score is compared with those of the sequence: its rank among
all, its rank among those of long tracks, and its likelihood ratio between long and short tracks. All features are
ranks, probabilities, nats or ratios; none is in pixels or frames.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.scene import Scene, predecessors, touching_pairs, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.boxes import SAME_BOX

Features = NDArray[np.float32]
LONG = 5
"""Fewest detections of a long track; such a track is hardly one of false alarms."""
BINS = 12
"""Bins of the ranks of scores."""
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
class Overlaps:
    """Overlaps with boxes of higher scores in the same step, of the same class or nearly the same box.

    Attributes:
        better: (N,) largest overlap (intersection over union) with a box of a higher score.
        part: (N,) largest part that a box of a higher score covers.
    """

    better: FloatArray
    part: FloatArray


def overlaps(scene: Scene) -> Overlaps:
    """Overlaps of each box with boxes of its step that have a higher score, or an equal score and a larger area.

    Boxes of other classes count only where they are nearly the same box: a rider and the bicycle are two objects.
    """
    half = scene.extent / 2
    i, j, common = touching_pairs(scene.step, np.hstack([scene.in_picture - half, scene.in_picture + half]))
    order = np.lexsort((scene.unit, scene.score))
    place = np.empty(len(scene), np.int64)
    place[order] = np.arange(len(scene))
    lower, higher = np.where(place[i] < place[j], i, j), np.where(place[i] < place[j], j, i)
    area = scene.extent.prod(1)
    iou = common / (area[lower] + area[higher] - common)
    counts = (scene.code[lower] == scene.code[higher]) | (iou > SAME_BOX)
    lower, common, iou = lower[counts], common[counts], iou[counts]
    better, part = np.zeros(len(scene)), np.zeros(len(scene))
    np.maximum.at(better, lower, iou)
    np.maximum.at(part, lower, common / area[lower])
    return Overlaps(better, part)


def score_evidence(scene: Scene, number: IntArray) -> tuple[FloatArray, FloatArray, float]:
    """Likelihood ratio and rank of each score, relative to the scores of long tracks.

    Args:
        scene: N detections.
        number: (N,) the track of each.

    Returns:
        (N,) log likelihood ratio of the score between tracks of at least `LONG` and of at most 2 detections, (N,) its
        rank among the scores of long tracks, and the probability that a score of a long track is above one of those
        short tracks.
    """
    length = np.bincount(number)[number]
    long, short = length >= LONG, length <= 2
    order = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable")
    if not scene.scored or long.sum() < 20:
        return np.zeros(len(scene)), np.full(len(scene), 0.5), 0.5
    ties = np.unique(scene.score, return_inverse=True)[1]
    middle = (np.bincount(ties, weights=order) / np.bincount(ties))[ties]
    bins = (middle * BINS / len(scene)).astype(np.int64)
    in_long, in_short = (_smoothed(np.bincount(bins[rows], minlength=BINS) + np.ones(BINS)) for rows in (long, short))
    ratio = np.log(in_long / in_long.sum()) - np.log(in_short / in_short.sum())
    sorted_long = np.sort(scene.score[long])
    rank = np.searchsorted(sorted_long, scene.score, side="left") + np.searchsorted(
        sorted_long, scene.score, side="right"
    )
    above = float(rank[short].mean() / 2 / long.sum()) if short.any() else 0.5
    return ratio[bins], rank / 2 / long.sum(), 1 - above


def _smoothed(counts: FloatArray) -> FloatArray:
    """Counts smoothed over neighbouring bins, against noise of few detections."""
    wide = np.pad(counts, 1, mode="edge")
    smoothed: FloatArray = wide[:-2] / 4 + wide[1:-1] / 2 + wide[2:] / 4
    return smoothed


def size_surprise(scene: Scene, number: IntArray) -> FloatArray:
    """(N,) deviation of the log height from that expected for class and place, in standard deviations."""
    long = np.bincount(number)[number] >= LONG
    size, foot = np.log(scene.extent[:, 1]), scene.in_picture[:, 1] + scene.extent[:, 1] / 2
    surprise = np.zeros(len(scene))
    for code in range(int(scene.code.max(initial=0)) + 1):
        rows = np.flatnonzero(scene.code == code)
        reliable = long[rows]
        if reliable.sum() >= FEWEST_SIZES:
            surprise[rows] = _line_residual(foot[rows], size[rows], reliable)
    return surprise


def _line_residual(foot: FloatArray, size: FloatArray, reliable: NDArray[np.bool_]) -> FloatArray:
    """(M,) normalised residuals of sizes from a robust line over the lower edge, fitted to the reliable ones."""
    scale = max(float(np.ptp(foot[reliable])), 1.0)
    columns = np.column_stack([np.ones(len(foot)), (foot - foot[reliable].mean()) / scale])
    weight, spread, line = np.ones(int(reliable.sum())), 1.0, np.zeros(2)
    for _ in range(3):
        weighted = columns[reliable] * weight[:, None]
        line = np.linalg.solve(weighted.T @ columns[reliable] + np.diag([1e-6, 1.0]), weighted.T @ size[reliable])
        residual = np.abs(size[reliable] - columns[reliable] @ line)
        spread = 1.48 * float(np.median(residual)) + 0.05
        weight = 1 / (1 + (residual / spread) ** 2)
    deviation: FloatArray = np.clip((size - columns @ line) / spread, -8, 8)
    return deviation


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
    surprise = np.abs(size_surprise(scene, number))
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
    evidence, rank, separation = score_evidence(scene, number)
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
        "score_separation": np.array(separation),
        "track_score_evidence": _track_mean(evidence, number, count),
        "track_best_score_rank": _track_largest(percent, number, len(count)),
        "track_score_as_probability": _track_mean(probability, number, count),
    }


def _track_columns(
    scene: Scene, number: IntArray, successor: IntArray, ratio: FloatArray, frame_rate: float
) -> dict[str, FloatArray]:
    """The features of length, links and displacement of each detection's track, and of all tracks."""
    count = np.bincount(number)
    first, last = _ends(scene.step, number)
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


def _ends(step: IntArray, number: IntArray) -> tuple[IntArray, IntArray]:
    """(T,) first and last step of each track."""
    tracks = int(number.max(initial=-1)) + 1
    first, last = np.full(tracks, np.iinfo(np.int64).max), np.full(tracks, -1, np.int64)
    np.minimum.at(first, number, step)
    np.maximum.at(last, number, step)
    return first, last


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
