"""Two tracklets of one object that overlap in time: the detector saw it twice where one gives way to the other.

Tracklets that overlap in time are never linked. So the few frames that they share are given to one of them.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.solvers import number_in_order
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class HandoverParameters(Parameters):
    """When the end of one tracklet and the beginning of another are one object."""

    longest_seconds: float = Field(
        0.2, ge=0, le=10, description="time that both may share, one frame at least; 0: none is shared out"
    )
    smallest_overlap: float = Field(
        0.15, gt=0, le=1, description="IoU of the earlier one's last box with the later one's first"
    )


def trim_overlaps(
    detections: Detections,
    track_id: NDArray[np.int32],
    probability: FloatArray,
    frame_rate: float,
    fixed: NDArray[np.bool_],
    parameters: HandoverParameters,
) -> NDArray[np.int32]:
    """Leave out detections of tracklets, so that those that are likely one object do not overlap in time.

    Of each two, the detections of one in the frames that both share are left out: those less likely to be a person. A
    tracklet is never left out as a whole.

    Args:
        detections: N detections sorted by frame.
        track_id: (N,) their tracklets, from 1; 0 for none.
        probability: (N,) of each detection to be a person.
        frame_rate: frames a second.
        fixed: (N,) detections that are not left out.
        parameters: when.

    Returns:
        (N,) the tracklets, numbered from 1 in the order of their first detections; 0 for what is left out as well.
    """
    rows = np.flatnonzero(track_id > 0)
    if not len(rows):
        return track_id
    rows = rows[np.argsort(track_id[rows], kind="stable")]
    start = np.flatnonzero(np.r_[True, np.diff(track_id[rows]) != 0])
    members = np.split(rows, start[1:])
    shared = max(1, round(parameters.longest_seconds * frame_rate)) if parameters.longest_seconds else 0
    kept = track_id.copy()
    first, last = rows[start], rows[np.r_[start[1:], len(rows)] - 1]
    for earlier, later in _likely_one(detections, first, last, shared, parameters):
        one, other = members[earlier], members[later]
        ends = one[detections.frame[one] >= detections.frame[other[0]]]
        begins = other[detections.frame[other] <= detections.frame[one[-1]]]
        choices = [
            part
            for part, whole in ((ends, one), (begins, other))
            if len(part) < np.count_nonzero(kept[whole]) and not fixed[part].any()
        ]
        if choices:
            kept[min(choices, key=lambda part: float(probability[part].mean()))] = 0
    return number_in_order(kept)


def _likely_one(
    detections: Detections, first: IntArray, last: IntArray, shared: int, parameters: HandoverParameters
) -> list[tuple[int, int]]:
    """Tracklets of which one gives way to the other, each once a side, by their first and last detections (T,)."""
    begin, end = detections.frame[first].astype(np.int64), detections.frame[last].astype(np.int64)
    by_end = np.argsort(end, kind="stable")
    low, high = (np.searchsorted(end[by_end], begin + offset) for offset in (0, shared))
    later = np.repeat(np.arange(len(first)), high - low)
    earlier = by_end[np.arange(len(later)) - np.repeat(np.cumsum(high - low) - high, high - low)]
    pairs = Pairs(earlier, later)[(begin[earlier] < begin[later]) & (end[earlier] < end[later])]
    overlap = iou_pairs(detections.box[last[pairs.earlier]], detections.box[first[pairs.later]])
    best = np.argsort(-overlap, kind="stable")[: np.count_nonzero(overlap >= parameters.smallest_overlap)]
    chosen: list[tuple[int, int]] = []
    given: set[int] = set()
    taken: set[int] = set()
    for one, other in zip(pairs.earlier[best].tolist(), pairs.later[best].tolist(), strict=True):
        if one not in given and other not in taken:
            given.add(one)
            taken.add(other)
            chosen.append((one, other))
    return chosen
