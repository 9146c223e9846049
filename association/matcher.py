"""The learned probabilities: is `later` the next detection of `earlier`'s track, and is a detection a person at all."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.candidates import Pairs
from siamlink.association.context import PAIR_FEATURES
from siamlink.association.scene import SceneStatistics
from siamlink.detectors.detections import Detections
from siamlink.detectors.errors import ModelError

FloatArray = NDArray[np.float64]

DETECTION_FEATURES = (
    "score_rank",
    "score_deviation",
    "relative_height",
    "height_surprise",
    "height_surprise_abs",
    "support_past",
    "support_future",
    "support_both",
)
LINK_FILE, DETECTION_FILE = "link.json", "detection.json"


@dataclass(frozen=True)
class Matcher:
    """Two boosted models, one of links and one of detections."""

    link: Any
    detection: Any

    @classmethod
    def load(cls, folder: Path | None = None) -> "Matcher":
        """Load the two boosters of a folder, or those shipped with siamlink.

        Raises:
            ModelError: a file is missing, is no XGBoost model, or was made for other features.
        """
        folder = Path(str(files("siamlink.association") / "weights")) if folder is None else folder
        return cls(
            link=_load_booster(folder / LINK_FILE, PAIR_FEATURES),
            detection=_load_booster(folder / DETECTION_FILE, DETECTION_FEATURES),
        )

    def save(self, folder: Path) -> None:
        """Write the two boosters as XGBoost's JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        for booster, name in ((self.link, LINK_FILE), (self.detection, DETECTION_FILE)):
            (folder / name).write_bytes(booster.save_raw("json"))

    def link_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(P,) the probability that each pair is a detection and the next one of its track, from (P, F) features."""
        return _predict(self.link, features)

    def detection_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(N,) the probability that each detection is a person, from (N, F) features."""
        return _predict(self.detection, features)


def detection_features(
    detections: Detections, scene: SceneStatistics, pairs: Pairs, link_probability: FloatArray, future: bool = True
) -> NDArray[np.float32]:
    """The features of `DETECTION_FEATURES`.

    A true detection tends to have a likely predecessor and a likely successor: the best link probability on either
    side is its support.

    Args:
        detections: N detections.
        scene: what the detections of the scene look like.
        pairs: P candidate pairs among them.
        link_probability: (P,) of each pair.
        future: whether later frames are known; without them the support from the future is NaN.

    Returns:
        (N, F) float32.
    """
    past, ahead = np.zeros(len(detections)), np.zeros(len(detections))
    np.maximum.at(past, pairs.later, link_probability)
    if future:
        np.maximum.at(ahead, pairs.earlier, link_probability)
    else:
        ahead[:] = np.nan
    surprise = scene.height_surprise(detections)
    return np.column_stack(
        [
            scene.score_rank(detections),
            scene.score_deviation(detections),
            detections.height / scene.median_height,
            surprise,
            np.abs(surprise),
            past,
            ahead,
            past + ahead,
        ]
    ).astype(np.float32)


def _predict(booster: Any, features: NDArray[np.float32]) -> FloatArray:
    if not len(features):
        return np.zeros(0)
    probability: FloatArray = np.asarray(booster.inplace_predict(features), np.float64)
    return probability


def _load_booster(path: Path, features: tuple[str, ...]) -> Any:
    import xgboost

    if not path.is_file():
        raise ModelError(f"no model at {path}; train one with 'siamlink train'")
    content = path.read_bytes()
    if content[:2] != b'{"' or content[-1:] != b"}":  # XGBoost crashes on damaged models in its binary format
        raise ModelError(f"{path} is no XGBoost model in JSON, or is cut off")
    booster = xgboost.Booster(params={"nthread": 1})  # more threads cost more than they bring on few rows
    try:
        booster.load_model(bytearray(content))
    except (xgboost.core.XGBoostError, ValueError):  # the message is a stack trace
        raise ModelError(f"{path} is no XGBoost model that XGBoost {xgboost.__version__} reads") from None
    if tuple(booster.feature_names or ()) != features:
        raise ModelError(f"{path} was made for other features than this version computes; train it again")
    return booster
