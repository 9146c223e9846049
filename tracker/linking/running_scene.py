"""Running statistics of the scene, for trackers that do not know later frames."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.detections import Detections

HISTORY = 3000
"""How many of the latest detections the statistics are made from."""


class RunningSceneStatistics:
    """Statistics of the latest detections, computed again whenever a tenth of these is new.

    Args:
        separate: whether classes are distinguished.
    """

    def __init__(self, separate: bool = True) -> None:
        self._separate = separate
        self._detections = Detections.empty()
        self._new: list[Detections] = []
        self._new_count = 0
        self.statistics = SceneStatistics.of(self._detections, separate)

    def learn(self, new: Detections, least: int = 0) -> None:
        """Take in new detections, and keep the latest `HISTORY`, or the latest `least` if this is more."""
        if not len(new):
            return
        self._new.append(new)
        self._new_count += len(new)
        most = max(HISTORY, least)
        if self._new_count * 10 >= min(len(self._detections) + self._new_count, most):
            self._detections = Detections.concatenate([self._detections, *self._new])[-most:]
            self._new, self._new_count = [], 0
            self.statistics = SceneStatistics.of(self._detections, self._separate)

    def learn_by_frame(self, new: Detections) -> Iterator[tuple[slice, SceneStatistics]]:
        """Take in the detections of several frames one after another.

        Yields:
            The rows of one or more frames, and the statistics by then, which all of them share.
        """
        starts = np.flatnonzero(np.diff(new.frame, prepend=0)).tolist()
        first = 0
        for start, stop in pairwise([*starts, len(new)]):
            before = self.statistics
            self.learn(new[start:stop])
            if self.statistics is not before and start > first:
                yield slice(first, start), before
                first = start
        if len(new):
            yield slice(first, len(new)), self.statistics
