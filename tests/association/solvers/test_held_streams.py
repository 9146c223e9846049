"""Streams solved frame by frame with all earlier tracks held, against the whole linear program solved anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.costs import hold_tracks
from siamlink.association.solvers.problem import LinkProblem, chain_starts, number_in_order
from siamlink.association.solvers.solvers import certain_links, solve_lp
from siamlink.tools.studies.benchmarks.reference_solvers import solve_by_highs


def stream(seed: int, frames: int = 12) -> LinkProblem:
    """Up to four detections in each frame, and random links over gaps of up to three frames."""
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(1, frames + 1), rng.integers(0, 5, frames))
    earlier, later = np.nonzero(np.subtract.outer(frame, frame) < 0)
    near = (frame[later] - frame[earlier] <= 3) & (rng.random(len(earlier)) < 0.6)
    pairs = Pairs(earlier[near], later[near])
    cost = rng.normal(-1, 2, len(frame))
    entry, exit_ = rng.uniform(0, 3, (2, len(frame)))
    return LinkProblem(frame.astype(np.int32), cost, entry, exit_, pairs, rng.exponential(1.5, len(pairs)))


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_every_frame_has_the_optimum_of_the_program_solved_anew(seed: int) -> None:
    whole, held = stream(seed), np.zeros(0, np.int32)
    for frame in range(1, 13):
        known = whole.frame <= frame
        held = np.append(held, np.zeros(known.sum() - len(held), np.int32))
        problem = hold_tracks(whole.part(known), held)
        solution = solve_lp(problem)
        assert solution.objective == pytest.approx(solve_by_highs(problem), rel=0, abs=1e-5)
        ids = solution.track_ids()
        for track in np.unique(held[held > 0]):
            assert len(np.unique(ids[held == track])) == 1
            assert (ids[held == track] > 0).all()
        final = np.where((held > 0) | (whole.frame[known] == frame), ids, 0)
        held = number_in_order(final).astype(np.int32)


def test_the_links_of_held_tracks_are_certain() -> None:
    problem = stream(3, frames=40)
    ids = solve_lp(problem).track_ids()
    assert np.bincount(ids)[1:].max() > 3
    held = hold_tracks(problem, np.where(problem.frame < 30, ids, 0).astype(np.int32))
    certain = certain_links(held)
    assert (certain >= (held.link < -500)).all()
    assert (held.link < -500).sum() > 5


def test_one_node_cannot_be_forced_into_a_track() -> None:
    frame, pairs = np.array([1, 2], np.int32), Pairs(np.array([0]), np.array([1]))
    costs = np.array([-5.0, 4.0])
    problem = LinkProblem(frame, costs, np.full(2, 1.0), np.full(2, 1.0), pairs, np.array([0.5]))
    assert not certain_links(problem).any()
    assert solve_lp(problem).used.tolist() == [True, False]


def test_chains_begin_at_their_first_nodes() -> None:
    assert chain_starts(np.array([2, 3, 4, -1, 5, -1, -1])).tolist() == [0, 1, 0, 1, 0, 0, 6]
    assert chain_starts(np.zeros(0, np.int64)).tolist() == []
