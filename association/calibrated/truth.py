"""The learned models of truth: how likely each detection is an object, by boosted trees on calibrated features."""

from pathlib import Path

from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.truth_features import NAMES, Features, overlaps, truth_features
from siamlink.detectors.base.arrays import FloatArray, IntArray


class TruthModel:
    """Boosted trees that tell the probability that a detection is an object.

    Args:
        path: a model in JSON of XGBoost, of the features of `truth_features`.

    Raises:
        ModelError: it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self._booster = load_booster(path, NAMES)

    def probability(self, features: Features) -> FloatArray:
        """(N,) the probability that each detection is an object, from `truth_features` (N, F)."""
        return predict(self._booster, features, NAMES)


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
