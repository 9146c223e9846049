"""Training of the models of the calibrated association: boosted trees on what its own rounds see.

The examples of a video are made by the rounds that track it, so that the models learn from what they will be applied
to. See `siamlink.association.calibrated.rounds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import Field

from siamlink.association.boosting.booster import BoostingParameters, WeightedExamples, train_booster
from siamlink.association.calibrated import object_features
from siamlink.association.calibrated.candidate_links import candidate_links
from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, usual_ratio
from siamlink.association.calibrated.learned import HIGHEST, LOWEST, SCALE, SHIFT
from siamlink.association.calibrated.link_features import NAMES as LINK_NAMES
from siamlink.association.calibrated.link_features import link_features
from siamlink.association.calibrated.models import Models
from siamlink.association.calibrated.object_features import OWN, Features
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.online import OnlineLinker
from siamlink.association.calibrated.online_tracks import ONLINE_NAMES
from siamlink.association.calibrated.overlaps import overlaps
from siamlink.association.calibrated.rounds import LEARNED_ROUND, ROUNDS, STRONG_ROUND, calibrate
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.ground_truth import NOT_COUNTED, has_ground_truth, is_next
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections

LOWEST_RATIO = -6.0
"""Nats; links with a lower likelihood ratio are no examples, because tracking never considers them."""
OBJECTS = "detections of objects and false detections"
LINKS = "pairs of consecutive detections of one object and other pairs"
"""The kinds of examples that the models need."""
ONLINE_FRAMES = 200
"""Frames of a video from which the online model learns, as it decides most about new tracks."""
THREADS = 2
"""A fixed number of threads, so that every machine trains the same trees."""


class CalibratedTrainingParameters(BoostingParameters):
    """How the three models of the calibrated association are trained."""

    learning_rate: float = Field(0.13, gt=0, le=1, description="factor on the contribution of each tree")
    column_share: float = Field(0.7, gt=0, le=1, description="share of the features that each tree may use")
    min_leaf_weight: float = Field(
        10.0, ge=0, description="smallest sum of second derivatives in a leaf (min_child_weight of XGBoost)"
    )
    tree_count: int = Field(80, ge=1, le=5000, description="number of trees of each model")
    depth: int = Field(5, ge=1, le=12, description="depth of the trees")
    simulations: int = Field(
        2, ge=0, le=100, description="simulated detectors for each sequence, beside the files in its det/"
    )
    frames: int = Field(
        500, ge=2, description="frames of each sequence to learn from, at most; the first ones are used"
    )
    rows_per_example: int = Field(
        3000, ge=100, description="most detections and most links that a model learns from one set of detections"
    )
    real_weight: float = Field(
        10.0, gt=0, description="how much real detections, those of a file in det/, count relative to simulated ones"
    )
    folds: int = Field(
        2, ge=2, le=20, description="groups of videos; the models that make the examples of one learn from the others"
    )


@dataclass(frozen=True)
class LabelledScene:
    """A video with one set of N detections and their ground truth.

    Attributes:
        detections: the detections.
        size: width and height of the picture in pixels, if known.
        scene: the detections in columns.
        identity: (N,) of each detection; see `identify`.
        frame_rate: frames per second.
        importance: how much it counts.
    """

    detections: Detections
    size: tuple[float, float] | None
    scene: Scene
    identity: IntArray
    frame_rate: float
    importance: float

    def __len__(self) -> int:
        return len(self.scene)


def make_labelled_scene(
    detections: Detections,
    identity: IntArray,
    frame_rate: float,
    size: tuple[float, float] | None,
    importance: float = 1.0,
) -> LabelledScene:
    """Detections with their identities (N,), ready to learn from; `size` is that of the picture, if it is known."""
    return LabelledScene(detections, size, make_scene(detections, size), identity, frame_rate, importance)


def early_object_examples(labelled: LabelledScene, parameters: CalibratedTrainingParameters) -> WeightedExamples:
    """The detections as the models of objects first see them: after the rounds that need no model."""
    scene = labelled.scene
    estimate = calibrate(scene, None, rounds=STRONG_ROUND)
    features = object_features.object_features(
        scene, estimate.successor, estimate.ratio, overlaps(scene), labelled.frame_rate
    )
    return _object_examples(labelled, features, parameters)


def late_object_examples(
    labelled: LabelledScene, models: Models, parameters: CalibratedTrainingParameters
) -> WeightedExamples:
    """The detections as the models of objects see them in finished tracks; `models` must not know the video."""
    classifier, estimate = _calibrated(labelled, models, ROUNDS)
    return _object_examples(labelled, classifier.features(estimate.successor, estimate.ratio), parameters)


def online_object_examples(
    labelled: LabelledScene, models: Models, parameters: CalibratedTrainingParameters
) -> WeightedExamples:
    """The detections of the first frames as online linking sees them; `models` must not know the video."""
    detections = labelled.detections
    linker = OnlineLinker(labelled.frame_rate, labelled.size, models)
    parts = [
        linker.update(new, frame).features
        for number, (frame, new) in enumerate(detections.by_frame())
        if number < ONLINE_FRAMES
    ]
    features = np.concatenate([np.zeros((0, len(ONLINE_NAMES)), np.float32), *parts])
    identity = labelled.identity[: len(features)]
    rows = _sample(identity != NOT_COUNTED, parameters)
    return _weighted(features[rows], identity[rows] >= 0, labelled.importance)


def link_examples(
    labelled: LabelledScene, models: Models, parameters: CalibratedTrainingParameters
) -> WeightedExamples:
    """Candidate links as the model of links first sees them; the target is whether it is the next detection.

    Args:
        labelled: a video.
        models: models of objects that do not know the video.
        parameters: of the training.
    """
    scene, identity = labelled.scene, labelled.identity
    classifier, estimate = _calibrated(labelled, models, LEARNED_ROUND)
    alone = classifier.alone(classifier.features(estimate.successor, estimate.ratio))
    links = candidate_links(scene, estimate, LONGEST_GAP, least=LOWEST_RATIO)
    pairs = Pairs(links.earlier, links.later)
    of_object = (identity[links.earlier] >= 0) | (identity[links.later] >= 0)
    rows = _sample(of_object & has_ground_truth(pairs, identity), parameters)
    features = link_features(scene, links, estimate.successor, alone, usual_ratio(estimate))[rows]
    examples = _weighted(features, is_next(pairs, identity)[rows], labelled.importance)
    ratio = np.clip(features[:, LINK_NAMES.index("ratio")].astype(np.float64), LOWEST, HIGHEST)
    return replace(examples, margin=SCALE * ratio + SHIFT)


def _calibrated(labelled: LabelledScene, models: Models, rounds: int) -> tuple[ObjectClassifier, Estimate]:
    scene = labelled.scene
    classifier = ObjectClassifier(scene, labelled.frame_rate, models.alone, models.in_track)
    return classifier, calibrate(scene, classifier, models.links, rounds=rounds)


def _object_examples(
    labelled: LabelledScene, features: Features, parameters: CalibratedTrainingParameters
) -> WeightedExamples:
    rows = _sample(labelled.identity != NOT_COUNTED, parameters)
    return _weighted(features[rows], labelled.identity[rows] >= 0, labelled.importance)


def _sample(usable: BoolArray, parameters: CalibratedTrainingParameters) -> IntArray:
    """Usable rows, ascending: all, or a random choice of the largest permitted number."""
    rows = np.flatnonzero(usable)
    if len(rows) > parameters.rows_per_example:
        random = np.random.default_rng(parameters.seed)
        rows = np.sort(random.choice(rows, parameters.rows_per_example, replace=False))
    return rows


def _weighted(features: Features, target: BoolArray, importance: float) -> WeightedExamples:
    """Rows of one scene, which counts by its importance and the square root of their number."""
    weight: FloatArray = np.full(len(target), importance / max(len(target), 1) ** 0.5)
    return WeightedExamples(features, target, weight)


def train_alone(examples: Sequence[WeightedExamples], parameters: CalibratedTrainingParameters) -> Any:
    """The model of a detection by itself: it sees the features in `OWN` only. Raises as `train_booster`."""
    columns = [object_features.NAMES.index(name) for name in OWN]
    own = [replace(part, features=part.features[:, columns]) for part in examples]
    return _train(own, OWN, OBJECTS, parameters)


def train_in_track(examples: Sequence[WeightedExamples], parameters: CalibratedTrainingParameters) -> Any:
    """The model of a detection with its track. Raises as `train_booster`."""
    return _train(examples, object_features.NAMES, OBJECTS, parameters)


def train_online(examples: Sequence[WeightedExamples], parameters: CalibratedTrainingParameters) -> Any:
    """The model of a detection with its track so far. Raises as `train_booster`."""
    return _train(examples, ONLINE_NAMES, OBJECTS, parameters)


def train_links(examples: Sequence[WeightedExamples], parameters: CalibratedTrainingParameters) -> Any:
    """The model of links: what to add to the scaled likelihood ratio. Raises as `train_booster`."""
    return _train(examples, LINK_NAMES, LINKS, parameters)


def _train(
    examples: Sequence[WeightedExamples], names: tuple[str, ...], kinds: str, parameters: CalibratedTrainingParameters
) -> Any:
    """Trees of one model; base score 0.5, so that without a margin the trees begin at log odds of 0."""
    return train_booster(
        examples,
        names,
        kinds,
        parameters,
        rounds=parameters.tree_count,
        max_depth=parameters.depth,
        reg_lambda=5.0,
        base_score=0.5,
        nthread=THREADS,
    )
