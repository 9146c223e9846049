"""Which boxes belong to other tracks."""

import numpy as np

from siamlink.detectors.base.arrays import Boxes
from siamlink.detectors.boxes import iou_matrix
from siamlink.tracker.tracks import Tracks

SAME = 0.5
"""IoU from which on two boxes show the same object."""


def is_same(box: Boxes, others: Boxes) -> bool:
    """Whether a box (4,) shows the object of any of others (N, 4)."""
    return bool(len(others) and iou_matrix(np.asarray(box, np.float32)[None], others).max() >= SAME)


class Occupied:
    """The boxes of tracks, by frame.

    Args:
        tracks: all of them.
    """

    def __init__(self, tracks: Tracks) -> None:
        self._boxes = {frame: (boxes.track_id, boxes.box) for frame, boxes in tracks.by_frame()}

    def by_other(self, frame: int, track_id: int, box: Boxes) -> bool:
        """Whether a box (4,) of a track shows the object of another track in a frame."""
        ids, boxes = self._boxes.get(frame, _NONE)
        return is_same(box, boxes[ids != track_id])

    def add(self, frame: int, track_id: int, box: Boxes) -> None:
        """Take in another box (4,) of a track."""
        ids, boxes = self._boxes.get(frame, _NONE)
        self._boxes[frame] = np.append(ids, np.int32(track_id)), np.vstack([boxes, np.asarray(box, np.float32)[None]])


_NONE = (np.zeros(0, np.int32), np.zeros((0, 4), np.float32))
