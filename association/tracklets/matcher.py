"""The learned probabilities of the second level: is `later` the next tracklet of a person, is a tracklet a person."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.boosting.booster import load_booster, predict
from siamlink.association.boosting.memoised import MemoisedBooster
from siamlink.association.tracklets.features import TRACKLET_FEATURES, TRACKLET_PAIR_FEATURES, reversed_in_time
from siamlink.detectors.base.errors import ModelError

FloatArray = NDArray[np.float64]
LINK_FILE, PERSON_FILE = "tracklet_link.json", "tracklet_person.json"
APPEARANCE = "appearance"
"""The booster's note of what told the looks in its training."""


@dataclass(frozen=True)
class TrackletMatcher:
    """Two boosted models, one of links between tracklets and one of tracklets."""

    link: Any
    person: Any

    @classmethod
    def load(cls, folder: Path, appearance: Appearances | None) -> "TrackletMatcher":
        """Load the two boosters of a folder.

        Raises:
            ModelError: a file is missing, is no XGBoost model, or was made for other features or another appearance.
        """
        link = load_booster(folder / LINK_FILE, TRACKLET_PAIR_FEATURES)
        trained_with = link.attr(APPEARANCE) or ""
        if appearance is not None and appearance.label != trained_with:
            seen = f"the appearance '{trained_with}'" if trained_with else "none"
            raise ModelError(
                f"{folder / LINK_FILE} was trained with {seen}, not with '{appearance.name}': train one with 'siamlink "
                f"train matcher --set appearance={appearance.name}', or set appearance=none"
            )
        return cls(link, load_booster(folder / PERSON_FILE, TRACKLET_FEATURES))

    def memoised(self) -> "TrackletMatcher":
        """The same, for one who asks again and again about mostly the same tracklets."""
        return TrackletMatcher(MemoisedBooster(self.link), MemoisedBooster(self.person))

    def save(self, folder: Path) -> None:
        """Write the two boosters as XGBoost's JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        for booster, name in ((self.link, LINK_FILE), (self.person, PERSON_FILE)):
            (folder / name).write_bytes(booster.save_raw("json"))

    def link_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(P,) the probability that each pair is a tracklet and the next one of its person, from (P, F) features.

        The mean of what the model says of the video as it is and played backwards.
        """
        both = np.concatenate([features, reversed_in_time(features)])
        probability: FloatArray = predict(self.link, both, TRACKLET_PAIR_FEATURES).reshape(2, -1).mean(axis=0)
        return probability

    def person_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(T,) the probability that each tracklet is a person, from (T, F) features."""
        return predict(self.person, features, TRACKLET_FEATURES)
