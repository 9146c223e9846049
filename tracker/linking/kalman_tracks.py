"""The open tracks of the tracker with Kalman filters."""

import numpy as np
from numpy.typing import NDArray

from siamlink.tracker.linking.kalman_filter import BoxFilters


class KalmanTracks:
    """The T open tracks, in the order in which they began.

    Attributes:
        motion: of each.
        row: (T,) the last detection of each, counted from the first ever.
        label: (T,) its class.
        last_frame: (T,) its frame.
        evidence: (T,) nats for the track being one of an object.
        track_id: (T,) 0 while it is not reported.
    """

    def __init__(self) -> None:
        self.motion = BoxFilters(np.zeros((0, 4), np.float32))
        self.row, self.label, self.last_frame, self.track_id = (np.zeros(0, np.int64) for _ in range(4))
        self.evidence = np.zeros(0)

    def __len__(self) -> int:
        return len(self.row)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Close the others."""
        self.motion.keep(rows)
        self.row, self.last_frame, self.track_id = self.row[rows], self.last_frame[rows], self.track_id[rows]
        self.evidence, self.label = self.evidence[rows], self.label[rows]

    def add(self, box: NDArray[np.float32]) -> None:
        """Open tracks at boxes (N, 4), without a detection yet."""
        nothing = np.zeros(len(box), np.int64)
        self.motion.add(box)
        self.row, self.last_frame = np.append(self.row, nothing), np.append(self.last_frame, nothing)
        self.label = np.append(self.label, nothing)
        self.track_id, self.evidence = np.append(self.track_id, nothing), np.append(self.evidence, nothing)
