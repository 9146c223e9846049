"""Contextual features of candidate pairs: relative geometry, time, rank among rivals, detections in between.

A pair's rivals are the other pairs of the same detection at the same gap. Every feature depends only on detections up
to the frame of the later one, so the offline and the online tracker use the same model. Lengths are in mean box
heights of the pair and times in seconds, so that nothing depends on the resolution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import LARGEST_MISFIT, LOOPS, Pairs
from siamlink.association.pairs.columns import column_array
from siamlink.association.pairs.rivals import contests, rank_among_rivals
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.threads import on_all_cores
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex, blocks, ranges

LARGE_BLOCK = 1_000_000
"""Pairs whose features are computed together: those of millions of detections do not fit into memory at once."""

PAPER_FEATURES = ("size_change_w", "size_change_h", "offset_x", "offset_y", "velocity_x", "velocity_y")
"""The six contextual features of Leal-Taixé et al. 2016: relative size change, position change, relative velocity."""

GAP_FEATURES = ("gap_frames", "gap_seconds")
"""The gap of a pair; the six features of the paper do not contain it."""

PAIR_FEATURES = (
    *PAPER_FEATURES,
    *GAP_FEATURES,
    "iou",
    "distance",
    "score_earlier",
    "score_later",
    "between",
    "rank_later",
    "margin_later",
    "rivals_later",
    "rank_earlier",
    "margin_earlier",
    "rivals_earlier",
    "motion_residual_x",
    "motion_residual_y",
    "motion_support",
)
FEATURE_WORDS = {
    "size_change_w": "change of width",
    "size_change_h": "change of height",
    "offset_x": "horizontal distance between the boxes",
    "offset_y": "vertical distance between the boxes",
    "velocity_x": "horizontal velocity",
    "velocity_y": "vertical velocity",
    "gap_frames": "gap",
    "gap_seconds": "gap in seconds",
    "iou": "overlap",
    "distance": "distance between the boxes",
    "score_earlier": "score of the first box",
    "score_later": "score of the second box",
    "between": "another box on the way",
    "rank_later": "rank among boxes after the first",
    "margin_later": "misfit compared with other boxes after the first",
    "rivals_later": "number of other boxes that may follow the first",
    "rank_earlier": "rank among boxes before the second",
    "margin_earlier": "misfit compared with other boxes before the second",
    "rivals_earlier": "number of other boxes that may precede the second",
    "motion_residual_x": "horizontal distance from the predicted position",
    "motion_residual_y": "vertical distance from the predicted position",
    "motion_support": "boxes that the velocity is known from",
}
"""The same in plain words, for explanations."""

ContextChoice = Literal["full", "paper", "paper-gap"]
CONTEXT_CHOICE = (
    "contextual features of the matching models of the first level. paper: the six of Leal-Taixé et al. 2016; "
    "paper-gap: these and the gap; full: also others, such as the rank of a pair among its rivals"
)


@dataclass(frozen=True)
class Motion:
    """Motion that led to each of N detections.

    Attributes:
        velocity: (N, 2) x and y in pixels per frame, NaN without predecessors.
        support: (N,) number of predecessors that the velocity is estimated from.
    """

    velocity: FloatArray
    support: FloatArray

    @classmethod
    def none(cls) -> "Motion":
        """The motion of no detections."""
        return cls(np.zeros((0, 2)), np.zeros(0))

    def __getitem__(self, rows: slice) -> "Motion":
        return Motion(self.velocity[rows], self.support[rows])

    def continued_by(self, other: "Motion") -> "Motion":
        """The motion of these detections, and then of the rows of `other` that go beyond them."""
        rest = other[len(self.support) :]
        return Motion(np.concatenate([self.velocity, rest.velocity]), np.concatenate([self.support, rest.support]))


def pair_features(
    detections: Detections,
    pairs: Pairs,
    score_rank: FloatArray,
    frame_rate: float,
    motion: Motion,
    which: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    """The features of `PAIR_FEATURES`.

    Args:
        detections: N detections sorted by frame.
        pairs: P candidate pairs; must contain all rivals of each pair.
        score_rank: (N,) ranks of the detection scores in [0, 1].
        frame_rate: frames per second.
        motion: of the N detections; see `past_motion`.
        which: (K,) the pairs whose features are returned; by default all P.

    Returns:
        (P, F) or (K, F) float32; NaN where a detection has no predecessor to estimate motion from.
    """
    if which is not None or len(pairs) <= LARGE_BLOCK:
        return _features_of(detections, pairs, score_rank, frame_rate, motion, which)
    features = np.empty((len(pairs), len(PAIR_FEATURES)), np.float32)
    for rows in _blocks_of_rivals(detections.frame[pairs.later]):
        features[rows] = _features_of(detections, pairs[rows], score_rank, frame_rate, motion)
    return features


def _features_of(
    detections: Detections,
    pairs: Pairs,
    score_rank: FloatArray,
    frame_rate: float,
    motion: Motion,
    which: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    if loops := compiled(LOOPS, len(pairs)):
        by_loops: NDArray[np.float32] = loops.pair_features(detections, pairs, score_rank, frame_rate, motion, which)
        return by_loops
    i, j = pairs.earlier, pairs.later
    (x, y), (velocity_x, velocity_y) = detections.centre.T.astype(np.float64), motion.velocity.T
    width, height = detections.width.astype(np.float64), detections.height.astype(np.float64)
    gap = pairs.gap(detections.frame)
    mean_height = (height[i] + height[j]) / 2
    right, down = x[j] - x[i], y[j] - y[i]
    offset_x, offset_y = right / mean_height, down / mean_height
    seconds = gap / frame_rate
    distance, height_change = np.hypot(offset_x, offset_y), _relative_change(height, i, j)
    misfit = distance + np.abs(height_change)
    of_earlier, of_later = rank_among_rivals(misfit, i, gap), rank_among_rivals(misfit, j, gap)
    if which is not None:
        pairs, i, j, gap, seconds = pairs[which], i[which], j[which], gap[which], seconds[which]
        mean_height, right, down, distance = mean_height[which], right[which], down[which], distance[which]
        offset_x, offset_y, height_change = offset_x[which], offset_y[which], height_change[which]
        of_earlier, of_later = of_earlier[which], of_later[which]
    columns = {
        "size_change_w": _relative_change(width, i, j),
        "size_change_h": height_change,
        "offset_x": offset_x,
        "offset_y": offset_y,
        "velocity_x": offset_x / seconds,
        "velocity_y": offset_y / seconds,
        "gap_frames": gap,
        "gap_seconds": seconds,
        "iou": iou_pairs(detections.box[i], detections.box[j]),
        "distance": distance,
        "score_earlier": score_rank[i],
        "score_later": score_rank[j],
        "between": _best_between(detections, pairs, gap),
        "rank_later": of_earlier[:, 0],
        "margin_later": of_earlier[:, 1],
        "rivals_later": of_earlier[:, 2],
        "rank_earlier": of_later[:, 0],
        "margin_earlier": of_later[:, 1],
        "rivals_earlier": of_later[:, 2],
        "motion_residual_x": (right - velocity_x[i] * gap) / mean_height,
        "motion_residual_y": (down - velocity_y[i] * gap) / mean_height,
        "motion_support": motion.support[i],
    }
    return column_array(columns, PAIR_FEATURES)


def _relative_change(size: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """(P,) how much larger `j` is than `i`, as a share of their sum."""
    change: FloatArray = (size[j] - size[i]) / (size[i] + size[j])
    return change


def _blocks_of_rivals(later_frame: NDArray[np.int32]) -> Iterator[NDArray[np.intp]]:
    """Rows of pairs in blocks of about `LARGE_BLOCK`, each with all pairs of the later frames (P,) that it holds."""
    _, counts = np.unique(later_frame, return_counts=True)
    ends = np.cumsum(counts)
    last_of_block = np.append(np.diff(ends // LARGE_BLOCK) > 0, True)
    yield from np.split(np.argsort(later_frame, kind="stable"), ends[last_of_block][:-1])


def past_motion(detections: Detections, pairs: Pairs) -> Motion:
    """Estimate the motion of N detections from P pairs: of those that lead to a detection, the best fit at each gap."""
    i, j = pairs.earlier, pairs.later
    if loops := compiled(LOOPS, len(pairs)):
        frame, box, i, j = map(np.ascontiguousarray, (detections.frame, detections.box, i, j))
        return Motion(*loops.past_motion(frame, box, i, j, LARGEST_MISFIT))
    gap = pairs.gap(detections.frame)
    (x, y), height = detections.centre.T.astype(np.float64), detections.height.astype(np.float64)
    mean_height = (height[i] + height[j]) / 2
    misfit = np.hypot((x[j] - x[i]) / mean_height, (y[j] - y[i]) / mean_height)
    misfit += np.abs(_relative_change(height, i, j))
    near = np.flatnonzero(misfit < LARGEST_MISFIT)
    contest = contests(j[near], gap[near])
    least = np.full(contest.max(initial=-1) + 1, np.inf)
    np.minimum.at(least, contest, misfit[near])
    best = np.flatnonzero(misfit[near] == least[contest])[::-1]
    first = np.full(len(least), -1)
    first[contest[best]] = near[best]  # `best` runs backwards, so of equally good pairs the first one is left
    trusted = np.sort(first[first >= 0])
    return _past_motion((x, y), pairs[trusted], gap[trusted])


def _best_between(detections: Detections, pairs: Pairs, gap: NDArray[np.int64]) -> FloatArray:
    """(P,) how well another detection fits the straight path of a pair: 1 exactly, 0 if none is within one height."""
    best = np.zeros(len(pairs))
    frame = detections.frame.astype(np.int64)
    (x, y), height = detections.centre.T.astype(np.float64), detections.height.astype(np.float64)
    index = FrameIndex(frame, x)

    def fits_of(some: slice) -> tuple[IntArray, FloatArray]:
        rows = np.repeat(np.arange(len(gap))[some], gap[some] - 1)
        step = ranges(np.ones_like(gap[some]), gap[some])
        i, j, share = pairs.earlier[rows], pairs.later[rows], step / gap[rows]
        way_x, way_y = x[i] + (x[j] - x[i]) * share, y[i] + (y[j] - y[i]) * share
        expected = height[i] + (height[j] - height[i]) * share
        query, near = index.within(frame[i] + step, way_x, expected)
        size = expected[query]
        distance = np.hypot((x[near] - way_x[query]) / size, (y[near] - way_y[query]) / size)
        return rows[query], 1 - distance - np.abs(np.log(height[near] / size))

    for rows, fit in on_all_cores(fits_of, blocks(gap - 1)):
        np.maximum.at(best, rows, fit)
    return best


def _past_motion(place: tuple[FloatArray, FloatArray], pairs: Pairs, gap: NDArray[np.int64]) -> Motion:
    """Least-squares velocity of each detection over its trusted pairs: sum(gap * step) / sum(gap^2).

    Args:
        place: x and y (N,) of the centres.
        pairs: P trusted pairs.
        gap: (P,) of each.
    """
    i, j, count = pairs.earlier, pairs.later, len(place[0])
    weight = np.bincount(j, gap * gap, minlength=count)
    with np.errstate(invalid="ignore"):
        velocity = np.column_stack([np.bincount(j, gap * (at[j] - at[i]), minlength=count) / weight for at in place])
    return Motion(velocity, np.bincount(j, minlength=count).astype(np.float64))
