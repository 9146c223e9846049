"""Two tracklets of one object that overlap in time, because the detector found it twice in a few frames.

Tracklets that overlap in time cannot be linked. So the detections of one of them are removed from these frames.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.classes import UNKNOWN_CLASSES, ClassEvidence
from siamlink.association.solvers.problem import number_in_order
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.parameters import Parameters, renamed
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections

LOOPS = "siamlink.association.tracklets.summary_loops"
Overlapping = tuple[IntArray, IntArray, FloatArray]
"""(P,) earlier and (P,) later tracklets, counted from 0, and the IoU (P,) of their boxes between."""


class TrimParameters(Parameters):
    """When the end of one tracklet and the beginning of another are taken for one object, and trimmed."""

    max_seconds: float = Field(
        0.2,
        ge=0,
        le=10,
        description="longest overlap in seconds that is trimmed, at least one frame; 0 trims none",
        json_schema_extra=renamed(former_name="longest_seconds"),
    )
    min_iou: float = Field(
        0.15,
        gt=0,
        le=1,
        description="smallest IoU of the last box of the earlier tracklet with the first box of the later tracklet, "
        "for the overlap in time to be trimmed",
        json_schema_extra=renamed(former_name="smallest_overlap"),
    )


def trim_overlaps(
    detections: Detections,
    track_id: NDArray[np.int32],
    probability: FloatArray,
    frame_rate: float,
    fixed: NDArray[np.bool_],
    parameters: TrimParameters,
    classes: ClassEvidence = UNKNOWN_CLASSES,
) -> NDArray[np.int32]:
    """Remove detections from tracklets so that two that are likely one object do not overlap in time.

    Of the detections of each two in their common frames, those of the tracklet with the lower mean probability are
    removed. A tracklet is never removed as a whole.

    Args:
        detections: N detections sorted by frame.
        track_id: (N,) their tracklets, from 1 in the order of their first detections; 0 for none.
        probability: (N,) that each detection shows an object.
        frame_rate: frames per second.
        fixed: (N,) detections that may not be removed.
        parameters: which two are taken for one object.
        classes: evidence for two classes being one object.

    Returns:
        (N,) the tracklets, numbered from 1 in the order of their first detections; 0 for none.
    """
    most_frames = max(1, round(parameters.max_seconds * frame_rate)) if parameters.max_seconds else 0
    found: Overlapping | None = None
    if loops := compiled(LOOPS, len(track_id)):
        columns = np.ascontiguousarray(detections.frame), np.ascontiguousarray(detections.box)
        ids = track_id.astype(np.int64), int(track_id.max(initial=0))
        found = loops.overlapping_pairs(*columns, *ids, most_frames, parameters.min_iou)
        if not len(found[0]):
            by_loops: NDArray[np.int32] = loops.number_in_order(*ids)
            return by_loops
    rows = np.flatnonzero(track_id > 0)
    if not len(rows):
        return track_id
    rows = rows[np.argsort(track_id[rows], kind="stable")]
    start = np.flatnonzero(np.r_[True, np.diff(track_id[rows]) != 0])
    first, last = rows[start], rows[np.r_[start[1:], len(rows)] - 1]
    if found is None:
        found = _overlapping_pairs(detections, first, last, most_frames, parameters.min_iou)
    overlapping = _chosen_pairs(detections, first, last, found, classes)
    trimmed, stop = track_id.copy(), np.append(start[1:], len(rows))
    frame, fixed_before, left = detections.frame[rows], np.append(0, np.cumsum(fixed[rows])), stop - start
    for one, other in overlapping:
        begin, end = start[other], stop[one]
        common = (
            (one, start[one] + frame[start[one] : end].searchsorted(frame[begin]), end),
            (other, begin, begin + frame[begin : stop[other]].searchsorted(frame[end - 1], "right")),
        )
        choices = [
            (each, rows[low:high])
            for each, low, high in common
            if high - low < left[each] and fixed_before[low] == fixed_before[high]
        ]
        if len(choices) > 1:
            choices.sort(key=lambda choice: float(probability[choice[1]].sum() / len(choice[1])))
        if choices:
            each, part = choices[0]
            trimmed[part] = 0
            left[each] = np.count_nonzero(trimmed[rows[start[each] : stop[each]]])
    return number_in_order(trimmed)


def _overlapping_pairs(
    detections: Detections, first: IntArray, last: IntArray, most_frames: int, smallest_iou: float
) -> Overlapping:
    """Pairs of tracklets, earlier and later, that may be one object, and their IoU.

    Args:
        detections: N detections.
        first: (T,) the first detection of each tracklet.
        last: (T,) the last one.
        most_frames: longest overlap in time.
        smallest_iou: of the last box of the earlier one with the first box of the later one.
    """
    begin, end = detections.frame[first].astype(np.int64), detections.frame[last].astype(np.int64)
    by_end = np.argsort(end, kind="stable")
    low, high = (np.searchsorted(end[by_end], begin + offset) for offset in (0, most_frames))
    later = np.repeat(np.arange(len(first)), high - low)
    earlier = by_end[np.arange(len(later)) - np.repeat(np.cumsum(high - low) - high, high - low)]
    rows = np.flatnonzero((begin[earlier] < begin[later]) & (end[earlier] < end[later]))
    earlier, later = earlier[rows], later[rows]
    overlap = iou_pairs(detections.box[last[earlier]], detections.box[first[later]])
    likely = overlap >= smallest_iou
    return earlier[likely], later[likely], overlap[likely]


def _chosen_pairs(
    detections: Detections, first: IntArray, last: IntArray, found: Overlapping, classes: ClassEvidence
) -> list[tuple[int, int]]:
    """Those of the pairs that are likely one object: the largest overlaps first, of equal ones the first to begin.

    Each tracklet is at most once the earlier one and at most once the later one.

    Args:
        detections: N detections.
        first: (T,) the first detection of each tracklet.
        last: (T,) the last one.
        found: the pairs, earlier and later, and their IoU.
        classes: evidence for two classes being one object.
    """
    earlier, later, overlap = found
    likely = classes.confused(Pairs(last[earlier], first[later]), detections.label)
    earlier, later, overlap = earlier[likely], later[likely], overlap[likely]
    best = np.lexsort((earlier, detections.frame[last[earlier]], later, -overlap))
    chosen: dict[int, int] = {}
    later_ones: set[int] = set()
    for one, other in zip(earlier[best].tolist(), later[best].tolist(), strict=True):
        if one not in chosen and other not in later_ones:
            chosen[one] = other
            later_ones.add(other)
    return list(chosen.items())
