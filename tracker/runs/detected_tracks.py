"""The detections that the boxes of earlier tracks were made from."""

import numpy as np

from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.boxes import SAME_BOX, iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.earlier_tracks import EarlierTracks, not_detected

LEAST_OVERLAP = 0.3
"""Least IoU of a detection with its own box in the tracks, which may have been smoothed."""
SCORE_DIGITS = 1e-5
"""Relative difference of scores below which six digits are equal."""
DUPLICATE_IOU = 0.5
"""IoU from which a detection that is in no track shows the same as one that is a false alarm."""


class DetectedTracks:
    """Finds the detection of a box: of the same score, and each the other's best overlap.

    Args:
        tracks: the earlier tracks.
        detections: N of them, sorted by frame.
    """

    def __init__(self, tracks: EarlierTracks, detections: Detections) -> None:
        self._tracks, self._detections = tracks, detections
        self._found: dict[int, IntArray] = {}
        self._rows: dict[int, dict[int, int]] = {}

    def rows(self, number: int) -> dict[int, int]:
        """The detection of each box of a track that was made from one, by frame, ascending.

        Raises:
            ConstraintError: there is no such track, or none of its boxes was made from these detections.
        """
        if number not in self._rows:
            rows = ((frame, self._row(frame, number)) for frame in self._tracks.frames(number))
            self._rows[number] = {frame: row for frame, row in rows if row >= 0}
        if not self._rows[number]:
            raise ConstraintError(
                f"id {number} of {self._tracks.name} has no box among the detections: these are others"
            )
        return self._rows[number]

    def row(self, frame: int, number: int) -> int:
        """The detection of one box.

        Raises:
            ConstraintError: it was made from none of these detections, as it was interpolated, or they are others.
        """
        row = self.rows(number).get(frame)
        if row is None:
            raise not_detected(frame, number, list(self.rows(number)))
        return row

    def duplicates(self, frame: int, row: int) -> IntArray:
        """The detections of a frame that show the same as the one in `row`, and that no box of the tracks is made from.

        They are of its class and overlap it by `DUPLICATE_IOU`, or of any and overlap it by `SAME_BOX`.
        """
        detections = self._detections
        first, last = np.searchsorted(detections.frame, [frame, frame + 1])
        here = np.arange(first, last)
        overlap = iou_matrix(detections.box[here], detections.box[[row]])[:, 0]
        same_class = detections.label[here] == detections.label[row]
        same = here[overlap >= np.where(same_class, DUPLICATE_IOU, SAME_BOX)]
        return np.setdiff1d(same, self._in_frame(frame))

    def _row(self, frame: int, number: int) -> int:
        ids = self._tracks.track_id[self._tracks.here(frame)]
        return int(self._in_frame(frame)[np.argmax(ids == number)])

    def _in_frame(self, frame: int) -> IntArray:
        """(B,) the detection of each box of a frame, -1 for none."""
        if frame not in self._found:
            self._found[frame] = self._matched(frame)
        return self._found[frame]

    def _matched(self, frame: int) -> IntArray:
        tracks, detections, here = self._tracks, self._detections, self._tracks.here(frame)
        first, last = np.searchsorted(detections.frame, [frame, frame + 1])
        box = np.arange(here.stop - here.start)
        if first == last:
            return np.full(len(box), -1)
        overlap = iou_matrix(tracks.box[here], detections.box[first:last])
        score = tracks.score[here, None]
        overlap[~np.isclose(score, detections.score[first:last], SCORE_DIGITS, SCORE_DIGITS)] = 0
        overlap[tracks.interpolated[here]] = 0
        best = np.argmax(overlap, axis=1)
        is_own = (overlap[box, best] >= LEAST_OVERLAP) & (np.argmax(overlap, axis=0)[best] == box)
        return np.where(is_own, first + best, -1)
