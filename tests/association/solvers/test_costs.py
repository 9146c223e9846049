from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.matcher import detection_features
from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.association.pairs.features import pair_features, past_motion
from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import CostParameters, hold_tracks, link_problem, undecided
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import Solver, solve_hungarian, solve_lp
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing

COSTS = CostParameters(entry=3.0, exit=4.0, detection_bias=0.25, min_link_probability=0.1, probability_floor=0.02)


def in_frames(*frames) -> Detections:
    count = len(frames)
    return Detections(frames, np.tile([0, 0, 10, 20], (count, 1)), np.ones(count), np.zeros(count))


def test_costs_are_negative_logarithms_of_the_probabilities():
    pairs = Pairs(np.array([0, 1, 0]), np.array([1, 2, 2]))
    made = link_problem(in_frames(1, 2, 3), pairs, np.array([0.5, 0.1, 0.0999]), np.array([0.5, 0.9, 0.2]), COSTS)
    assert made.frame.tolist() == [1, 2, 3]
    assert made.link == pytest.approx([np.log(2), np.log(10)])
    assert (made.pairs.earlier.tolist(), made.pairs.later.tolist()) == ([0, 1], [1, 2])
    assert made.detection == pytest.approx([0.25, 0.25 - np.log(9), 0.25 + np.log(4)])
    assert (made.entry.tolist(), made.exit.tolist()) == ([3] * 3, [4] * 3)


def test_a_gap_adds_its_own_cost_to_the_links_that_are_likely_enough():
    pairs, gaps = Pairs(np.array([0, 1, 0]), np.array([1, 2, 2])), GapPrior(np.array([0.9, 0.1]))
    link, detection = np.array([0.5, 0.1, 0.0999]), np.array([0.5, 0.9, 0.2])
    made = link_problem(in_frames(1, 2, 4), pairs, link, detection, COSTS, gaps)
    assert made.link == pytest.approx([np.log(2) - np.log(0.9), np.log(10) - np.log(0.1)])


def test_certainty_costs_no_more_than_the_floor_allows():
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]))
    made = link_problem(in_frames(1, 2, 2), pairs, np.array([1.0, 0.0]), np.array([0.0, 1.0, 0.5]), COSTS)
    assert made.detection == pytest.approx([0.25 + np.log(49), 0.25 - np.log(49), 0.25])
    assert made.link.tolist() == [0]
    assert made.pairs.later.tolist() == [1]


def test_the_most_probable_chain_is_the_cheapest():
    """Link and detection probabilities of a chain multiply; the costs of the optimal tracks are its logarithm."""
    pairs = Pairs(np.array([0, 1]), np.array([1, 2]))
    made = link_problem(in_frames(1, 2, 3), pairs, np.array([0.9, 0.8]), np.array([0.97, 0.97, 0.97]), COSTS)
    odds = (0.97 / 0.03) ** 3 * 0.9 * 0.8
    assert solve_lp(made).objective == pytest.approx(3 + 4 + 3 * 0.25 - np.log(odds))


def test_without_detections_there_is_an_empty_problem():
    none = np.zeros(0, np.int64)
    made = link_problem(Detections.empty(), Pairs(none, none), np.zeros(0), np.zeros(0), CostParameters())
    assert (len(made), len(made.pairs)) == (0, 0)
    assert solve_lp(made).objective == solve_hungarian(made).objective == 0


@pytest.mark.parametrize(("shift", "scale", "later"), [(64, 1, 0), (0, 2, 0), (-32, 1, 500)])
def test_the_optimum_of_a_scene_depends_neither_on_place_scale_nor_start(matcher, shift, scale, later):
    """Corners on a grid stay exact when they are moved, so that the features are the same."""

    def optimum(detections: Detections) -> float:
        scene = SceneStatistics.of(detections)
        pairs = candidate_pairs(detections, 30, GateParameters())
        motion = past_motion(detections, pairs)
        features = pair_features(detections, pairs, scene.score_rank(detections), 30, motion)
        link = matcher.context_probability(features)
        person = matcher.detection_probability(detection_features(detections, scene, pairs, link))
        return solve_lp(link_problem(detections, pairs, link, person, CostParameters())).objective

    found = crossing().detections()
    on_grid = Detections(found.frame, np.rint(found.box * 4) / 4, found.score, found.label)
    moved = Detections(on_grid.frame + later, on_grid.box * scale + shift, on_grid.score, on_grid.label)
    assert optimum(on_grid) < -100
    assert optimum(moved) == pytest.approx(optimum(on_grid), rel=1e-3)


@pytest.mark.slow
@given(
    st.integers(0, 1000),
    st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=1, max_size=24),
    st.sampled_from([solve_lp, solve_hungarian]),
)
def test_fixed_tracks_stay_and_only_their_ends_are_linked(seed: int, held: list[int], solve: Solver):
    rng, count = np.random.default_rng(seed), len(held)
    pairs = Pairs(*(each.astype(np.int64) for each in np.triu_indices(count, 1)))
    problem = LinkProblem(
        frame=np.arange(1, count + 1, dtype=np.int32),
        detection=rng.normal(0, 3, count),
        entry=np.full(count, 5.0),
        exit=np.full(count, 5.0),
        pairs=pairs,
        link=rng.exponential(2, len(pairs)),
    )
    given_ids = np.array(held, np.int32)
    ids = solve(hold_tracks(problem, given_ids)).track_ids()
    for track in set(held) - {0}:
        members = np.flatnonzero(given_ids == track)
        (found,) = set(ids[members].tolist())
        assert found > 0
        others = np.setdiff1d(np.flatnonzero(ids == found), members)
        assert (others > members.max()).all()
        assert (given_ids[others] == 0).all()


@given(seed=st.integers(0, 10**6))
def test_only_undecided_links_matter_to_fixed_tracks(seed):
    random, count = np.random.default_rng(seed), 12
    earlier, later = np.triu_indices(count, 1)
    pairs, nats = Pairs(earlier, later), random.uniform(0.1, 5, len(earlier))
    cost = random.normal(0, 3, count)
    problem = LinkProblem(np.arange(1, count + 1), cost, np.full(count, 2.0), np.full(count, 2.0), pairs, nats)
    held = random.integers(0, 3, count) * (np.arange(count) < 8)
    possible = undecided(pairs, held)
    whole, part = (
        solve_lp(hold_tracks(replace(problem, pairs=pairs[rows], link=nats[rows]), held))
        for rows in (np.ones(len(pairs), bool), possible)
    )
    assert part.track_ids().tolist() == whole.track_ids().tolist()
    assert held.any() == (possible.sum() < len(pairs))


def test_without_fixed_tracks_the_problem_is_unchanged():
    pairs = Pairs(np.array([0]), np.array([1]))
    made = link_problem(in_frames(1, 2), pairs, np.array([0.5]), np.array([0.5, 0.9]), COSTS)
    assert hold_tracks(made, np.zeros(2, np.int32)) is made
