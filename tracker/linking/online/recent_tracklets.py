"""The tracklets that can be linked to those that end with a new detection."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.base.arrays import IntArray
from siamlink.tracker.linking.online.first_level import Tracklet


@dataclass(frozen=True)
class RecentTracklets:
    """T tracklets that can matter for those without a track that end with a new detection.

    Attributes:
        tracklets: over the latest detections of the window, in steps.
        track: (T,) the final track of each, 0 for none.
        known: (T,) the same tracklets as the first level knows them.
        first_row: row number of the first of the detections.
        last_step: the present step.
    """

    tracklets: Tracklets
    track: NDArray[np.int32]
    known: list[Tracklet]
    first_row: int
    last_step: int

    @property
    def ending(self) -> IntArray:
        """(K,) those without a track that end with a new detection."""
        return np.flatnonzero((self.track == 0) & (self.tracklets.last.frame == self.last_step))

    @property
    def unscored(self) -> IntArray:
        """(U,) those without a track, but with other detections than when pairs with them were scored last."""
        changed = np.array([not each.scored for each in self.known], bool)
        return np.flatnonzero(changed & (self.track == 0))
