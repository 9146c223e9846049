"""The learned probabilities of the first level: that a pair of detections is a link, and that a detection is true."""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.boosting.booster import FeatureError, load_booster, predict
from siamlink.association.boosting.memoised import MemoisedBooster
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.classes import add_evidence
from siamlink.association.pairs.columns import column_array
from siamlink.association.pairs.features import PAIR_FEATURES
from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets import matcher as tracklet_matcher
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.detections import Detections

DETECTION_FEATURES = (
    "score_rank",
    "score_deviation",
    "relative_height",
    "height_residual",
    "height_residual_abs",
    "support_past",
    "support_future",
    "support_both",
)
FORMER_NAMES = {"height_surprise": "height_residual", "height_surprise_abs": "height_residual_abs"}
"""Feature names in models trained before these were renamed, and the present ones; read until the next release."""
CONTEXT_FILE, LINK_FILE, DETECTION_FILE, GAPS_FILE = "context.json", "link.json", "detection.json", "gaps.json"
MODEL_FILES = (
    *(CONTEXT_FILE, LINK_FILE, DETECTION_FILE, GAPS_FILE),
    *(tracklet_matcher.LINK_FILE, tracklet_matcher.OBJECT_FILE),
)


@dataclass(frozen=True)
class Matcher:
    """The boosted models of one tracker, all of which give probabilities.

    Attributes:
        context: that `later` is the next detection of the object of `earlier`, from `PAIR_FEATURES`; with `gaps`, that
            both show one object.
        detection: that a detection shows an object, from `DETECTION_FEATURES`.
        link: the same as `context`, from `PAIR_FEATURES` and the features of the appearance; for the pairs that
            `context` leaves open. None without an appearance.
        appearance: the appearance models; None without one.
        tracklets: the models of the second level; None for one level.
        gaps: the probabilities of gaps; None where `context` and `link` contain them.
        calibrated_appearance: what describes detections instead of `appearance` if matching calibrated is chosen for a
            video; None: `appearance` does.
    """

    context: Any
    detection: Any
    link: Any = None
    appearance: Appearances | None = None
    tracklets: TrackletMatcher | None = None
    gaps: GapPrior | None = None
    calibrated_appearance: Appearances | None = None

    @classmethod
    def load(cls, folder: Path | None = None, appearance: Appearances | None = None, levels: int = 1) -> "Matcher":
        """Load the models of a folder.

        Args:
            folder: where the files are; by default those shipped with siamlink.
            appearance: used at the last level: by `link.json` for one level, by the tracklet models for two.
            levels: 1 or 2.

        Raises:
            ModelError: a file is missing, is not an XGBoost model, or was trained on other features.
        """
        folder = Path(str(files("siamlink.association") / "weights")) if folder is None else folder
        return cls(
            context=load_booster(folder / CONTEXT_FILE, PAIR_FEATURES),
            detection=load_booster(folder / DETECTION_FILE, DETECTION_FEATURES, FORMER_NAMES),
            link=_load_link(folder / LINK_FILE, appearance) if appearance and levels == 1 else None,
            appearance=appearance,
            tracklets=TrackletMatcher.load(folder, appearance) if levels == 2 else None,
            gaps=GapPrior.load(folder / GAPS_FILE) if (folder / GAPS_FILE).is_file() else None,
        )

    @property
    def appearances(self) -> dict[str, Appearances]:
        """The appearances that may be used, by their labels."""
        return {each.label: each for each in (self.appearance, self.calibrated_appearance) if each is not None}

    def calibrated(self) -> "Matcher":
        """The same matcher with the appearance of matching calibrated."""
        return replace(self, appearance=self.calibrated_appearance or self.appearance, calibrated_appearance=None)

    def memoised(self) -> "Matcher":
        """The same matcher with a memory of the last predictions, for repeated calls with mostly the same rows."""
        tracklets = self.tracklets.memoised() if self.tracklets else None
        return replace(self, detection=MemoisedBooster(self.detection), tracklets=tracklets)

    def save(self, folder: Path) -> None:
        """Write the models that are present as JSON of XGBoost."""
        folder.mkdir(parents=True, exist_ok=True)
        boosters = {CONTEXT_FILE: self.context, DETECTION_FILE: self.detection, LINK_FILE: self.link}
        for name, booster in boosters.items():
            if booster is not None:
                (folder / name).write_bytes(booster.save_raw("json"))
        if self.gaps is not None:
            self.gaps.save(folder / GAPS_FILE)
        if self.tracklets is not None:
            self.tracklets.save(folder)

    def first_level(
        self, detections: Detections, scene: SceneStatistics, pairs: Pairs, features: NDArray[np.float32]
    ) -> tuple[FloatArray, FloatArray]:
        """Probabilities from context alone: (P,) that a pair is a link, and (N,) that a detection shows an object.

        Args:
            detections: N detections of a whole sequence.
            scene: their statistics.
            pairs: P candidate pairs among them.
            features: (P, F) as `PAIR_FEATURES` names them.
        """
        link = self.context_probability(features)
        return link, self.detection_probability(detection_features(detections, scene, pairs, link))

    def context_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(P,) probabilities that `later` is the next detection of the object of `earlier`, from features (P, F)."""
        return predict(self.context, features, PAIR_FEATURES)

    def link_probability(self, features: NDArray[np.float32], compared: ComparedPairs, pairs: Pairs) -> FloatArray:
        """(P,) the same probability from context and appearance.

        Args:
            features: (P, F) as `PAIR_FEATURES` names them.
            compared: the appearance features of the P pairs; all are available.
            pairs: the pairs; must contain all compared rivals of each pair.
        """
        if not len(pairs):
            return np.zeros(0)
        assert self.appearance is not None
        extended = link_features(self.appearance, features, compared, pairs)
        return predict(self.link, extended, link_feature_names(self.appearance))

    def revise(
        self,
        probability: FloatArray,
        features: NDArray[np.float32],
        pairs: Pairs,
        rows: NDArray[np.intp],
        compared: ComparedPairs,
        class_nats: FloatArray | None = None,
    ) -> FloatArray:
        """(P,) probabilities from context, replaced by those of the link model where the appearance was compared.

        Args:
            probability: (P,) from context.
            features: (P, F) as `PAIR_FEATURES` names them.
            pairs: the P pairs.
            rows: (K,) the pairs that were given to the appearance.
            compared: the comparisons of these K pairs; a pair without one keeps its probability.
            class_nats: (P,) evidence of the classes of each pair, in nats; None: there is none.
        """
        available = np.flatnonzero(compared.available)
        rows, revised = rows[available], probability.copy()
        link = self.link_probability(features[rows], compared[available], pairs[rows])
        revised[rows] = link if class_nats is None else add_evidence(link, class_nats[rows])
        return revised

    def detection_probability(self, features: NDArray[np.float32]) -> FloatArray:
        """(N,) probabilities that each detection shows an object, from features (N, F)."""
        return predict(self.detection, features, DETECTION_FEATURES)


def link_feature_names(appearance: Appearances) -> tuple[str, ...]:
    """The names of the columns of `link_features`."""
    return (*PAIR_FEATURES, *appearance.feature_names)


def link_features(
    appearance: Appearances, features: NDArray[np.float32], compared: ComparedPairs, pairs: Pairs
) -> NDArray[np.float32]:
    """(P, F + G) the contextual features (P, F) of compared pairs, and those of their appearance (P, G)."""
    gap = features[:, PAIR_FEATURES.index("gap_frames")].astype(np.int64)
    return np.hstack([features, appearance.pair_features(compared, pairs, gap)])


def detection_features(
    detections: Detections, scene: SceneStatistics, pairs: Pairs, link_probability: FloatArray, future: bool = True
) -> NDArray[np.float32]:
    """The features of `DETECTION_FEATURES`.

    A true detection tends to have a likely predecessor and a likely successor. Its support from the past and from the
    future is the largest matching probability on that side.

    Args:
        detections: N detections.
        scene: statistics of all detections of the scene.
        pairs: P candidate pairs among the N detections.
        link_probability: (P,) of each pair.
        future: False if later frames are not available; the support from the future is NaN then.

    Returns:
        (N, F) float32.
    """
    support_past, support_future = np.zeros(len(detections)), np.zeros(len(detections))
    np.maximum.at(support_past, pairs.later, link_probability)
    if future:
        np.maximum.at(support_future, pairs.earlier, link_probability)
    else:
        support_future[:] = np.nan
    columns = {
        **scene_columns(detections, scene),
        "support_past": support_past,
        "support_future": support_future,
        "support_both": support_past + support_future,
    }
    return column_array(columns, DETECTION_FEATURES)


def scene_columns(detections: Detections, scene: SceneStatistics) -> dict[str, FloatArray]:
    """The first columns (N,) of `detection_features`, by name: how detections compare with the scene."""
    height_residual = scene.height_residual(detections)
    return {
        "score_rank": scene.score_rank(detections),
        "score_deviation": scene.score_deviation(detections),
        "relative_height": scene.relative_height(detections.height, detections.label),
        "height_residual": height_residual,
        "height_residual_abs": np.abs(height_residual),
    }


def _load_link(path: Path, appearance: Appearances) -> Any:
    remedy = f"'siamlink train matcher --set levels=1 --set appearance={appearance.name}', or set appearance=none"
    if not path.is_file():
        raise ModelError(
            f"no model at {path}, so the appearance '{appearance.name}' cannot be used; train one with {remedy}"
        )
    try:
        return load_booster(path, link_feature_names(appearance))
    except FeatureError:
        raise ModelError(
            f"{path} was trained with another appearance than '{appearance.name}', or by another version; train it "
            f"again with {remedy}"
        ) from None
