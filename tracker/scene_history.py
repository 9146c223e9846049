"""What the scene looks like as far as it was seen, for trackers that do not know how it goes on."""

from siamlink.association.scene import SceneStatistics
from siamlink.detectors.detections import Detections

HISTORY = 3000
"""Detections that the statistics of the scene are made from, the latest ones."""


class SceneHistory:
    """Statistics of the latest detections, made anew whenever a tenth of these is new."""

    def __init__(self) -> None:
        self._detections = Detections.empty()
        self._unseen = 0
        self.statistics = SceneStatistics.of(self._detections)

    def learn(self, new: Detections, least: int = 0) -> None:
        """Take in new detections, and remember `HISTORY` of the latest, or `least` if these are more."""
        self._detections = Detections.concatenate([self._detections, new])[-max(HISTORY, least) :]
        self._unseen += len(new)
        if self._unseen * 10 >= len(self._detections) and len(new):
            self.statistics, self._unseen = SceneStatistics.of(self._detections), 0
