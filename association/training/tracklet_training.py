"""Training of the second level: boosted trees on tracklets that level one made of annotated sequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.boosting.booster import BoostingParameters, train_booster
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.features import (
    TRACKLET_FEATURES,
    TRACKLET_PAIR_FEATURES,
    reversed_in_time,
    tracklet_features,
    tracklet_pair_features,
    without_looks,
)
from siamlink.association.tracklets.matcher import APPEARANCE, TrackletMatcher
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.association.training.ground_truth import IGNORED, NOBODY
from siamlink.detectors.base.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LIKENESS = TRACKLET_PAIR_FEATURES.index("likeness")


class TrackletTrainingParameters(BoostingParameters):
    """How the two boosted models of the second level are trained."""

    link_rounds: int = Field(300, ge=1, le=5000, description="trees of the link model")
    link_depth: int = Field(4, ge=1, le=12, description="depth of its trees")
    person_rounds: int = Field(100, ge=1, le=5000, description="trees of the model of persons")
    person_depth: int = Field(3, ge=1, le=12, description="depth of its trees")
    learning_rate: float = Field(0.06, gt=0, le=1, description="shrinkage of each tree")
    smallest_leaf: float = Field(5.0, ge=0, description="least sum of curvature in a leaf; XGBoost's min_child_weight")


@dataclass(frozen=True)
class TrackletExample:
    """The tracklets of one annotated sequence, ready to learn from.

    Attributes:
        pair_features: (P, F) of the candidate pairs.
        is_next: (P,) whether `later` is the next tracklet of `earlier`'s person.
        pair_known: (P,) whether the truth says anything about the pair.
        features: (T, F) of the tracklets.
        person: (T,) 1 where at least half of a tracklet's detections are people, 0 elsewhere.
        weight: (T,) how much each counts: its detections.
    """

    pair_features: NDArray[np.float32]
    is_next: NDArray[np.bool_]
    pair_known: NDArray[np.bool_]
    features: NDArray[np.float32]
    person: FloatArray
    weight: FloatArray


def make_tracklet_example(
    tracklets: Tracklets,
    pairs: Pairs,
    scene: SceneStatistics,
    identity: IntArray,
    image_size: tuple[int, int] | None,
) -> TrackletExample:
    """Features and labels of T tracklets and P candidate pairs; `identity` (N,) says who each detection is."""
    who = tracklet_identity(tracklets, identity)
    ignored = tracklets.mean((identity == IGNORED).astype(float)) > 0.5
    return TrackletExample(
        pair_features=tracklet_pair_features(tracklets, pairs, image_size),
        is_next=is_next_tracklet(tracklets, pairs, who),
        pair_known=(who[pairs.earlier] != IGNORED) & (who[pairs.later] != IGNORED),
        features=tracklet_features(tracklets, scene),
        person=(tracklets.mean((identity >= 0).astype(float)) >= 0.5).astype(float),
        weight=np.where(ignored, 0.0, tracklets.count),
    )


def tracklet_identity(tracklets: Tracklets, identity: IntArray, smallest_share: float = 0.5) -> IntArray:
    """(T,) who each tracklet is: the identity (N,) that at least such a share of its detections has, else `NOBODY`.

    `IGNORED` counts like a person: a tracklet mostly of ignored detections is ignored.
    """
    owner, who = tracklets.owner[tracklets.member], identity[tracklets.member]
    names, number = np.unique(who, return_inverse=True)
    key, votes = np.unique(owner * len(names) + number, return_counts=True)
    owner, number = key // max(len(names), 1), key % max(len(names), 1)
    enough = (votes >= smallest_share * tracklets.count[owner]) & (names[number] != NOBODY)
    result = np.full(len(tracklets), NOBODY, np.int64)
    result[owner[enough]] = names[number[enough]]
    return result


def is_next_tracklet(tracklets: Tracklets, pairs: Pairs, identity: IntArray) -> NDArray[np.bool_]:
    """(P,) whether `later` is the first tracklet of the same person (T,) that begins after `earlier` has ended."""
    first, last = tracklets.first.frame, tracklets.last.frame
    same = (identity[pairs.earlier] == identity[pairs.later]) & (identity[pairs.earlier] >= 0)
    follows = np.flatnonzero(same & (first[pairs.later] > last[pairs.earlier]))
    order = follows[np.lexsort((first[pairs.later[follows]], pairs.earlier[follows]))]
    nearest = order[np.r_[True, np.diff(pairs.earlier[order]) != 0]] if len(order) else order
    label = np.zeros(len(pairs), bool)
    label[nearest] = True
    return label


def train_tracklet_matcher(
    examples: Sequence[TrackletExample], parameters: TrackletTrainingParameters, appearance: str = ""
) -> TrackletMatcher:
    """Train the two models of the second level; `appearance` is the label of what told the looks, if anything did.

    Each example counts by the square root of its size, so that one long crowded video does not drown the others. What
    was looked at is shown once more without looks, so that the model can do without them.
    The tracklets should come from level-one models that never saw their video: tracklets of a video that level one
    was trained on are better than those that will be met.

    Raises:
        InputError: there is nothing to learn from: no pair, or pairs or tracklets of one kind only.
    """
    link = []
    for example in examples:
        shown, label = example.pair_features[example.pair_known], example.is_next[example.pair_known].astype(float)
        versions = [shown, without_looks(shown)] if np.isfinite(shown[:, LIKENESS]).any() else [shown]
        for version in versions:
            both_ways = np.concatenate([version, reversed_in_time(version)])
            link.append((both_ways, np.tile(label, 2), np.ones(len(both_ways))))
    person = [(e.features, e.person, e.weight) for e in examples]
    trees = _boost(
        link,
        TRACKLET_PAIR_FEATURES,
        parameters,
        parameters.link_rounds,
        max_depth=parameters.link_depth,
        reg_lambda=5.0,
    )
    trees.set_attr(**{APPEARANCE: appearance})
    return TrackletMatcher(
        trees,
        _boost(
            person,
            TRACKLET_FEATURES,
            parameters,
            parameters.person_rounds,
            max_depth=parameters.person_depth,
            reg_lambda=10.0,
        ),
    )


def _boost(
    parts: list[tuple[NDArray[np.float32], FloatArray, FloatArray]],
    names: tuple[str, ...],
    parameters: TrackletTrainingParameters,
    rounds: int,
    **settings: float,
) -> Any:
    """Train on parts of features, labels in [0, 1] and weights."""
    labels = np.concatenate([label for _, label, _ in parts]) if parts else np.zeros(0)
    if not len(labels) or labels.min() == labels.max():
        raise InputError("nothing to learn from: the sequences must hold both tracklet pairs of one person and others")
    weights = np.concatenate([w / max(w.sum(), 1e-9) ** 0.5 for _, _, w in parts])
    features = np.concatenate([feature for feature, _, _ in parts])
    return train_booster(features, labels, weights, names, parameters, rounds, **settings)
