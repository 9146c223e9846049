"""Training of the first level: boosted trees on context and appearance of annotated sequences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.appearance import AppearanceGate, Appearances, ComparedPairs
from siamlink.association.appearance.loaded_appearance import RANKS
from siamlink.association.boosting.booster import BoostingParameters, WeightedExamples, train_booster
from siamlink.association.matcher import (
    DETECTION_FEATURES,
    Matcher,
    detection_features,
    link_feature_names,
    link_features,
)
from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.association.pairs.features import (
    CONTEXT_CHOICE,
    GAP_FEATURES,
    PAIR_FEATURES,
    PAPER_FEATURES,
    ContextChoice,
    pair_features,
    past_motion,
)
from siamlink.association.pairs.gap_prior import PAIR_LABEL, GapPrior, PairLabel
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.training.ground_truth import (
    NOT_COUNTED,
    GroundTruth,
    has_ground_truth,
    identify,
    is_next,
    label_pairs,
)
from siamlink.detectors.detections import Detections


class TrainingParameters(BoostingParameters):
    """How the boosted models are trained."""

    link_rounds: int = Field(300, ge=1, le=5000, description="number of trees of the matching model by context")
    link_depth: int = Field(5, ge=1, le=12, description="depth of the trees of the matching model by context")
    appearance_rounds: int = Field(
        300, ge=1, le=5000, description="number of trees of the matching model by context and appearance"
    )
    appearance_depth: int = Field(
        3, ge=1, le=12, description="depth of the trees of the matching model by context and appearance"
    )
    detection_rounds: int = Field(150, ge=1, le=5000, description="number of trees of the detection model")
    detection_depth: int = Field(3, ge=1, le=12, description="depth of the trees of the detection model")
    context: ContextChoice = Field("full", description=CONTEXT_CHOICE)
    pair_label: PairLabel = Field("next", description=PAIR_LABEL)
    pairs_per_example: int = Field(
        100_000,
        ge=100,
        description="maximum number of pairs per sequence for the context model; from more, a sample is drawn",
    )


@dataclass(frozen=True)
class LinkExample:
    """One annotated sequence with one set of detections, ready to learn from.

    Attributes:
        detections: N detections.
        scene: their statistics.
        pairs: P candidate pairs.
        features: (P, F) contextual features of the pairs.
        identity: (N,) of each detection; see `identify`.
        compared: comparisons of some of the pairs by appearance; None without an appearance or without images.
        descriptor: (N, D) unit descriptors of the detections; None likewise.
    """

    detections: Detections
    scene: SceneStatistics
    pairs: Pairs
    features: NDArray[np.float32]
    identity: NDArray[np.int64]
    compared: ComparedPairs | None = None
    descriptor: NDArray[np.float32] | None = None


def make_link_example(
    detections: Detections, truth: GroundTruth, frame_rate: float, gate: GateParameters
) -> LinkExample:
    """Compute the pairs, features and identities of one sequence's detections."""
    scene = SceneStatistics.of(detections)
    pairs = candidate_pairs(detections, frame_rate, gate)
    motion = past_motion(detections, pairs)
    features = pair_features(detections, pairs, scene.score_rank(detections), frame_rate, motion)
    return LinkExample(detections, scene, pairs, features, identify(detections, truth))


def train_matcher(examples: Sequence[LinkExample], parameters: TrainingParameters) -> Matcher:
    """Train the context model, then the detection model, which uses the probabilities of the context model.

    Raises:
        InputError: there is nothing to learn from: no pair, or pairs or detections of one kind only.
    """
    context = _train_context_model(examples, parameters)
    gaps = _count_gaps(examples) if parameters.pair_label == "same" else None
    return Matcher(context, _train_detection_model(examples, Matcher(context, None), parameters), gaps=gaps)


