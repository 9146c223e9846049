"""Training of the second level: boosted trees on tracklets that the first level made from annotated sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.boosting.booster import BoostingParameters, WeightedExamples, train_booster
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.features import TRACKLET_FEATURES, tracklet_features
from siamlink.association.tracklets.matcher import APPEARANCE, TrackletMatcher
from siamlink.association.tracklets.pair_features import (
    TRACKLET_PAIR_FEATURES,
    reversed_in_time,
    tracklet_pair_features,
    without_appearance,
)
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED, has_ground_truth
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.parameters import renamed

SIMILARITY = TRACKLET_PAIR_FEATURES.index("similarity")


class TrackletTrainingParameters(BoostingParameters):
    """How the two boosted models of the second level are trained."""

    link_rounds: int = Field(300, ge=1, le=5000, description="number of trees of the matching model")
    link_depth: int = Field(4, ge=1, le=12, description="depth of the trees of the matching model")
    object_rounds: int = Field(
        100,
        ge=1,
        le=5000,
        description="number of trees of the object model",
        json_schema_extra=renamed(former_name="person_rounds"),
    )
    object_depth: int = Field(
        3,
        ge=1,
        le=12,
        description="depth of the trees of the object model",
        json_schema_extra=renamed(former_name="person_depth"),
    )
    learning_rate: float = Field(0.06, gt=0, le=1, description="factor on the contribution of each tree")
    min_leaf_weight: float = Field(
        5.0,
        ge=0,
        description="smallest sum of second derivatives in a leaf (min_child_weight of XGBoost)",
        json_schema_extra=renamed(former_name="smallest_leaf"),
    )


@dataclass(frozen=True)
class TrackletExample:
    """The tracklets of one annotated sequence, ready to learn from.

    Attributes:
        pair_features: (P, F) of the candidate pairs.
        is_next: (P,) whether `later` is the next tracklet of the object of `earlier`.
        pair_counted: (P,) whether a pair has ground truth.
        features: (T, F) of the tracklets.
        is_object: (T,) 1 if at least half of the detections of a tracklet show objects, else 0.
        weight: (T,) number of detections of each tracklet; 0 for tracklets that are not counted.
    """

    pair_features: NDArray[np.float32]
    is_next: NDArray[np.bool_]
    pair_counted: NDArray[np.bool_]
    features: NDArray[np.float32]
    is_object: FloatArray
    weight: FloatArray


def make_tracklet_example(
    tracklets: Tracklets,
    pairs: Pairs,
    scene: SceneStatistics,
    identity: IntArray,
    image_size: tuple[int, int] | None,
) -> TrackletExample:
    """Features and ground truth of tracklets.

    Args:
        tracklets: T tracklets over N detections.
        pairs: P candidate pairs of them.
        scene: statistics of all detections of the scene.
        identity: (N,) of each detection.
        image_size: width and height in pixels, if known.
    """
    of_tracklet = tracklet_identity(tracklets, identity)
    not_counted = tracklets.mean((identity == NOT_COUNTED).astype(float)) > 0.5
    return TrackletExample(
        pair_features=tracklet_pair_features(tracklets, pairs, image_size),
        is_next=is_next_tracklet(tracklets, pairs, of_tracklet),
        pair_counted=has_ground_truth(pairs, of_tracklet),
        features=tracklet_features(tracklets, scene),
        is_object=(tracklets.mean((identity >= 0).astype(float)) >= 0.5).astype(float),
        weight=np.where(not_counted, 0.0, tracklets.count),
    )


def tracklet_identity(tracklets: Tracklets, identity: IntArray, smallest_share: float = 0.5) -> IntArray:
    """(T,) the identity that at least `smallest_share` of a tracklet's detections have, else `NO_OBJECT`.

    `NOT_COUNTED` is treated like an identity: a tracklet mostly of such detections is not counted.
    """
    owner, of_member = tracklets.owner[tracklets.member], identity[tracklets.member]
    identities, number = np.unique(of_member, return_inverse=True)
    key, votes = np.unique(owner * len(identities) + number, return_counts=True)
    owner, number = key // max(len(identities), 1), key % max(len(identities), 1)
    enough = (votes >= smallest_share * tracklets.count[owner]) & (identities[number] != NO_OBJECT)
    result = np.full(len(tracklets), NO_OBJECT, np.int64)
    result[owner[enough]] = identities[number[enough]]
    return result


def is_next_tracklet(tracklets: Tracklets, pairs: Pairs, identity: IntArray) -> NDArray[np.bool_]:
    """(P,) whether `later` is the first tracklet of the same identity (T,) that begins after the end of `earlier`."""
    first, last = tracklets.first.frame, tracklets.last.frame
    same = (identity[pairs.earlier] == identity[pairs.later]) & (identity[pairs.earlier] >= 0)
    follows = np.flatnonzero(same & (first[pairs.later] > last[pairs.earlier]))
    order = follows[np.lexsort((first[pairs.later[follows]], pairs.earlier[follows]))]
    nearest = order[np.r_[True, np.diff(pairs.earlier[order]) != 0]] if len(order) else order
    is_first = np.zeros(len(pairs), bool)
    is_first[nearest] = True
    return is_first


def train_tracklet_matcher(
    examples: Sequence[TrackletExample], parameters: TrackletTrainingParameters, appearance: str = ""
) -> TrackletMatcher:
    """Train the two models of the second level.

    The link model learns from each pair as it is and reversed in time. Where appearance is known, it learns from the
    pair once more without it, so that the model also works without appearance.

    Args:
        examples: tracklets made by first-level models that were not trained on the same video; tracklets of a video
            that the first level was trained on are better than those of new videos.
        parameters: of the training.
        appearance: label of the appearance that the similarities come from; empty without one.

    Raises:
        InputError: there is nothing to learn from: no pair, or pairs or tracklets of one kind only.
    """
    link = train_booster(
        [part for example in examples for part in _link_examples(example)],
        TRACKLET_PAIR_FEATURES,
        "consecutive tracklets of one object and other pairs of tracklets",
        parameters,
        parameters.link_rounds,
        max_depth=parameters.link_depth,
        reg_lambda=5.0,
    )
    link.set_attr(**{APPEARANCE: appearance})
    of_object = train_booster(
        [WeightedExamples.of_video(each.features, each.is_object, each.weight) for each in examples],
        TRACKLET_FEATURES,
        "tracklets of objects and of false detections",
        parameters,
        parameters.object_rounds,
        max_depth=parameters.object_depth,
        reg_lambda=10.0,
    )
    return TrackletMatcher(link, of_object)


def _link_examples(example: TrackletExample) -> Iterator[WeightedExamples]:
    """The pairs with ground truth, in both directions of time; with and without appearance, where it is known."""
    features, target = example.pair_features[example.pair_counted], example.is_next[example.pair_counted]
    versions = [features]
    if np.isfinite(features[:, SIMILARITY]).any():
        versions.append(without_appearance(features))
    for version in versions:
        both_ways = np.concatenate([version, reversed_in_time(version)])
        yield WeightedExamples.of_video(both_ways, np.tile(target.astype(float), 2))
