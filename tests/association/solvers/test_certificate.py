"""Wrong flows and wrong potentials, which the certificate must find."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers import seams
from siamlink.association.solvers.certificate import certified
from siamlink.association.solvers.pieces import SolvedPiece, pieces_of, solve_piece
from siamlink.association.solvers.problem import LinkProblem, make_solution
from siamlink.association.solvers.residual import residual_arcs
from siamlink.association.solvers.solvers import solve_lp


def paths(seed: int, frames: int = 30) -> LinkProblem:
    """Up to five nodes in each frame, and links over gaps of up to three frames."""
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(1, frames + 1), rng.integers(0, 6, frames)).astype(np.int32)
    earlier, later = np.nonzero((frame[:, None] < frame) & (frame - frame[:, None] <= 3))
    some = rng.random(len(earlier)) < 0.5
    entry, exit_ = rng.uniform(0, 4, (2, len(frame)))
    pairs = Pairs(earlier[some], later[some])
    return LinkProblem(frame, rng.normal(-1, 1.5, len(frame)), entry, exit_, pairs, rng.exponential(1.5, len(pairs)))


def whole(problem: LinkProblem) -> SolvedPiece:
    (piece,) = pieces_of(problem, [], 0)
    return solve_piece(piece)


def assert_proved(piece: SolvedPiece) -> None:
    """No arc of the residual network costs less than the difference of the potentials at its ends."""
    tail, head, cost = residual_arcs(piece.problem, make_solution(piece.problem, piece.used, piece.linked))
    potential = np.append(piece.potential, 0.0)
    assert (cost + potential[tail] >= potential[head]).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1))
def test_a_flow_without_some_of_its_links_is_repaired(seed: int, share: float) -> None:
    optimum = whole(paths(seed))
    kept = np.random.default_rng(seed).random(len(optimum.linked)) >= share
    wrong = replace(optimum, linked=optimum.linked & kept)
    repaired, certificate = certified(wrong)
    assert_proved(repaired)
    assert repaired.linked.tolist() == optimum.linked.tolist()
    assert repaired.used.tolist() == optimum.used.tolist()
    assert (certificate.cancelled > 0) == (wrong.linked.tolist() != optimum.linked.tolist())


def test_no_tracks_at_all_are_repaired() -> None:
    optimum = whole(paths(5))
    nothing = np.zeros_like(optimum.potential)
    wrong = replace(optimum, used=optimum.used & False, linked=optimum.linked & False, potential=nothing)
    repaired, certificate = certified(wrong)
    assert repaired.linked.tolist() == optimum.linked.tolist()
    assert certificate.cancelled >= np.unique(solve_lp(paths(5)).track_ids()).max()


def test_two_objects_that_change_places_are_found() -> None:
    """Every other choice of links is a circle without the hub."""
    pairs = Pairs(np.array([0, 0, 1, 1]), np.array([2, 3, 2, 3]))
    costs = np.full(4, -50.0), np.ones(4), np.ones(4)
    problem = LinkProblem(np.array([1, 1, 2, 2], np.int32), *costs, pairs, np.array([0.1, 0.2, 0.3, 0.2]))
    optimum = whole(problem)
    assert optimum.linked.tolist() == [True, False, False, True]
    repaired, certificate = certified(replace(optimum, linked=~optimum.linked))
    assert repaired.linked.tolist() == optimum.linked.tolist()
    assert certificate.cancelled == 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(0, 1e7))
def test_any_potentials_are_made_a_proof_without_a_change_of_the_flow(seed: int, size: float) -> None:
    optimum = whole(paths(seed))
    noise = np.rint(np.random.default_rng(seed).normal(0, size, len(optimum.potential)))
    proved, certificate = certified(replace(optimum, potential=optimum.potential + noise))
    assert_proved(proved)
    assert proved.linked.tolist() == optimum.linked.tolist()
    assert certificate.cancelled == 0


def test_pieces_joined_where_they_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every cut were one through which both choose the same links."""
    monkeypatch.setattr(seams, "_agreed_cuts", lambda left, right: np.arange(right.first - 1, left.last + 1))
    cancelled = 0
    for seed in range(30):
        problem = paths(seed)
        solution, joined = seams.solve_in_segments(problem, [7, 15, 23], halo=1)
        assert solution.successor.tolist() == solve_lp(problem).successor.tolist()
        assert not any(seam.widened for seam in joined)
        cancelled += sum(seam.certificate.cancelled for seam in joined)
    assert cancelled > 10
