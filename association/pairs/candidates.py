"""Candidate pairs: which later detections can show the same object, by geometry alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.detectors.base.cores import on_all_cores
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.detections import Detections

IntArray = NDArray[np.int64]
BLOCK = 8192
"""Rows worked on together, few enough for their columns to stay in the processor's cache."""
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
        description="pairs further apart than this many frames are not linked; they only serve to estimate motion",
    )
    reach: float = Field(
        0.25, ge=0, le=10, description="distance in box heights allowed at any gap, for the jitter of boxes"
    )
    max_speed: float = Field(2.0, gt=0, le=100, description="distance allowed on top, in box heights per second of gap")
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
    frame, height = detections.frame.astype(np.int64), detections.height.astype(np.float64)
    centre, count = detections.centre.astype(np.float64), len(detections)
    index = FrameIndex(frame, centre[:, 0])
    tallest = (1 + np.exp(gate.max_height_change)) / 2
    gaps = np.arange(1, gate.gap_frames(frame_rate) + 1)
    first = np.searchsorted(frame, since_frame - gaps)

    def pairs_of(some: slice) -> Pairs:
        start = ranges(first[some], np.full(len(first[some]), count))
        gap = np.repeat(gaps[some], count - first[some])
        radius = gate.reach + gate.max_speed * gap / frame_rate
        radius = np.where(gap > gate.max_link_frames, np.minimum(radius, LARGEST_MISFIT), radius)
        reach = height[start] * tallest * radius
        query, later = index.within(frame[start] + gap, centre[start, 0], reach)
        earlier, gap, radius = start[query], gap[query], radius[query]
        mean_height = (height[earlier] + height[later]) / 2
        offset = centre[later] - centre[earlier]
        passes = (np.hypot(offset[:, 0], offset[:, 1]) < radius * mean_height) & (
            np.abs(np.log(height[later] / height[earlier])) < gate.max_height_change
        )
        earlier, later, gap = earlier[passes], later[passes], gap[passes]
        rank = np.argsort((gap * count + earlier) * count + later)
        return Pairs(earlier[rank], later[rank])

    parts = on_all_cores(pairs_of, blocks(count - first))
    return Pairs(np.concatenate([part.earlier for part in parts]), np.concatenate([part.later for part in parts]))


class FrameIndex:
    """Finds the detections of a frame near a horizontal position, many at once, by binary search in (frame, x) order.

    Args:
        frame: (N,) of each detection.
        x: (N,) of each detection, in pixels.
    """

    def __init__(self, frame: IntArray, x: NDArray[np.float64]) -> None:
        self._order = np.lexsort((x, frame))
        self._lowest = float(x.min(initial=0.0))
        self._span = float(x.max(initial=0.0)) - self._lowest + 1.0
        self._key = self._keys(frame[self._order], x[self._order])

    def _keys(self, frame: IntArray, x: NDArray[np.floating]) -> NDArray[np.floating]:
        keys: NDArray[np.floating] = frame * 2.0 + np.clip((x - self._lowest) / self._span, -0.25, 1.25)
        return keys

    def within(self, frame: IntArray, x: NDArray[np.float64], reach: NDArray[np.float64]) -> tuple[IntArray, IntArray]:
        """For each query k, the detections of `frame[k]` with x in `x[k] +- reach[k]`, as rows (query, detection)."""
        start = np.searchsorted(self._key, self._keys(frame, x - reach), side="left")
        stop = np.searchsorted(self._key, self._keys(frame, x + reach), side="right")
        query = np.repeat(np.arange(len(frame)), stop - start)
        return query, self._order[ranges(start, stop)]


def ranges(start: IntArray, stop: IntArray) -> IntArray:
    """The concatenation of `arange(start[k], stop[k])` over all k."""
    length = stop - start
    ends = np.cumsum(length)
    position: IntArray = np.arange(length.sum()) - np.repeat(ends - length - start, length)
    return position


def blocks(size: IntArray) -> Iterator[slice]:
    """Cut N neighbours of the sizes (N,) into slices of about `BLOCK` in all; a larger one stands alone."""
    ends = np.cumsum(size)
    cuts = np.searchsorted(ends, np.arange(BLOCK, ends[-1] if len(ends) else 0, BLOCK), side="right")
    for start, stop in pairwise(np.unique([0, *cuts, len(size)]).tolist()):
        yield slice(start, stop)
