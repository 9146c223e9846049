"""The camera's motion as other processes have fitted it."""

from typing import Self

import numpy as np

from siamlink.association.appearance.optical_flow import BackgroundFlow
from siamlink.detectors.base.arrays import Box, FloatArray, IntArray
from siamlink.tracker.cache.frame_cache import CachedBackgroundFlow


class CameraFits(CachedBackgroundFlow):
    """Motions between frames in place of the flow that they are fitted to, which is a thousand times as large.

    They hold for the boxes that were left out of the fit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._motion: dict[tuple[int, int], FloatArray | None] = {}
        self._after: dict[int, int] = {}

    def frame_after(self, since: int, due: int) -> int:
        """The frame up to which the motion since another was fitted, else that which is due."""
        return self._after.get(since, due)

    def recall(self, frame: int, since: int) -> BackgroundFlow | None:
        """A flow of no points where the motion is known; else None."""
        return BackgroundFlow.none() if (frame, since) in self._motion else None

    def camera_motion(self, frame: int, since: int, box: Box, flow: BackgroundFlow) -> FloatArray | None:
        """The motion between two frames, fitted to a flow outside of boxes (N, 4) unless it is known."""
        if (frame, since) not in self._motion:
            self._put(frame, since, flow.camera_motion(box))
        return self._motion[frame, since]

    def _put(self, frame: int, since: int, motion: FloatArray | None) -> None:
        self._motion[frame, since] = motion
        self._after[since] = frame

    def arrays(self, first: int) -> tuple[IntArray, FloatArray]:
        """The motions up to a frame and later ones: (G, 2) frames and those since, and (G, 2, 3), NaN where unknown."""
        pairs = [each for each in self._motion if each[0] >= first]
        motions = [self._motion[each] for each in pairs]
        unknown = np.full((2, 3), np.nan)
        return (
            np.array(pairs, np.int64).reshape(-1, 2),
            np.array([unknown if each is None else each for each in motions], np.float64).reshape(-1, 2, 3),
        )

    def add_arrays(self, pairs: IntArray, motions: FloatArray) -> Self:
        """Take in motions; see `arrays`."""
        for (frame, since), motion in zip(pairs.tolist(), motions, strict=True):
            self._put(frame, since, None if np.isnan(motion).any() else motion)
        return self
