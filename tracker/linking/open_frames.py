"""The detections that can still be linked otherwise, by frame and row, and the tracks that have final boxes."""

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConstraintError

FrameAndRow = tuple[int, int]
"""A detection: its frame, and its row among those that were given for the frame, from 0."""


class OpenFrames:
    """Counts the detections of a stream, and knows those of the frames that are not final."""

    def __init__(self) -> None:
        self._rows: dict[int, range] = {}
        self._count = self._final_frame = self._largest_id = 0

    def add(self, frame: int, count: int, final_frame: int, largest_id: int) -> None:
        """Take in a frame with so many detections, after which tracks up to `final_frame` are final."""
        self._rows[frame] = range(self._count, self._count + count)
        self._rows = {number: rows for number, rows in self._rows.items() if number > final_frame}
        self._count += count
        self._final_frame, self._largest_id = final_frame, max(self._largest_id, largest_id)

    def row(self, named: FrameAndRow | int) -> int:
        """The row of a detection among all so far; of a final track, its id below 0.

        Raises:
            ConstraintError: there is no such detection or track, or its frame is final.
        """
        if not isinstance(named, tuple | list):
            if not 0 < named <= self._largest_id:
                raise ConstraintError(f"no track with final boxes has the id {named}")
            return -int(named)
        if len(named) != 2:
            raise ConstraintError(f"expected (frame, row) or the id of a track, not {named!r:.40}")
        frame, place = named
        if frame in self._rows and 0 <= place < len(self._rows[frame]):
            return self._rows[frame][place]
        if frame in self._rows:
            raise ConstraintError(
                f"frame {frame} has {counted(len(self._rows[frame]), 'detection')}, and none has the row {place}"
            )
        if 0 < frame <= self._final_frame:
            raise ConstraintError(f"frame {frame} is final and does not change; name the track of the box by its id")
        raise ConstraintError(f"there are no detections of frame {frame}")
