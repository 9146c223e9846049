"""Candidate pairs: which later detections can show the same object, by geometry alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.base.threads import on_all_cores
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex, blocks, ranges

LOOPS = "siamlink.association.pairs.loops"
LARGEST_MISFIT = 0.5
"""Largest misfit of a pair from which motion is estimated: distance in box heights plus relative change of height."""


class GateParameters(Parameters):
    """Limits that two detections must satisfy to be a candidate pair. Lengths are in mean box heights of the pair."""

    max_gap_seconds: float = Field(1.0, gt=0, le=60, description="longest time in seconds between linked detections")
    min_gap_frames: int = Field(
        3, ge=1, le=100, description="gaps of up to this many frames are allowed at any frame rate"
    )
    max_gap_frames: int = Field(16, ge=1, le=1000, description="longest gap in frames, whatever max_gap_seconds allows")
    max_link_frames: int = Field(
        1000,
        ge=1,
        le=1000,
        description="pairs further apart than this many frames are not linked and only serve to estimate motion; at "
        "the default no pair is excluded",
    )
    reach: float = Field(
        0.25,
        ge=0,
        le=10,
        description="largest distance in box heights that is allowed even without motion, for the jitter of boxes",
    )
    max_speed: float = Field(
        2.0, gt=0, le=100, description="additional distance allowed, in box heights per second of gap"
    )
    max_height_change: float = Field(
        0.4, gt=0, le=3, description="largest absolute natural logarithm of the ratio of the two heights"
    )

    def gap_frames(self, frame_rate: float) -> int:
        """The longest gap in frames at a frame rate in frames per second."""
        return min(self.max_gap_frames, max(self.min_gap_frames, round(self.max_gap_seconds * frame_rate)))


@dataclass(frozen=True)
class Pairs:
    """P candidate pairs as rows of detections: `later[k]` may follow `earlier[k]`; both are (P,) int64."""

    earlier: IntArray
    later: IntArray

    def __len__(self) -> int:
        return len(self.earlier)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Pairs":
        return Pairs(self.earlier[rows], self.later[rows])

    def gap(self, frame: NDArray[np.int32]) -> IntArray:
        """(P,) frames between the two detections of each pair; `frame` (N,) is that of each detection."""
        gap: IntArray = (frame[self.later] - frame[self.earlier]).astype(np.int64)
        return gap

    def followed_by(self, other: "Pairs") -> "Pairs":
        """These pairs, then the other ones."""
        return Pairs(np.append(self.earlier, other.earlier), np.append(self.later, other.later))


def candidate_pairs(detections: Detections, frame_rate: float, gate: GateParameters, since_frame: int = 1) -> Pairs:
    """All pairs of detections that pass the gate, ordered by gap and then by the earlier detection.

    Pairs further apart than `max_link_frames` are only those that fit well enough to estimate motion.

    Args:
        detections: N detections sorted by frame.
        frame_rate: frames per second.
        gate: what a pair must satisfy.
        since_frame: only pairs whose later detection is in this frame or a later one.
    """
    if not len(detections):
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    gaps = np.arange(1, gate.gap_frames(frame_rate) + 1)
    tallest = (1 + np.exp(gate.max_height_change)) / 2
    if loops := compiled(LOOPS, len(detections)):
        frame, box = np.ascontiguousarray(detections.frame), np.ascontiguousarray(detections.box)
        earlier, later, ratio = loops.near_pairs(frame, box, since_frame, _radius(gaps, frame_rate, gate), tallest)
        return Pairs(earlier, later)[np.abs(np.log(ratio)) < gate.max_height_change]
    frame, height = detections.frame.astype(np.int64), detections.height.astype(np.float64)
    (x, y), count = detections.centre.T.astype(np.float64), len(detections)
    index = FrameIndex(frame, x)
    first = np.searchsorted(frame, since_frame - gaps)

    def pairs_of(some: slice) -> Pairs:
        start = ranges(first[some], np.full(len(first[some]), count))
        gap = np.repeat(gaps[some], count - first[some])
        radius = _radius(gap, frame_rate, gate)
        reach = height[start] * tallest * radius
        query, later = index.within(frame[start] + gap, x[start], reach)
        earlier = start[query]
        furthest, down = radius[query] * ((height[earlier] + height[later]) / 2), y[later] - y[earlier]
        near = np.flatnonzero(np.abs(down) <= furthest)  # most are not, and the rest takes longer
        earlier, later, query = earlier[near], later[near], query[near]
        passes = np.flatnonzero(
            (np.hypot(x[later] - x[earlier], down[near]) < furthest[near])
            & (np.abs(np.log(height[later] / height[earlier])) < gate.max_height_change)
        )
        earlier, later = earlier[passes], later[passes]
        rank = np.argsort((gap[query[passes]] * count + earlier) * count + later, kind="stable")
        return Pairs(earlier[rank], later[rank])

    parts = on_all_cores(pairs_of, blocks(count - first))
    return Pairs(np.concatenate([part.earlier for part in parts]), np.concatenate([part.later for part in parts]))


def _radius(gap: IntArray, frame_rate: float, gate: GateParameters) -> FloatArray:
    """(K,) the distance that is allowed at gaps (K,) in frames, in mean box heights."""
    radius = gate.reach + gate.max_speed * gap / frame_rate
    return np.where(gap > gate.max_link_frames, np.minimum(radius, LARGEST_MISFIT), radius)
