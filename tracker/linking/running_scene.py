"""Running statistics of the scene, for trackers that do not know later frames."""

import math
from collections.abc import Iterator

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
        most = max(HISTORY, least)
        due = len(new) >= self._until_due(most)
        self._new.append(new)
        self._new_count += len(new)
        if due:
            self._detections = Detections.concatenate([self._detections, *self._new])[-most:]
            self._new, self._new_count = [], 0
            self.statistics = SceneStatistics.of(self._detections, self._separate)

    def learn_by_frame(self, new: Detections) -> Iterator[tuple[slice, SceneStatistics]]:
        """Take in the detections of several frames one after another.

        Yields:
            The rows of one or more frames, and the statistics by then, which all of them share.
        """
        stops = np.append(np.flatnonzero(np.diff(new.frame)) + 1, len(new))
        first = begin = 0
        while begin < len(new):
            due = int(np.searchsorted(stops, begin + self._until_due(HISTORY)))
            start, stop = int(stops[due - 1]) if due else 0, int(stops[min(due, len(stops) - 1)])
            if due < len(stops) and start > first:
                yield slice(first, start), self.statistics
                first = start
            self.learn(new[begin:stop])
            begin = stop
        if len(new):
            yield slice(first, len(new)), self.statistics

    def _until_due(self, most: int) -> int:
        """How many new detections are missing until the statistics are computed again, from the latest `most`."""
        by_share = math.ceil(len(self._detections) / 9)  # then a tenth of all are new
        return max(min(by_share, math.ceil(most / 10)) - self._new_count, 1)