def add_appearance(
    matcher: Matcher,
    appearance: Appearances,
    gate: AppearanceGate,
    examples: Sequence[LinkExample],
    parameters: TrainingParameters,
) -> Matcher:
    """Train the link model of a matcher, on the compared pairs that its context model leaves open.

    Args:
        matcher: with a context model.
        appearance: that compared the pairs.
        gate: which pairs the context model leaves open.
        examples: those without comparisons are skipped.
        parameters: of the training.

    Raises:
        InputError: there is nothing to learn from: no such pairs, or of one kind only.
    """
    names = link_feature_names(appearance)
    columns = _learned_columns(names, parameters.context)
    parts = []
    for example in examples:
        if example.compared is None:
            continue
        is_open = gate.leaves_open(matcher.context_probability(example.features)) & example.compared.available
        rows = np.flatnonzero(is_open)
        pairs = example.pairs[rows]
        features = link_features(appearance, example.features[rows], example.compared[rows], pairs)[:, columns]
        counted = has_ground_truth(pairs, example.identity)
        target = label_pairs(example.pairs, example.identity, parameters.pair_label)[rows]
        parts.append(WeightedExamples.of_video(features[counted], target[counted]))
    link = train_booster(
        parts,
        [names[column] for column in columns],
        "open pairs of consecutive detections of one object and other open pairs, in frames with images",
        parameters,
        rounds=parameters.appearance_rounds,
        max_depth=parameters.appearance_depth,
        reg_lambda=5.0,
    )
    return replace(matcher, link=link, appearance=appearance)


def _train_context_model(examples: Sequence[LinkExample], parameters: TrainingParameters) -> Any:
    random, columns = np.random.default_rng(parameters.seed), _learned_columns(PAIR_FEATURES, parameters.context)
    parts = []
    for example in examples:
        rows = np.flatnonzero(has_ground_truth(example.pairs, example.identity))
        if len(rows) > parameters.pairs_per_example:
            rows = np.sort(random.choice(rows, parameters.pairs_per_example, replace=False))
        target = label_pairs(example.pairs, example.identity, parameters.pair_label)[rows]
        parts.append(WeightedExamples.of_video(example.features[rows][:, columns], target))
    return train_booster(
        parts,
        [PAIR_FEATURES[column] for column in columns],
        "pairs of consecutive detections of one object and other pairs",
        parameters,
        rounds=parameters.link_rounds,
        max_depth=parameters.link_depth,
        reg_lambda=5.0,
    )


def _count_gaps(examples: Sequence[LinkExample]) -> GapPrior:
    """The probabilities of gaps between consecutive detections of one object."""
    gaps = [each.pairs.gap(each.detections.frame)[is_next(each.pairs, each.identity)] for each in examples]
    return GapPrior.estimate(gaps)


def _learned_columns(names: tuple[str, ...], context: ContextChoice) -> list[int]:
    """The columns to learn from, of features with these names."""
    learned = {
        "full": {*PAIR_FEATURES, *RANKS},
        "paper": {*PAPER_FEATURES},
        "paper-gap": {*PAPER_FEATURES, *GAP_FEATURES},
    }
    left_out = {*PAIR_FEATURES, *RANKS} - learned[context]
    return [place for place, name in enumerate(names) if name.rpartition(".")[2] not in left_out]


def _train_detection_model(examples: Sequence[LinkExample], matcher: Matcher, parameters: TrainingParameters) -> Any:
    """Train on each detection twice: with the support from later frames and, as in online tracking, without."""
    parts = []
    for example in examples:
        counted = example.identity != NOT_COUNTED
        probability = matcher.context_probability(example.features)
        for future in (True, False):
            features = detection_features(example.detections, example.scene, example.pairs, probability, future)
            parts.append(WeightedExamples.of_video(features[counted], example.identity[counted] >= 0))
    return train_booster(
        parts,
        DETECTION_FEATURES,
        "detections of objects and false detections",
        parameters,
        rounds=parameters.detection_rounds,
        max_depth=parameters.detection_depth,
        reg_lambda=10.0,
    )
