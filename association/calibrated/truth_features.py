"""What tells whether a detection is an object: company in time, and what the sequence's own tracks say of its score.

Scores of detectors do not carry over, so each is compared with those of the sequence: its rank among all, its rank
among those of long tracks, and how much likelier it is in a long track than alone. All features are ranks,
probabilities, nats or ratios; none is in pixels or frames.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.scene import Scene, predecessors, touching_pairs, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray

Features = NDArray[np.float32]
LONG = 5
"""Detections of a track from which on it is hardly there by chance."""
BINS = 12
UNLINKED = 30.0
"""Nats that stand for the weakest link of a track without links."""
NO_GAP = 99
FEWEST_SIZES = 20
"""Boxes of long tracks without which no size is unusual."""
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
"""The columns of `truth_features`."""
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
"""Those that do not ask for the detection's track."""


@dataclass(frozen=True)
class Overlaps:
    """How boxes lie among better ones of their step.

    Attributes:
        better: (N,) largest overlap (intersection over union) with a box of a higher score.
        part: (N,) largest part that a box of a higher score covers.
    """

    better: FloatArray
    part: FloatArray


def overlaps(scene: Scene) -> Overlaps:
    """How each box lies among those of its step that have a higher score, or as high a one and a larger area."""
    half = scene.extent / 2
    i, j, common = touching_pairs(scene.step, np.hstack([scene.in_picture - half, scene.in_picture + half]))
    order = np.lexsort((scene.unit, scene.score))
    place = np.empty(len(scene), np.int64)
    place[order] = np.arange(len(scene))
    lower, higher = np.where(place[i] < place[j], i, j), np.where(place[i] < place[j], j, i)
    area = scene.extent.prod(1)
    better, part = np.zeros(len(scene)), np.zeros(len(scene))
    np.maximum.at(better, lower, common / (area[lower] + area[higher] - common))
    np.maximum.at(part, lower, common / area[lower])
    return Overlaps(better, part)


def score_evidence(scene: Scene, number: IntArray) -> tuple[FloatArray, FloatArray, float]:
    """What the sequence's tracks say of a score.

    Args:
        scene: N detections.
        number: (N,) the track of each.

    Returns:
        (N,) nats by which the score is likelier in a long track than alone, (N,) its rank among those of long tracks,
        and the probability that a score of a long track is above a lone one's.
    """
    length = np.bincount(number)[number]
    long, lone = length >= LONG, length <= 2
    order = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable")
    if not scene.scored or long.sum() < 20:
        return np.zeros(len(scene)), np.full(len(scene), 0.5), 0.5
    ties = np.unique(scene.score, return_inverse=True)[1]
    middle = (np.bincount(ties, weights=order) / np.bincount(ties))[ties]
    bins = (middle * BINS / len(scene)).astype(np.int64)
    in_long, in_lone = (_blurred(np.bincount(bins[rows], minlength=BINS) + np.ones(BINS)) for rows in (long, lone))
    ratio = np.log(in_long / in_long.sum()) - np.log(in_lone / in_lone.sum())
    sorted_long = np.sort(scene.score[long])
    rank = np.searchsorted(sorted_long, scene.score, side="left") + np.searchsorted(
        sorted_long, scene.score, side="right"
    )
    above = float(rank[lone].mean() / 2 / long.sum()) if lone.any() else 0.5
    return ratio[bins], rank / 2 / long.sum(), 1 - above


def _blurred(counts: FloatArray) -> FloatArray:
    """Counts of neighbouring bins shared, so that few detections make no steps."""
    wide = np.pad(counts, 1, mode="edge")
    blurred: FloatArray = wide[:-2] / 4 + wide[1:-1] / 2 + wide[2:] / 4
    return blurred


def size_surprise(scene: Scene, number: IntArray) -> FloatArray:
    """(N,) how unusual a box's height is for its class and place, in standard deviations of long tracks' boxes."""
    long = np.bincount(number)[number] >= LONG
    size, foot = np.log(scene.extent[:, 1]), scene.in_picture[:, 1] + scene.extent[:, 1] / 2
    surprise = np.zeros(len(scene))
    for code in range(int(scene.code.max(initial=0)) + 1):
        rows = np.flatnonzero(scene.code == code)
        sure = long[rows]
        if sure.sum() >= FEWEST_SIZES:
            surprise[rows] = _rest_of_line(foot[rows], size[rows], sure)
    return surprise


def _rest_of_line(foot: FloatArray, size: FloatArray, sure: NDArray[np.bool_]) -> FloatArray:
    """(M,) the deviation of sizes from a robust line over the foot's place, fitted to the sure ones."""
    scale = max(float(np.ptp(foot[sure])), 1.0)
    columns = np.column_stack([np.ones(len(foot)), (foot - foot[sure].mean()) / scale])
    weight, spread, line = np.ones(int(sure.sum())), 1.0, np.zeros(2)
    for _ in range(3):
        seen = columns[sure] * weight[:, None]
        line = np.linalg.solve(seen.T @ columns[sure] + np.diag([1e-6, 1.0]), seen.T @ size[sure])
        rest = np.abs(size[sure] - columns[sure] @ line)
        spread = 1.48 * float(np.median(rest)) + 0.05
        weight = 1 / (1 + (rest / spread) ** 2)
    deviation: FloatArray = np.clip((size - columns @ line) / spread, -8, 8)
    return deviation


def truth_features(
    scene: Scene, successor: IntArray, ratio: FloatArray, overlap: Overlaps, frame_rate: float
) -> Features:
    """The features of each detection.

    Args:
        scene: N detections.
        successor: (N,) the present links.
        ratio: (N,) the log likelihood ratio of each link.
        overlap: how the boxes lie among better ones.
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
    """What the score of each detection says, and those of its track."""
    count = np.bincount(number)
    evidence, rank, separation = score_evidence(scene, number)
    unknown = np.full(len(scene), np.nan)
    percent, probability = np.full(len(scene), 0.5), unknown
    if scene.scored:
        percent = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable") / len(scene)
        probability = scene.score if scene.score.min() >= 0 and scene.score.max() <= 1 else unknown
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
    """What the length, the links and the travel of each detection's track say, and those of all tracks."""
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
    """(T, 2) the centre of each track at a step (T,)."""
    place = np.zeros((len(step), 2))
    there = np.flatnonzero(scene.step == step[number])
    place[number[there]] = scene.place[there, :2]
    return place


def _track_mean(values: FloatArray, number: IntArray, count: IntArray) -> FloatArray:
    """(N,) the mean of the values (N,) of each detection's track."""
    mean: FloatArray = (np.bincount(number, weights=values) / count)[number]
    return mean


def _track_largest(values: FloatArray, number: IntArray, tracks: int) -> FloatArray:
    best = np.full(tracks, -np.inf)
    np.maximum.at(best, number, values)
    largest: FloatArray = best[number]
    return largest


def _nearby(values: FloatArray, before: IntArray, after: IntArray) -> FloatArray:
    """(N,) the mean of `values` over up to three detections to each side in the same track."""
    total, weight = values.copy(), np.ones(len(values))
    for link in (before, after):
        there = link
        for _ in range(3):
            known = there >= 0
            total += np.where(known, values[there], 0)
            weight += known
            there = np.where(known, link[there], -1)
    nearby: FloatArray = total / weight
    return nearby
