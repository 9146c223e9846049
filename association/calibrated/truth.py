"""The learned models of truth: how likely each detection is an object, by boosted trees on calibrated features."""

from pathlib import Path

import numpy as np

from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.truth_features import Features, overlaps, truth_features
from siamlink.detectors.base.arrays import FloatArray, IntArray


class TruthModel:
    """Boosted trees that tell the probability that a detection is an object.

    Args:
        path: an XGBoost model in its own format.
    """

    def __init__(self, path: Path) -> None:
        import xgboost

        self._booster = xgboost.Booster({"nthread": 1})
        self._booster.load_model(path)

    def probability(self, features: Features) -> FloatArray:
        """(N,) the probability that each detection is an object, from `truth_features` (N, F)."""
        if not len(features):
            return np.zeros(0)
        answer: FloatArray = self._booster.inplace_predict(features).astype(np.float64)
        return answer


class Judge:
    """Tells from the links of a scene how likely each detection is an object."""

    def __init__(self, scene: Scene, frame_rate: float, alone: TruthModel, in_track: TruthModel) -> None:
        self._scene, self._rate = scene, frame_rate
        self._alone, self._in_track = alone, in_track
        self._overlaps = overlaps(scene)

    def features(self, successor: IntArray, ratio: FloatArray) -> Features:
        """(N, F) what tells, from the next detection of each (N,) and the ratio of that link (N,)."""
        return truth_features(self._scene, successor, ratio, self._overlaps, self._rate)

    def alone(self, features: Features) -> FloatArray:
        """(N,) the probability of each detection to be an object, whatever track it is in."""
        return self._alone.probability(features)

    def in_track(self, features: Features) -> FloatArray:
        """(N,) the probability of each detection to be an object, as its track tells too."""
        return self._in_track.probability(features)
