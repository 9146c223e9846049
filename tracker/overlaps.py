"""Of detections of one person in a frame, the best."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.candidates import FrameIndex, blocks
from siamlink.detectors.boxes import iou_pairs, suppress_non_maxima
from siamlink.detectors.detections import Detections


def suppress_overlaps(detections: Detections, overlap_limit: float) -> Detections:
    """Keep the best of the detections that overlap one another in a frame."""
    return detections[best_of_overlaps(detections, overlap_limit)]


def best_of_overlaps(detections: Detections, overlap_limit: float) -> NDArray[np.bool_]:
    """(N,) which detections are kept, as `suppress_non_maxima` says it of each frame."""
    kept = np.ones(len(detections), bool)
    for frame in _frames_with_overlaps(detections, overlap_limit):
        start, stop = np.searchsorted(detections.frame, [frame, frame + 1])
        part = detections[start:stop]
        kept[start:stop] = False
        kept[start + suppress_non_maxima(part.box, part.score, overlap_limit)] = True
    return kept


def _frames_with_overlaps(detections: Detections, overlap_limit: float) -> NDArray[np.int64]:
    """The frames in which two detections overlap by more than the limit.

    Two boxes do so only if neither is wider than the other by more than 1 / limit, so their centres lie that close.
    """
    if not len(detections):
        return np.zeros(0, np.int64)
    frame, centre = detections.frame.astype(np.int64), detections.centre[:, 0].astype(np.float64)
    reach = detections.width / (2 * overlap_limit)
    index, found = FrameIndex(frame, centre), []
    per_frame = np.unique_counts(frame).counts
    for some in blocks(np.repeat(per_frame, per_frame)):
        question, other = index.within(frame[some], centre[some], reach[some])
        one = question + some.start
        one, other = one[one < other], other[one < other]
        overlap = iou_pairs(detections.box[one], detections.box[other])
        found.append(frame[one[overlap > overlap_limit]])
    return np.unique(np.concatenate(found))
