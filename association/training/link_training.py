"""Training of the matcher: boosted trees on context and looks of annotated sequences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.appearance import RANKS, AppearanceGate, Appearances, Comparisons
from siamlink.association.boosting.booster import BoostingParameters, train_booster
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
    PAIR_FEATURES,
    PAPER_FEATURES,
    ContextChoice,
    pair_features,
    past_motion,
)
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.training.ground_truth import IGNORED, Truth, identify, is_next
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections


class TrainingParameters(BoostingParameters):
    """How the boosted models are trained."""

    link_rounds: int = Field(300, ge=1, le=5000, description="trees of the context model")
    link_depth: int = Field(5, ge=1, le=12, description="depth of its trees")
    appearance_rounds: int = Field(300, ge=1, le=5000, description="trees of the link model that sees looks as well")
    appearance_depth: int = Field(3, ge=1, le=12, description="depth of its trees: the pairs in doubt are few")
    detection_rounds: int = Field(150, ge=1, le=5000, description="trees of the detection model")
    detection_depth: int = Field(3, ge=1, le=12, description="depth of its trees")
    context: ContextChoice = Field("full", description=CONTEXT_CHOICE)
    pairs_per_example: int = Field(100_000, ge=100, description="pairs drawn from one sequence at most")


@dataclass(frozen=True)
class Example:
    """One annotated sequence with one set of detections, ready to learn from.

    Attributes:
        detections: N detections.
        scene: what they look like as a whole.
        pairs: P candidate pairs.
        features: (P, F) contextual features of the pairs.
        identity: (N,) who each detection is.
        compared: what the appearance said of some of the pairs; None where it was not asked or there are no images.
        descriptor: (N, D) unit descriptors of the detections; None likewise.
    """

    detections: Detections
    scene: SceneStatistics
    pairs: Pairs
    features: NDArray[np.float32]
    identity: NDArray[np.int64]
    compared: Comparisons | None = None
    descriptor: NDArray[np.float32] | None = None


def make_example(detections: Detections, truth: Truth, frame_rate: float, gate: GateParameters) -> Example:
    """Compute the pairs, features and identities of one sequence's detections."""
    scene = SceneStatistics.of(detections)
    pairs = candidate_pairs(detections, frame_rate, gate)
    motion = past_motion(detections, pairs)
    features = pair_features(detections, pairs, scene.score_rank(detections), frame_rate, motion)
    return Example(detections, scene, pairs, features, identify(detections, truth))


def train_matcher(examples: Sequence[Example], parameters: TrainingParameters) -> Matcher:
    """Train the context model, then the detection model on top of its probabilities.

    Examples count by the square root of their size, so that one long crowded video does not drown the others.

    Raises:
        InputError: there is nothing to learn from: no pair, or pairs or detections of one kind only.
    """
    context = _train_context_model(examples, parameters)
    return Matcher(context, _train_detection_model(examples, Matcher(context, None), parameters))


def add_appearance(
    matcher: Matcher,
    appearance: Appearances,
    gate: AppearanceGate,
    examples: Sequence[Example],
    parameters: TrainingParameters,
) -> Matcher:
    """Train the link model of a matcher, on the pairs that its context model leaves open and whose looks are known.

    Raises:
        InputError: there is nothing to learn from: no such pairs, or of one kind only.
    """
    names = link_feature_names(appearance)
    columns = _chosen(names, parameters.context)
    parts = []
    for example in examples:
        if example.compared is None:
            continue
        asked = gate.leaves_open(matcher.context_probability(example.features)) & example.compared.known
        rows = np.flatnonzero(asked)
        pairs = example.pairs[rows]
        features = link_features(appearance, example.features[rows], example.compared[rows], pairs)[:, columns]
        known = truth_known(pairs, example.identity)
        parts.append((features[known], is_next(example.pairs, example.identity)[rows][known]))
    link = _boost(
        parts,
        tuple(names[column] for column in columns),
        "open pairs of consecutive detections of one person and others, in frames that can be looked at",
        parameters,
        rounds=parameters.appearance_rounds,
        max_depth=parameters.appearance_depth,
        reg_lambda=5.0,
    )
    return replace(matcher, link=link, appearance=appearance)


def _train_context_model(examples: Sequence[Example], parameters: TrainingParameters) -> Any:
    random, columns = np.random.default_rng(parameters.seed), _chosen(PAIR_FEATURES, parameters.context)
    parts = []
    for example in examples:
        known = np.flatnonzero(truth_known(example.pairs, example.identity))
        if len(known) > parameters.pairs_per_example:
            known = np.sort(random.choice(known, parameters.pairs_per_example, replace=False))
        parts.append((example.features[known][:, columns], is_next(example.pairs, example.identity)[known]))
    return _boost(
        parts,
        tuple(PAIR_FEATURES[column] for column in columns),
        "pairs of consecutive detections of one person and other pairs",
        parameters,
        rounds=parameters.link_rounds,
        max_depth=parameters.link_depth,
        reg_lambda=5.0,
    )


def _chosen(names: tuple[str, ...], context: ContextChoice) -> list[int]:
    """The places of the features to learn from among these names."""
    beyond_the_paper = {*PAIR_FEATURES, *RANKS} - {*PAPER_FEATURES}
    kept = [context == "full" or name.rpartition(".")[2] not in beyond_the_paper for name in names]
    return [place for place, chosen in enumerate(kept) if chosen]


def truth_known(pairs: Pairs, identity: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(P,) whether the truth says anything about both detections."""
    known: NDArray[np.bool_] = (identity[pairs.earlier] != IGNORED) & (identity[pairs.later] != IGNORED)
    return known


def _train_detection_model(examples: Sequence[Example], matcher: Matcher, parameters: TrainingParameters) -> Any:
    """Each detection is shown twice: with the support from later frames, and, as online, without."""
    parts = []
    for example in examples:
        known = example.identity != IGNORED
        probability = matcher.context_probability(example.features)
        for future in (True, False):
            row = detection_features(example.detections, example.scene, example.pairs, probability, future)
            parts.append((row[known], example.identity[known] >= 0))
    return _boost(
        parts,
        DETECTION_FEATURES,
        "detections of people and false ones",
        parameters,
        rounds=parameters.detection_rounds,
        max_depth=parameters.detection_depth,
        reg_lambda=10.0,
    )


def _boost(
    parts: list[tuple[NDArray[np.float32], NDArray[np.bool_]]],
    names: tuple[str, ...],
    kinds: str,
    parameters: TrainingParameters,
    rounds: int,
    **settings: float,
) -> Any:
    """Train on parts of features and labels; a part counts by the square root of its number of rows."""
    labels = np.concatenate([label for _, label in parts]) if parts else np.zeros(0, bool)
    if len(np.unique(labels)) < 2:
        raise InputError(f"nothing to learn from: the sequences must hold both {kinds}")
    weights = np.concatenate([np.full(len(label), max(len(label), 1) ** -0.5) for _, label in parts])
    features = np.concatenate([feature for feature, _ in parts])
    return train_booster(features, labels, weights, names, parameters, rounds, **settings)
