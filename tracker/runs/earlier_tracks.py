"""Earlier tracks that are corrected: their boxes by frame and id, and the detections that these were made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.boxes import SAME_BOX, iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.mot.text import corners
from siamlink.tracker.linking.memory import Memory, content

LEAST_OVERLAP = 0.3
"""Least IoU of a detection with its own box in the tracks, which may have been smoothed."""
SCORE_DIGITS = 1e-5
"""Relative difference of scores below which six digits are equal."""
DUPLICATE_IOU = 0.5
"""IoU from which a detection that is in no track shows the same as one that is a false alarm."""


@dataclass(frozen=True, eq=False)
class EarlierTracks:
    """The tracks of one file."""

    file: BoxFile
    _memory: Memory = field(default_factory=Memory, repr=False)

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.file.path

    @property
    def rows(self) -> FloatArray:
        """(N, C) the MOT rows."""
        return self.file.rows

    def frames(self, number: int) -> list[int]:
        """The frames in which a track has boxes that are not marked as interpolated, ascending.

        Raises:
            ConstraintError: there is no such track.
        """
        self._check_id(number)
        own = (self.rows[:, 1] == number) & ~self.file.interpolated
        frames: list[int] = np.sort(self.rows[own, 0]).astype(int).tolist()
        return frames

    def check_box(self, frame: int, number: int) -> None:
        """Check that a track has a box in a frame, and that it is not marked as interpolated.

        Raises:
            ConstraintError: it has none, or it is; the message names the nearest frames with a detected box.
        """
        frames = self.frames(number)
        if frame in frames:
            return
        if self._row(frame, number) is None:
            where = f"it is in {nearest_frames(frames, frame)}" if frames else "it was detected in no frame"
            raise ConstraintError(f"id {number} is not in frame {frame} of {self.path}; {where}")
        raise _not_detected(frame, number, frames)

    def detected(self, number: int, detections: Detections) -> dict[int, int]:
        """The row of the detection that each box of a track was made from, by frame, ascending.

        Raises:
            ConstraintError: none of its boxes was made from these detections.
        """
        self._check_id(number)
        matches = self._matches(detections)
        own = np.flatnonzero((self.rows[:, 1] == number) & (matches >= 0))
        if not len(own):
            raise ConstraintError(f"id {number} of {self.path} has no box among the detections: these are others")
        own = own[np.argsort(self.rows[own, 0], kind="stable")]
        return dict(zip(self.rows[own, 0].astype(int).tolist(), matches[own].tolist(), strict=True))

    def detection(self, frame: int, number: int, detections: Detections) -> int:
        """The row of the detection that a box was made from: of the same score, and each the other's best overlap.

        Raises:
            ConstraintError: it was made from none of these detections, as it was interpolated, or they are others.
        """
        row = self._row(frame, number)
        match = -1 if row is None else int(self._matches(detections)[row])
        if match < 0:
            raise _not_detected(frame, number, list(self.detected(number, detections)))
        return match

    def duplicates(self, frame: int, row: int, detections: Detections) -> IntArray:
        """The detections of a frame that show the same as the one in `row`, and that no box of the tracks is made from.

        They are of its class and overlap it by `DUPLICATE_IOU`, or of any and overlap it by `SAME_BOX`.
        """
        here = np.flatnonzero(detections.frame == frame)
        overlap = iou_matrix(detections.box[here], detections.box[[row]])[:, 0]
        same_class = detections.label[here] == detections.label[row]
        same = here[overlap >= np.where(same_class, DUPLICATE_IOU, SAME_BOX)]
        return np.setdiff1d(same, self._matches(detections)[self.rows[:, 0] == frame])

    def _check_id(self, number: int) -> None:
        if not (self.rows[:, 1] == number).any():
            raise ConstraintError(f"there is no id {number} in {self.path}")

    def _row(self, frame: int, number: int) -> int | None:
        found = np.flatnonzero((self.rows[:, 0] == frame) & (self.rows[:, 1] == number))
        return int(found[0]) if len(found) else None

    def _matches(self, detections: Detections) -> IntArray:
        """(N,) the row of the detection that each box was made from, -1 for none; remembered for the same detections.

        Both have the same score, the overlap of each with the other is its best, and the box is not interpolated.
        """
        return self._memory.recalled(content(detections), lambda: self._matched(detections))

    def _matched(self, detections: Detections) -> IntArray:
        matches, order = np.full(len(self.rows), -1, np.int64), np.argsort(self.rows[:, 0], kind="stable")
        for here in np.split(order, np.flatnonzero(np.diff(self.rows[order, 0])) + 1) if len(order) else ():
            frame = self.rows[here[0], 0]
            first, last = np.searchsorted(detections.frame, [frame, frame + 1])
            if first == last:
                continue
            overlap = iou_matrix(corners(self.rows[here]), detections.box[first:last])
            overlap[~np.isclose(self.rows[here, 6, None], detections.score[first:last], SCORE_DIGITS, SCORE_DIGITS)] = 0
            overlap[self.file.interpolated[here]] = 0
            best, place = overlap.argmax(axis=1), np.arange(len(here))
            own = (overlap[place, best] >= LEAST_OVERLAP) & (overlap.argmax(axis=0)[best] == place)
            matches[here[own]] = first + best[own]
        return matches


FramesOf = Callable[[int], Sequence[int]]
"""The frames in which a track was detected, ascending, by its id."""


def nearest_frames(frames: Sequence[int], frame: int) -> str:
    """The last of these frames before a frame, and the first after it, in words; there is one at least."""
    before = max((each for each in frames if each < frame), default=None)
    after = min((each for each in frames if each > frame), default=None)
    both = [str(each) for each in (before, after) if each is not None]
    return f"frame{'s' if len(both) == 2 else ''} {' and '.join(both)}"


def _not_detected(frame: int, number: int, frames: Sequence[int]) -> ConstraintError:
    where = f"it was detected in {nearest_frames(frames, frame)}" if frames else "it was detected in no frame"
    return ConstraintError(f"id {number} was not detected in frame {frame} but interpolated there; {where}")
