"""The probability that a detection is an object and no false alarm, by boosted trees."""

from pathlib import Path

from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.calibrated.object_features import NAMES, Features, object_features
from siamlink.association.calibrated.overlaps import overlaps
from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray, IntArray


class ObjectModel:
    """Boosted trees that estimate the probability that a detection is an object.

    Args:
        path: a model in JSON of XGBoost, of some or all of the features.
        names: of the features, by default those of `object_features`.

    Raises:
        ModelError: it cannot be loaded.
    """

    def __init__(self, path: Path, names: tuple[str, ...] = NAMES) -> None:
        self._booster, self.names = load_booster(path, names), names

    def probability(self, features: Features) -> FloatArray:
        """(N,) the probability that each detection is an object, from the features (N, F)."""
        return predict(self._booster, features, self.names)


class ObjectClassifier:
    """Estimates from the links of a scene the probability that each detection is an object."""

    def __init__(self, scene: Scene, frame_rate: float, alone: ObjectModel, in_track: ObjectModel) -> None:
        self._scene, self._rate = scene, frame_rate
        self._alone, self._in_track = alone, in_track
        self._overlaps = overlaps(scene)

    def features(self, successor: IntArray, ratio: FloatArray) -> Features:
        """(N, F) the features of both models, from the next detection of each (N,) and the ratio of that link (N,)."""
        return object_features(self._scene, successor, ratio, self._overlaps, self._rate)

    def alone(self, features: Features) -> FloatArray:
        """(N,) the probability that each detection is an object, from features that do not depend on its track."""
        return self._alone.probability(features)

    def in_track(self, features: Features) -> FloatArray:
        """(N,) the probability that each detection is an object, from its own features and those of its track."""
        return self._in_track.probability(features)
