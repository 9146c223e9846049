"""The detections that end in no track, and why."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex

IN_TRACK, DUPLICATE, FALSE_ALARM, SHORT_TRACK, UNCONFIRMED, CORRECTION = range(6)
REASONS = {
    DUPLICATE: "duplicate",
    FALSE_ALARM: "false_alarm",
    SHORT_TRACK: "short_track",
    UNCONFIRMED: "unconfirmed",
    CORRECTION: "correction",
}
"""Names of the reasons: there is a better detection of the same object in the frame; it is probably a false alarm; its
track has too few detections; online: there is not enough evidence yet that its track is one of an object; a
correction says that it is a false alarm."""
DUPLICATE_IOU = 0.5
Reasons = NDArray[np.uint8]


class LeftOut(NamedTuple):
    """Detections that are in no track.

    Attributes:
        detections: N of them.
        reason: (N,) as `REASONS` names them.
    """

    detections: Detections
    reason: Reasons

    def where(self, selected: BoolArray) -> "LeftOut":
        """Those that are selected, (N,)."""
        return LeftOut(self.detections[selected], self.reason[selected])

    @classmethod
    def none(cls) -> "LeftOut":
        """No detections."""
        return cls(Detections.empty(), np.zeros(0, np.uint8))

    @classmethod
    def joined(cls, parts: list["LeftOut"]) -> "LeftOut":
        """All of several, sorted by frame."""
        if len(parts) < 2:
            return parts[0] if parts else cls.none()
        frame = np.concatenate([part.detections.frame for part in parts])
        reason = np.concatenate([part.reason for part in parts])[np.argsort(frame, kind="stable")]
        return cls(Detections.concatenate([part.detections for part in parts]), reason)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are by each reason that occurs."""
        number = np.bincount(self.reason, minlength=len(REASONS) + 1)
        return {name: int(number[reason]) for reason, name in REASONS.items() if number[reason]}


def without_reason(detections: Detections, in_track: NDArray[np.bool_]) -> Reasons:
    """(N,) why detections are left out of whose tracks nothing is known but which detections are in one (N,).

    A detection is a duplicate if one of its frame and class that is in a track overlaps it by `DUPLICATE_IOU`, else
    probably a false alarm.
    """
    reason = np.where(in_track, IN_TRACK, FALSE_ALARM).astype(np.uint8)
    if in_track.all():
        return reason
    out, tracked = np.flatnonzero(~in_track), np.flatnonzero(in_track)
    centre, width = detections.centre[:, 0].astype(np.float64), detections.width.astype(np.float64)
    index = FrameIndex(detections.frame[tracked], centre[tracked])
    query, found = index.within(detections.frame[out], centre[out], width[out] / DUPLICATE_IOU)
    left, other = out[query], tracked[found]
    same = detections.label[left] == detections.label[other]
    twice = same & (iou_pairs(detections.box[left], detections.box[other]) >= DUPLICATE_IOU)
    reason[left[twice]] = DUPLICATE
    return reason


class LeftOutCollector:
    """Collects what a tracker leaves out until it is taken.

    Args:
        collects: without it, nothing is kept.
    """

    def __init__(self, collects: bool) -> None:
        self._collects, self._parts = collects, list[LeftOut]()

    def add(self, detections: Detections, reason: Reasons | int) -> None:
        """Add those of N detections whose reason, (N,) or one for all, is not `IN_TRACK`."""
        if self._collects and len(detections):
            reasons = np.full(len(detections), reason, np.uint8)
            out = reasons != IN_TRACK
            if out.any():
                self._parts.append(LeftOut(detections[out], reasons[out]))

    def take(self) -> LeftOut:
        """Those added since the last call, sorted by frame."""
        parts, self._parts = self._parts, []
        return LeftOut.joined(parts)
