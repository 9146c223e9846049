"""Of detections of one person in a frame, the best."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import FrameIndex, IntArray, blocks
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections


def suppress_overlaps(detections: Detections, overlap_limit: float) -> Detections:
    """Keep the best of the detections that overlap one another in a frame."""
    return detections[best_of_overlaps(detections, overlap_limit)]


def best_of_overlaps(detections: Detections, overlap_limit: float) -> NDArray[np.bool_]:
    """(N,) which detections are kept, as `suppress_non_maxima` says it of each frame."""
    kept = np.ones(len(detections), bool)
    one, other = _overlapping(detections, overlap_limit)
    place = np.empty(len(detections), np.int64)
    place[np.argsort(-detections.score, kind="stable")] = np.arange(len(detections))
    ahead = place[one] < place[other]
    better, worse = np.where(ahead, one, other), np.where(ahead, other, one)
    best_first = np.argsort(place[better], kind="stable")
    for winner, loser in zip(better[best_first].tolist(), worse[best_first].tolist(), strict=True):
        if kept[winner]:
            kept[loser] = False
    return kept


def _overlapping(detections: Detections, overlap_limit: float) -> tuple[IntArray, IntArray]:
    """The pairs of detections of a frame that overlap by more than the limit.

    Two boxes do so only if neither is wider than the other by more than 1 / limit, so their centres lie that close.
    """
    if not len(detections):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    frame, centre = detections.frame.astype(np.int64), detections.centre[:, 0].astype(np.float64)
    reach = detections.width.astype(np.float64) / (2 * overlap_limit)
    index, found = FrameIndex(frame, centre), []
    per_frame = np.unique_counts(frame).counts
    for some in blocks(np.repeat(per_frame, per_frame)):
        question, other = index.within(frame[some], centre[some], reach[some])
        one = question + some.start
        one, other = one[one < other], other[one < other]
        overlaps = iou_pairs(detections.box[one], detections.box[other]) > overlap_limit
        found.append((one[overlaps], other[overlaps]))
    one, other = map(np.concatenate, zip(*found, strict=True))
    return one, other
