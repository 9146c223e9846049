from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.tracklets.candidates import TrackletGateParameters, candidate_tracklet_pairs
from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED
from siamlink.association.training.tracklet_training import (
    TrackletTrainingParameters,
    is_next_tracklet,
    make_tracklet_example,
    tracklet_identity,
    train_tracklet_matcher,
)
from siamlink.detectors.base.errors import InputError

GATE = TrackletGateParameters()


def test_a_tracklet_is_identities_most_of_it_is(broken_up: Callable) -> None:
    tracklets, _, identity = broken_up(300)
    assert (tracklet_identity(tracklets, identity) == identity[tracklets.first.row]).all()
    mixed = identity.copy()
    mixed[tracklets.owner == 0] = NO_OBJECT
    mixed[tracklets.owner == 1] = NOT_COUNTED
    identities = tracklet_identity(tracklets, mixed)
    assert identities[:2].tolist() == [NO_OBJECT, NOT_COUNTED]


def test_the_next_tracklet_is_the_first_that_follows(broken_up: Callable) -> None:
    tracklets, _, identity = broken_up(300)
    pairs = candidate_tracklet_pairs(tracklets, GATE)
    identities = tracklet_identity(tracklets, identity)
    follows = is_next_tracklet(tracklets, pairs, identities)
    assert follows.any()
    for earlier in np.unique(pairs.earlier[follows]):
        row = np.flatnonzero(follows & (pairs.earlier == earlier))
        assert len(row) == 1
        later = pairs.later[row[0]]
        assert identities[earlier] == identities[later]
        between = (identities == identities[earlier]) & (tracklets.first.frame > tracklets.last.frame[earlier])
        assert tracklets.first.frame[later] == tracklets.first.frame[between].min()


def test_a_model_trained_with_appearance_works_without_it(
    broken_up: Callable, quick_training: TrackletTrainingParameters
) -> None:
    """A similarity that gives the answer does not keep the model from learning motion."""
    with_appearance, without = [], []
    for seed in (100, 101):
        tracklets, scene, identity = broken_up(seed)
        descriptor = np.eye(identity.max() + 2)[tracklet_identity(tracklets, identity)]
        pairs = candidate_tracklet_pairs(tracklets, GATE)
        for examples, version in ((with_appearance, replace(tracklets, descriptor=descriptor)), (without, tracklets)):
            examples.append(make_tracklet_example(version, pairs, scene, identity, None))
            examples.append(make_tracklet_example(version, pairs[:0], scene, np.full(len(identity), NO_OBJECT), None))
    model, motion = (
        train_tracklet_matcher(with_appearance, quick_training, "identities"),
        train_tracklet_matcher(without, quick_training),
    )
    hidden, shown = without[0], with_appearance[0]
    predicted, baseline = (each.link_probability(hidden.pair_features) for each in (model, motion))
    assert squared_error(predicted, hidden.is_next) < 1.2 * squared_error(baseline, hidden.is_next)
    assert squared_error(model.link_probability(shown.pair_features), shown.is_next) < 0.01


def squared_error(predicted: np.ndarray, true: np.ndarray) -> float:
    return float(((predicted - true) ** 2).mean())


def test_without_both_kinds_there_is_nothing_to_learn(
    broken_up: Callable, quick_training: TrackletTrainingParameters
) -> None:
    tracklets, scene, identity = broken_up(300)
    pairs = candidate_tracklet_pairs(tracklets, GATE)
    example = make_tracklet_example(tracklets, pairs, scene, np.full(len(identity), NO_OBJECT), None)
    with pytest.raises(InputError, match="nothing to learn from"):
        train_tracklet_matcher([example], quick_training)
