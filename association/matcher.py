"""The learned probabilities: is `later` the next detection of `earlier`'s track, and is a detection a person at all."""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Comparisons
from siamlink.association.boosting.booster import FeatureError, load_booster, predict
from siamlink.association.boosting.memoised import MemoisedBooster
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import PAIR_FEATURES
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets import matcher as tracklet_matcher
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.detections import Detections

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
CONTEXT_FILE, LINK_FILE, DETECTION_FILE = "context.json", "link.json", "detection.json"
MODEL_FILES = (CONTEXT_FILE, LINK_FILE, DETECTION_FILE, tracklet_matcher.LINK_FILE, tracklet_matcher.PERSON_FILE)


@dataclass(frozen=True)
class Matcher:
    """The boosted models: of links by context, of detections, and, with an appearance, of links that context left open.

    Attributes:
        context: is `later` the next detection of `earlier`'s track, by `PAIR_FEATURES`.
        detection: is a detection a person, by `DETECTION_FEATURES`.
        link: the same question as `context`, by `PAIR_FEATURES` and those of the appearance; None without one.
        appearance: what says how alike detections look; None without one.
        tracklets: the models of the second level; None without one.
    """

    context: Any
    detection: Any
    link: Any = None
    appearance: Appearances | None = None
    tracklets: TrackletMatcher | None = None

    @classmethod
    def load(cls, folder: Path | None = None, appearance: Appearances | None = None, levels: int = 1) -> "Matcher":
        """Load the boosters of a folder, or those shipped with siamlink.

        The appearance is compared at the last of the levels: by `link.json` with one, by the models of tracklets with
        two.

        Raises:
            ModelError: a file is missing, is no XGBoost model, or was made for other features.
        """
        folder = Path(str(files("siamlink.association") / "weights")) if folder is None else folder
        return cls(
            context=load_booster(folder / CONTEXT_FILE, PAIR_FEATURES),
            detection=load_booster(folder / DETECTION_FILE, DETECTION_FEATURES),
            link=_load_link(folder / LINK_FILE, appearance) if appearance and levels == 1 else None,
            appearance=appearance,
            tracklets=TrackletMatcher.load(folder, appearance) if levels == 2 else None,
        )

    def memoised(self) -> "Matcher":
        """The same, for one who asks again and again about mostly the same detections and tracklets."""
        tracklets = self.tracklets.memoised() if self.tracklets else None
        return replace(self, detection=MemoisedBooster(self.detection), tracklets=tracklets)

    def save(self, folder: Path) -> None:
        """Write the boosters as XGBoost's JSON; those that there are."""
        folder.mkdir(parents=True, exist_ok=True)
        boosters = {CONTEXT_FILE: self.context, DETECTION_FILE: self.detection, LINK_FILE: self.link}
        for name, booster in boosters.items():
            if booster is not None:
                (folder / name).write_bytes(booster.save_raw("json"))
        if self.tracklets is not None:
            self.tracklets.save(folder)

    def first_level(
        self, detections: Detections, scene: SceneStatistics, pairs: Pairs, features: NDArray[np.float32]
    ) -> tuple[FloatArray, FloatArray]:
        """By context, how likely each of P pairs is a link and each of N detections a person: (P,) and (N,).

        Args:
            detections: N detections of a whole sequence.
            scene: what they look like as a whole.
            pairs: P candidate pairs among them.
            features: (P, F) of `PAIR_FEATURES`.
        """
        link = self.context_probability(features)
        return link, self.detection_probability(detection_features(detections, scene, pairs, link))

    def context_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(P,) the probability that each pair is a detection and the next one of its track, from (P, F) features."""
        return predict(self.context, features, PAIR_FEATURES)

    def link_probability(self, features: NDArray[np.float32], compared: Comparisons, pairs: Pairs) -> FloatArray:
        """(P,) the same probability of pairs whose looks were compared.

        Args:
            features: (P, F) of `PAIR_FEATURES`.
            compared: what the appearance said of the P pairs.
            pairs: the pairs; all those of one detection at one gap that were compared must be there.
        """
        if not len(pairs):
            return np.zeros(0)
        assert self.appearance is not None
        shown = link_features(self.appearance, features, compared, pairs)
        return predict(self.link, shown, link_feature_names(self.appearance))

    def revise(
        self,
        probability: FloatArray,
        features: NDArray[np.float32],
        pairs: Pairs,
        asked: NDArray[np.intp],
        compared: Comparisons,
    ) -> FloatArray:
        """(P,) probabilities by context, those of pairs whose looks were compared replaced by what the link model says.

        Args:
            probability: (P,) by context.
            features: (P, F) of `PAIR_FEATURES`.
            pairs: the P pairs.
            asked: (K,) the pairs that appearance was asked about.
            compared: what it said of these K; pairs that could not be looked at keep their probability.
        """
        known = np.flatnonzero(compared.known)
        rows, revised = asked[known], probability.copy()
        revised[rows] = self.link_probability(features[rows], compared[known], pairs[rows])
        return revised

    def detection_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(N,) the probability that each detection is a person, from (N, F) features."""
        return predict(self.detection, features, DETECTION_FEATURES)


def link_feature_names(appearance: Appearances) -> tuple[str, ...]:
    """Of the columns of `link_features`."""
    return (*PAIR_FEATURES, *appearance.feature_names)


def link_features(
    appearance: Appearances, features: NDArray[np.float32], compared: Comparisons, pairs: Pairs
) -> NDArray[np.float32]:
    """(P, F + G) the contextual features (P, F) of pairs that were compared, and those of their looks."""
    gap = features[:, PAIR_FEATURES.index("gap_frames")].astype(np.int64)
    return np.hstack([features, appearance.pair_features(compared, pairs, gap)])


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


def _load_link(path: Path, appearance: Appearances) -> Any:
    remedy = f"'siamlink train matcher --set levels=1 --set appearance={appearance.name}', or set appearance=none"
    if not path.is_file():
        raise ModelError(
            f"no model at {path}, so the appearance '{appearance.name}' cannot be used: train one with {remedy}"
        )
    try:
        return load_booster(path, link_feature_names(appearance))
    except FeatureError:
        raise ModelError(
            f"{path} was made for another appearance than '{appearance.name}', or by another version; train it again "
            f"with {remedy}"
        ) from None
