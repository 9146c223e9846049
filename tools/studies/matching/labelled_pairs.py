"""Pairs of known identity to measure appearance on: tracklets seconds apart, and detections by frame gap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.descriptors import unit
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import mid_rank
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex

Same = NDArray[np.bool_]
CANDIDATES = 20_000
"""For each range of gaps, the maximum number of detections that are paired with all of a later frame."""

BLOCK = 4096
"""Pairs compared together, few enough for their descriptors to stay in the cache."""


class PairParameters(Parameters):
    """Which pairs of tracklets or detections are compared, in seconds and in mean box heights of the pair."""

    length_seconds: float = Field(1.0, gt=0, le=60, description="longest tracklet; longer stretches are cut evenly")
    split_seconds: float = Field(0.3, gt=0, le=60, description="a tracklet ends at a longer gap")
    min_gap_seconds: float = Field(0.3, ge=0, le=60, description="shortest time between two tracklets")
    max_gap_seconds: float = Field(5.0, gt=0, le=60, description="longest time between two tracklets or detections")
    near: bool = Field(False, description="keep only pairs that pass the gate")
    reach: float = Field(
        0.4,
        ge=0,
        le=10,
        description="largest distance of the feet of near pairs that is allowed even without motion, in heights",
    )
    max_speed: float = Field(1.6, gt=0, le=100, description="additional distance of near pairs, in heights per second")


@dataclass(frozen=True)
class LabelledTracklets:
    """Short stretches of detections of one identity each, by identity and time.

    Attributes:
        identity: (T,) the identity.
        rows: for each tracklet, ascending indices of its detections; never empty.
    """

    identity: IntArray
    rows: tuple[IntArray, ...]

    def __len__(self) -> int:
        return len(self.rows)


def cut_tracklets(
    detections: Detections, identity: IntArray, frame_rate: float, parameters: PairParameters
) -> LabelledTracklets:
    """Cut the detections of each identity at gaps, then into equal parts that are short enough.

    Args:
        detections: N detections, sorted by frame.
        identity: (N,) the identity of each one; below 0 where it is not known, which gives no tracklet.
        frame_rate: frames per second.
        parameters: lengths and gaps.
    """
    rows = np.flatnonzero(identity >= 0)
    if not len(rows):
        return LabelledTracklets(np.zeros(0, np.int64), ())
    rows = rows[np.argsort(identity[rows], kind="stable")]
    owner, frame = identity[rows], detections.frame[rows].astype(np.int64)
    begins = np.r_[True, (np.diff(owner) != 0) | (np.diff(frame) > parameters.split_seconds * frame_rate)]
    stretch = np.cumsum(begins) - 1
    first, last = frame[begins][stretch], frame[np.r_[begins[1:], True]][stretch]
    span = last - first + 1
    parts = np.ceil(span / (parameters.length_seconds * frame_rate)).astype(np.int64)
    part = (frame - first) * parts // span
    cuts = np.flatnonzero((np.diff(stretch) != 0) | (np.diff(part) != 0)) + 1
    return LabelledTracklets(owner[np.r_[0, cuts]], tuple(np.split(rows, cuts)))


def tracklet_pairs(
    detections: Detections, tracklets: LabelledTracklets, frame_rate: float, parameters: PairParameters
) -> tuple[Pairs, Same]:
    """All pairs of tracklets of which the later begins within the range of gaps after the end of the earlier.

    Returns:
        P pairs of indices into `tracklets`, and (P,) whether both are one identity.
    """
    begin, end = (np.array([rows[place] for rows in tracklets.rows], np.int64) for place in (0, -1))
    shortest = max(1, int(np.ceil(parameters.min_gap_seconds * frame_rate)))
    gaps = np.arange(shortest, int(parameters.max_gap_seconds * frame_rate) + 1)
    frames = (detections.frame[end].astype(np.int64)[:, None] + gaps).ravel()
    row, later = _in_frames(detections.frame[begin], frames)
    pairs = Pairs(row // max(1, len(gaps)), later)
    if parameters.near:
        pairs = pairs[_is_near(detections, end[pairs.earlier], begin[pairs.later], frame_rate, parameters)]
    return pairs, tracklets.identity[pairs.earlier] == tracklets.identity[pairs.later]


def spread_crops(
    detections: Detections, rows: IntArray, count: int, sharpness: NDArray[np.floating] | None = None
) -> IntArray:
    """The best few detections of a tracklet to describe its appearance, spread over its time.

    Each of `count` equal stretches gives the detection with the highest sum of ranks, within the tracklet, of score,
    height and sharpness, if known.

    Args:
        detections: N detections.
        rows: the tracklet's detections, ascending indices.
        count: how many; all if the tracklet has no more.
        sharpness: (N,) of each detection's image, in any unit.
    """
    if len(rows) <= count:
        return rows
    measures = [detections.score, detections.height] + ([] if sharpness is None else [sharpness])
    quality = np.sum([mid_rank(np.sort(measure[rows]), measure[rows]) for measure in measures], axis=0)
    stretches = np.array_split(np.arange(len(rows)), count)
    return rows[[stretch[np.argmax(quality[stretch])] for stretch in stretches]]


def pooled_cosine(descriptor: NDArray[np.floating], crops: Sequence[IntArray], pairs: Pairs) -> NDArray[np.float32]:
    """Similarity of two tracklets: the cosine between the means of the unit descriptors of their chosen crops.

    Args:
        descriptor: (N, D) of the detections; only the rows of chosen crops are used.
        crops: for each of T tracklets, the rows chosen of it, as by `spread_crops`; at least one.
        pairs: P pairs of tracklets.

    Returns:
        (P,) in [-1, 1].
    """
    if not len(pairs):
        return np.zeros(0, np.float32)
    sizes = np.array([len(rows) for rows in crops])
    chosen = unit(descriptor[np.concatenate(crops)].astype(np.float32))
    pooled = unit(np.add.reduceat(chosen, np.cumsum(sizes) - sizes))
    blocks = np.split(np.arange(len(pairs)), range(BLOCK, len(pairs), BLOCK))
    return np.concatenate(
        [np.einsum("pd,pd->p", pooled[pairs.earlier[block]], pooled[pairs.later[block]]) for block in blocks]
    )


@dataclass(frozen=True)
class GapPairs:
    """Pairs of detections some frames apart.

    Attributes:
        first_gap: least gap in frames.
        last_gap: greatest gap in frames.
        pairs: P pairs of detections.
        same: (P,) whether both are one identity.
    """

    first_gap: int
    last_gap: int
    pairs: Pairs
    same: Same


def pairs_by_gap(
    detections: Detections,
    identity: IntArray,
    frame_rate: float,
    parameters: PairParameters,
    count: int,
    random: np.random.Generator,
) -> Iterator[GapPairs]:
    """Draw pairs of detections at gaps of 1, 2-3, 4-7, 8-15, ... frames up to `max_gap_seconds`.

    Args:
        detections: N detections of one sequence.
        identity: (N,) the identity of each one; below 0 where it is not known: such detections are in no pair.
        frame_rate: frames per second.
        parameters: the longest gap, and whether pairs must be near.
        count: for each range of gaps, the maximum number of pairs of one identity, and of two.
        random: the generator of all random choices.
    """
    longest = int(parameters.max_gap_seconds * frame_rate)
    known = np.flatnonzero(identity >= 0)
    frame = detections.frame[known].astype(np.int64)
    first = 1
    while first <= longest:
        last = min(2 * first - 1, longest)
        width = last - first + 1
        chosen = random.permutation(len(known) * width)[:CANDIDATES]
        row, later = _in_frames(frame, frame[chosen // width] + first + chosen % width)
        pairs = Pairs(known[chosen // width][row], known[later])
        if parameters.near:
            pairs = pairs[_is_near(detections, pairs.earlier, pairs.later, frame_rate, parameters)]
        same = identity[pairs.earlier] == identity[pairs.later]
        chosen_pairs = np.concatenate(
            [random.permutation(np.flatnonzero(same == kind))[:count] for kind in (True, False)]
        )
        yield GapPairs(first, last, pairs[chosen_pairs], same[chosen_pairs])
        first *= 2


def _in_frames(frame: NDArray[np.integer], queries: IntArray) -> tuple[IntArray, IntArray]:
    """The detections in each of the frames `queries`, as (index into `queries`, index into `frame`)."""
    index = FrameIndex(frame.astype(np.int64), np.zeros(len(frame)))
    return index.within(queries, np.zeros(len(queries)), np.zeros(len(queries)))


def _is_near(
    detections: Detections, earlier: IntArray, later: IntArray, frame_rate: float, parameters: PairParameters
) -> Same:
    """Whether pairs pass the gate: a limit on the distance of the feet, which grows with the time between them."""
    box, height = detections.box.astype(np.float64), detections.height.astype(np.float64)
    foot = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]])
    offset = foot[later] - foot[earlier]
    seconds = (detections.frame[later].astype(np.int64) - detections.frame[earlier]) / frame_rate
    reach = (parameters.reach + parameters.max_speed * seconds) * (height[earlier] + height[later]) / 2
    return np.hypot(offset[:, 0], offset[:, 1]) < reach
