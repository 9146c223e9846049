"""The open tracks of the tracker with Kalman filters."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import IntArray
from siamlink.tracker.linking.kalman_filter import BoxFilters


class KalmanTracks:
    """The T open tracks, in the order in which they began.

    Attributes:
        motion: of each.
        row: (T,) the last detection of each, counted from the first ever.
        label: (T,) its class.
        last_frame: (T,) its frame.
        track_id: (T,) 0 while a track is not reported.
        evidence: (T,) nats for the track being one of an object.
    """

    row: IntArray
    label: IntArray
    last_frame: IntArray
    track_id: IntArray

    def __init__(self) -> None:
        self.motion = BoxFilters(np.zeros((0, 4), np.float32))
        self.evidence = np.zeros(0)
        self._number(np.zeros((4, 0), np.int64))

    def __len__(self) -> int:
        return len(self.evidence)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Close the others."""
        self.motion.keep(rows)
        self.evidence = self.evidence[rows]
        self._number(self._numbers[:, rows])

    def add(self, box: NDArray[np.float32]) -> None:
        """Open tracks at boxes (N, 4), without a detection yet."""
        self.motion.add(box)
        self.evidence = np.concatenate([self.evidence, np.zeros(len(box))])
        self._number(np.concatenate([self._numbers, np.zeros((4, len(box)), np.int64)], axis=1))

    def _number(self, numbers: IntArray) -> None:
        """Set the integers (4, T) of the tracks."""
        self._numbers = numbers
        self.row, self.label, self.last_frame, self.track_id = numbers
