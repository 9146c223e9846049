"""Candidate pairs of tracklets: which later tracklets can show the same object, by geometry alone."""

from typing import Annotated

import numpy as np
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.rivals import rank_among_rivals
from siamlink.association.tracklets.tracklets import TrackletEnd, Tracklets
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.parameters import Parameters, Tunable, renamed
from siamlink.detectors.frame_index import blocks, ranges

LOOPS = "siamlink.association.tracklets.loops"
ROUNDED_UP = 1 + 1e-9
"""Factor on a bound that shall hold whatever the rounding."""


class TrackletGateParameters(Parameters):
    """Limits that a candidate pair of tracklets must satisfy. Lengths are in mean box heights of the two ends."""

    max_gap_seconds: Annotated[float, Tunable(0.5, 6, log=True)] = Field(
        2.5, gt=0, le=60, description="longest time in seconds between linked tracklets"
    )
    reach: Annotated[float, Tunable(0.1, 2, log=True)] = Field(
        0.5,
        ge=0,
        le=10,
        description="largest distance in box heights that is allowed even without motion, for the jitter of boxes",
    )
    max_speed: Annotated[float, Tunable(0.4, 6, log=True)] = Field(
        1.6, gt=0, le=100, description="additional distance allowed, in box heights per second of gap"
    )
    max_height_change: Annotated[float, Tunable(0.2, 1)] = Field(
        0.5, gt=0, le=3, description="largest absolute natural logarithm of the ratio of the two heights"
    )
    max_candidates: int = Field(
        50,
        ge=1,
        le=10_000,
        description="maximum number of candidate pairs per end of a tracklet; the nearest for their gap are kept",
        json_schema_extra=renamed(former_name="most_candidates"),
    )


def candidate_tracklet_pairs(
    tracklets: Tracklets,
    gate: TrackletGateParameters,
    earlier: IntArray | None = None,
    later: IntArray | None = None,
) -> Pairs:
    """All pairs of tracklets that follow one another and pass the gate, ordered by the earlier one, then the later one.

    Args:
        tracklets: T tracklets in order of their first frames.
        gate: what a pair must satisfy.
        earlier: (E,) the earlier one is one of these, ascending; by default any.
        later: (L,) the later one is one of these, ascending; by default any.
    """
    first, last, rate = tracklets.first, tracklets.last, tracklets.frame_rate
    longest, everyone = gate.max_gap_seconds * rate, np.arange(len(tracklets))
    begins, ends = everyone if later is None else later, everyone if earlier is None else earlier
    start = np.searchsorted(first.frame[begins], last.frame[ends], side="right")
    stop = np.searchsorted(first.frame[begins], last.frame[ends] + longest, side="right")
    begin, end = outermost(tracklets, first), outermost(tracklets, last)
    if loops := compiled(LOOPS, len(start)):
        allowed = gate.reach + gate.max_speed * (np.arange(int(longest) + 1) / rate)
        limits = start, stop, allowed, float(np.exp(gate.max_height_change))
        i, j, distance = loops.near_pairs(end.take(ends, axis=1), begin.take(begins, axis=1), *limits)
        i, j = ends[i], begins[j]
        alike = np.abs(np.log(first.height[j] / last.height[i])) < gate.max_height_change
        return _nearest(Pairs(i[alike], j[alike]), distance[alike], gate.max_candidates)
    (_, begin_x, begin_y, _), (_, end_x, end_y, _) = begin, end
    parts, distances = [], []
    for some in blocks(stop - start):
        j = begins[ranges(start[some], stop[some])]
        i = np.repeat(ends[some], stop[some] - start[some])
        allowed = gate.reach + gate.max_speed * ((first.frame[j] - last.frame[i]) / rate)
        height, right = (last.height[i] + first.height[j]) / 2, begin_x[j] - end_x[i]
        near = np.flatnonzero(np.abs(right) < ROUNDED_UP * allowed * height)  # most are not; the rest takes longer
        i, j, allowed = i[near], j[near], allowed[near]
        distance = np.hypot(right[near], begin_y[j] - end_y[i]) / height[near]
        change = np.abs(np.log(first.height[j] / last.height[i]))
        passes = (distance < allowed) & (change < gate.max_height_change)
        parts.append(Pairs(i[passes], j[passes]))
        distances.append((distance / allowed)[passes])
    if not parts:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    pairs = Pairs(*(np.concatenate([getattr(part, side) for part in parts]) for side in ("earlier", "later")))
    return _nearest(pairs, np.concatenate(distances), gate.max_candidates)


def outermost(tracklets: Tracklets, end: TrackletEnd) -> FloatArray:
    """(4, T) the frames of the ends of tracklets, x and y of the centres of their outermost boxes, and the heights."""
    box = tracklets.detections.box[end.row]
    table = np.empty((4, len(end.frame)))
    table[0], table[3] = end.frame, end.height
    table[1:3] = ((box[:, :2] + box[:, 2:]) * np.float32(0.5)).T
    return table


def _nearest(pairs: Pairs, distance: FloatArray, most: int) -> Pairs:
    """The pairs that are among the `most` nearest of both their tracklets, by their distances (P,)."""
    if len(pairs) <= most:
        return pairs
    near, loops = np.ones(len(pairs), bool), compiled(LOOPS, len(pairs))
    for side in (pairs.earlier, pairs.later):
        if loops:
            near &= loops.nearest(side, distance, int(side.max()) + 1, most)
            continue
        crowded = np.flatnonzero(np.bincount(side)[side] > most)
        near[crowded] &= rank_of_tracklet(distance[crowded], side[crowded])[:, 0] < most
    return pairs[near]


def rank_of_tracklet(misfit: FloatArray, owner: IntArray) -> FloatArray:
    """(P, 3) `rank_among_rivals` among all pairs of the same tracklet (P,), at whatever gap."""
    return rank_among_rivals(misfit, owner, np.zeros(len(owner), np.int64))
