"""The learned probabilities of the second level: that two tracklets are a link, and that a tracklet shows an object."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.boosting.memoised import MemoisedBooster
from siamlink.association.tracklets.features import TRACKLET_FEATURES
from siamlink.association.tracklets.pair_features import TRACKLET_PAIR_FEATURES, reversed_in_time
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.former_names import former_name_note

LINK_FILE, OBJECT_FILE = "tracklet_link.json", "tracklet_object.json"
FORMER_OBJECT_FILE = "tracklet_person.json"
"""Former name of `OBJECT_FILE`; read until the next release."""
FORMER_NAMES = {
    "surprise": "misfit_rate",
    "likeness": "similarity",
    "likeness_surprise": "similarity_deviation",
    "likeness_rank_later": "similarity_rank_later",
    "likeness_margin_later": "similarity_margin_later",
    "likeness_rank_earlier": "similarity_rank_earlier",
    "likeness_margin_earlier": "similarity_margin_earlier",
    "height_surprise": "height_residual",
}
"""Feature names in models trained before these were renamed, and the present ones; read until the next release."""
APPEARANCE = "appearance"
"""Attribute of the link model's file: the label of the appearance it was trained with, empty without one."""


@dataclass(frozen=True)
class TrackletMatcher:
    """The boosted models of the second level, both of which give probabilities.

    Attributes:
        link: that `later` is the next tracklet of the object of `earlier`, from `TRACKLET_PAIR_FEATURES`.
        object: that a tracklet shows an object, from `TRACKLET_FEATURES`.
    """

    link: Any
    object: Any

    @classmethod
    def load(cls, folder: Path, appearance: Appearances | None) -> "TrackletMatcher":
        """Load the two models of a folder.

        Raises:
            ModelError: a file is missing, is not an XGBoost model, or was trained on other features or with another
                appearance.
        """
        link = load_booster(folder / LINK_FILE, TRACKLET_PAIR_FEATURES, FORMER_NAMES)
        trained_with = link.attr(APPEARANCE) or ""
        if appearance is not None and appearance.label != trained_with:
            training = f"with the appearance '{trained_with}'" if trained_with else "without an appearance"
            raise ModelError(
                f"{folder / LINK_FILE} was trained {training}, not with '{appearance.name}'; train one with 'siamlink "
                f"train matcher --set appearance={appearance.name}', or set appearance=none, or use --config general, "
                "which needs no training for an appearance"
            )
        return cls(link, load_booster(_object_path(folder), TRACKLET_FEATURES, FORMER_NAMES))

    def memoised(self) -> "TrackletMatcher":
        """The same matcher with a memory of the last predictions, for repeated calls with mostly the same rows."""
        return TrackletMatcher(MemoisedBooster(self.link), MemoisedBooster(self.object))

    def save(self, folder: Path) -> None:
        """Write both models as JSON of XGBoost."""
        folder.mkdir(parents=True, exist_ok=True)
        for booster, name in ((self.link, LINK_FILE), (self.object, OBJECT_FILE)):
            (folder / name).write_bytes(booster.save_raw("json"))

    def link_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(P,) probabilities that `later` is the next tracklet of the object of `earlier`, from features (P, F).

        Each is the mean of two predictions: for the video as it is, and for the video played backwards.
        """
        both = np.concatenate([features, reversed_in_time(features)])
        probability: FloatArray = predict(self.link, both, TRACKLET_PAIR_FEATURES).reshape(2, -1).mean(axis=0)
        return probability

    def object_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(T,) probabilities that each tracklet shows an object, from features (T, F)."""
        return predict(self.object, features, TRACKLET_FEATURES)


def _object_path(folder: Path) -> Path:
    """The file of the model of tracklets; under its former name if there is only that."""
    path, former = folder / OBJECT_FILE, folder / FORMER_OBJECT_FILE
    if path.is_file() or not former.is_file():
        return path
    warnings.warn(
        former_name_note(str(former), OBJECT_FILE),
        FutureWarning,
        stacklevel=2,
    )
    return former
