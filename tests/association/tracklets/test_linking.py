"""Tracks made from tracklets of a synthetic street."""

from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.solvers import solve_hungarian, solve_lp
from siamlink.association.tracklets.linking import (
    SecondLevelParameters,
    TrackletAppearance,
    TrackletCostParameters,
    describe_tracklets,
    link_tracklets,
    tracklet_problem,
)
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.tracklets import TrackletParameters, make_tracklets
from siamlink.association.training.tracklet_training import (
    TrackletTrainingParameters,
)
from siamlink.detectors.detections import Detections

PARAMETERS = SecondLevelParameters()
VIDEO = VideoInfo(30, last_frame=10_000)
"""A video that goes on for long after all tracklets."""
QUICK = TrackletTrainingParameters(link_rounds=60, object_rounds=40, learning_rate=0.1, min_leaf_weight=1)


def purity(ids: np.ndarray, identity: np.ndarray) -> float:
    """The share of detections in tracks that have the identity of most of their track."""
    used = ids > 0
    most = sum(np.bincount(identity[ids == track]).max() for track in np.unique(ids[used]))
    return most / used.sum()


@pytest.mark.parametrize("solve", [solve_lp, solve_hungarian])
def test_tracklets_of_one_object_are_joined(
    solve: Callable, second_level: TrackletMatcher, broken_up: Callable
) -> None:
    tracklets, scene, identity = broken_up(300)
    linked = link_tracklets(tracklets, scene, VIDEO, second_level, PARAMETERS, solve)
    ids, pairs, probability = linked.track_id, linked.pairs, linked.probability
    assert ids.dtype == np.int32
    assert len(np.unique(ids)) < 0.6 * len(tracklets)
    assert purity(ids, identity) > 0.9
    for track in np.unique(ids[ids > 0]):
        frames = tracklets.detections.frame[ids == track]
        assert len(np.unique(frames)) == len(frames), "tracklets of one track never overlap in time"
    frame, owner = tracklets.detections.frame, tracklets.owner
    assert (frame[pairs.earlier] == tracklets.last.frame[owner[pairs.earlier]]).all()
    assert (frame[pairs.later] == tracklets.first.frame[owner[pairs.later]]).all()
    assert ((probability >= 0) & (probability <= 1)).all()
    true = identity[pairs.earlier] == identity[pairs.later]
    assert probability[true].mean() > 3 * probability[~true].mean(), "true ones also skip a tracklet, which is not next"


def test_without_tracklets_there_are_no_tracks(second_level: TrackletMatcher) -> None:
    nothing = Detections.empty()
    tracklets = make_tracklets(nothing, np.zeros(0, np.int32), np.zeros(0), 25.0, TrackletParameters())
    linked = link_tracklets(tracklets, SceneStatistics.of(nothing), VIDEO, second_level, PARAMETERS, solve_lp)
    assert linked.track_id.shape == linked.probability.shape == (0,)


def test_only_tracklets_with_candidates_are_described(broken_up: Callable) -> None:
    tracklets, _, _ = broken_up(300)
    asked = []

    def describe(detections: Detections, rows: np.ndarray) -> np.ndarray:
        asked.append(rows)
        return np.tile([1.0, 0.0], (len(rows), 1))

    pairs = Pairs(np.array([0, 0]), np.array([3, 5]))
    seen = describe_tracklets(tracklets, pairs, TrackletParameters(best_crops=4), TrackletAppearance(describe))
    (rows,) = asked
    assert set(tracklets.owner[rows]) == {0, 3, 5}
    assert np.bincount(tracklets.owner[rows]).max() <= 4
    assert np.isfinite(seen.descriptor[[0, 3, 5]]).all()
    assert np.isnan(np.delete(seen.descriptor, [0, 3, 5], axis=0)).all()
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert describe_tracklets(tracklets, none, TrackletParameters(), TrackletAppearance(describe)) is tracklets


def test_costs_are_log_likelihoods(broken_up: Callable) -> None:
    tracklets, _, _ = broken_up(300)
    costs = TrackletCostParameters(bias=0.25, min_link_probability=0.2)
    pairs = Pairs(np.array([0, 0, 1]), np.array([3, 5, 6]))
    person = np.full(len(tracklets), 0.8)
    problem = tracklet_problem(tracklets, pairs, np.array([0.5, 0.1, 0.9]), person, VIDEO.last_frame, costs)
    assert problem.link == pytest.approx(-np.log([0.5, 0.9]))
    assert problem.pairs.later.tolist() == [3, 6]
    pieces = np.clip(tracklets.count / (tracklets.frame_rate * costs.independent_seconds), 0.5, 6)
    assert problem.detection == pytest.approx(pieces * np.log(0.2 / 0.8) + 0.25)
    assert (problem.entry == costs.entry).all()
    assert (problem.exit == costs.exit).all(), "all of them ended long before"


@pytest.mark.slow
def test_the_exit_cost_rises_with_the_time_before_the_last_frame(broken_up: Callable) -> None:
    tracklets, _, _ = broken_up(300)
    costs, nothing = (
        TrackletCostParameters(exit=3, exit_ramp_seconds=2),
        Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)),
    )
    last = int(tracklets.last.frame.max())
    chances = np.zeros(0), np.full(len(tracklets), 0.8)
    exit_cost = tracklet_problem(tracklets, nothing, *chances, last, costs).exit
    seconds = (last - tracklets.last.frame) / tracklets.frame_rate
    assert exit_cost == pytest.approx(np.clip(1.5 * seconds, 0, 3))
    assert exit_cost.min() == 0 < exit_cost.max()
