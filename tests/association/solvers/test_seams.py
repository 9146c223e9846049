"""Programs solved in segments against the same programs solved at once."""

import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.pieces import BeyondPieceError, SolvedPiece, pieces_of, solve_piece
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.seams import Segmented, join_pieces, solve_in_segments
from siamlink.association.solvers.solvers import solve_lp
from siamlink.tools.studies.benchmarks.problems import crowd_problem


def crossing_paths(seed: int, frames: int, gap: int, links_only: bool = False) -> LinkProblem:
    """Up to five nodes in each frame and links over gaps; without costs of nodes, every link has a gain."""
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(1, frames + 1), rng.integers(0, 6, frames)).astype(np.int32)
    earlier, later = np.nonzero((frame[:, None] < frame) & (frame - frame[:, None] <= gap))
    some = rng.random(len(earlier)) < rng.choice([0.2, 0.5, 0.9])
    pairs = Pairs(earlier[some], later[some])
    if links_only:
        nothing = np.zeros(len(frame))
        return LinkProblem(frame, nothing, nothing, nothing, pairs, -rng.exponential(3, len(pairs)))
    entry, exit_ = rng.uniform(0, 4, (2, len(frame)))
    return LinkProblem(frame, rng.normal(-1, 1.5, len(frame)), entry, exit_, pairs, rng.exponential(1.5, len(pairs)))


def assert_same(problem: LinkProblem, segmented: Segmented) -> None:
    whole, solution = solve_lp(problem), segmented.solution
    assert solution.objective == pytest.approx(whole.objective, rel=1e-12, abs=1e-9)
    assert solution.successor.tolist() == whole.successor.tolist()
    assert solution.used.tolist() == whole.used.tolist()


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(1, 40),
    gap=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 42), max_size=8),
    halo=st.integers(0, 6),
    links_only=st.booleans(),
)
def test_segments_have_the_optimum_of_the_program(
    seed: int, frames: int, gap: int, cuts: list[int], halo: int, links_only: bool
) -> None:
    problem = crossing_paths(seed, frames, gap, links_only)
    assert_same(problem, solve_in_segments(problem, cuts, halo))


def test_seams_are_widened_and_circles_cancelled_where_halos_are_too_small() -> None:
    happened: Counter[str] = Counter()
    for seed in range(40):
        problem = crossing_paths(seed, frames=60, gap=4)
        segmented = solve_in_segments(problem, [15, 30, 45], halo=2 + seed % 8)
        assert_same(problem, segmented)
        for seam in segmented.seams:
            happened["agreed" if seam.widened == 0 else "widened"] += 1
            happened["widened twice"] += seam.widened > 1
            happened["certified at once"] += seam.certificate.violated == 0
            happened["window of the certificate widened"] += seam.certificate.windows > 1
            happened["cancelled"] += seam.certificate.cancelled > 0
    assert min(happened.values()) >= 5, happened


def crowd(seed: int) -> LinkProblem:
    """2,000 nodes, twenty in a frame, with the likely links, no two of which cost the same."""
    problem = crowd_problem(2000, seed)
    likely = problem.link < 1
    noise = np.random.default_rng(seed).uniform(0, 0.01, likely.sum())
    return replace(problem, pairs=problem.pairs[likely], link=problem.link[likely] + noise)


@pytest.mark.parametrize("segments", [2, 5, 17])
def test_a_crowd_in_segments(segments: int) -> None:
    problem = crowd(segments)
    frames = np.arange(problem.frame[0], problem.frame[-1])
    cuts = np.random.default_rng(segments).choice(frames, segments - 1, replace=False)
    for halo in (3, 30):
        segmented = solve_in_segments(problem, cuts.tolist(), halo)
        assert len(segmented.seams) == segments - 1
        assert_same(problem, segmented)


def test_pieces_can_be_solved_elsewhere_and_joined_as_they_come() -> None:
    problem = crowd(1)
    cuts = list(range(20, int(problem.frame[-1]), 20))
    sent = [pickle.dumps(piece) for piece in pieces_of(problem, cuts, halo=8)]
    solved = (pickle.loads(pickle.dumps(solve_piece(pickle.loads(piece)))) for piece in sent)
    whole, joined, cost = solve_lp(problem), 0, 0.0
    for final in join_pieces(solved):
        assert final.node.tolist() == list(range(joined, joined + len(final.node)))
        assert final.successor.tolist() == whole.successor[final.node].tolist()
        assert final.used.tolist() == whole.used[final.node].tolist()
        joined, cost = joined + len(final.node), cost + final.cost
    assert joined == len(problem)
    assert cost == pytest.approx(whole.objective, abs=1e-6 * len(problem))


def test_of_several_optima_one_is_found() -> None:
    problem = crowd_problem(1000)
    problem = replace(problem, link=np.ceil(problem.link))
    solution = solve_in_segments(problem, [10, 30], halo=5).solution
    assert solution.objective == pytest.approx(solve_lp(problem).objective, abs=1e-6)


def test_a_stream_that_would_have_to_change_final_links_fails() -> None:
    """One object too many: who leaves is decided at the end of a chain of pieces without any choice between."""
    frames = 40
    frame = np.repeat(np.arange(frames), 2).astype(np.int32)
    row = np.arange(2 * frames - 2)
    pairs = Pairs(np.append(row, 0), np.append(row + 2, 3))
    detection = np.full(2 * frames, -1.0)
    detection[-2] = 500.0
    link = np.append(np.zeros(len(row)), 0.5)
    entry = np.where(frame == 0, 0.1, 1000.0)
    exit_ = np.where(frame == frames - 1, 0.1, 30.0)
    problem = LinkProblem(frame, detection, entry, exit_, pairs, link)
    cuts = [9, 19, 29]
    with pytest.raises(BeyondPieceError):
        list(join_pieces(map(solve_piece, pieces_of(problem, cuts, halo=1))))
    assert_same(problem, solve_in_segments(problem, cuts, halo=1))


def test_a_fault_in_joining_is_an_error_and_not_a_search_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(pieces: Sequence[SolvedPiece], kept: int) -> NoReturn:
        tried.append(kept)
        raise BeyondPieceError

    monkeypatch.setattr("siamlink.association.solvers.seams.join_pieces", fail)
    with pytest.raises(BeyondPieceError):
        solve_in_segments(crossing_paths(1, 60, 3), [15, 30, 45, 50], halo=5)
    assert tried == [1, 2, 4, 8]


def test_nothing_in_segments() -> None:
    nothing = np.zeros(0)
    none = np.zeros(0, np.int64)
    problem = LinkProblem(none.astype(np.int32), nothing, nothing, nothing, Pairs(none, none), nothing)
    segmented = solve_in_segments(problem, [3, 8], halo=2)
    assert segmented.solution.objective == 0
    assert segmented.seams == ()


def test_segments_need_not_count_the_nodes_before_them() -> None:
    """Nodes are numbered by their frame, in the tens of millions, and their place in it."""
    problem = crowd(2)
    place = np.arange(len(problem)) - np.searchsorted(problem.frame, problem.frame)
    problem = replace(problem, frame=problem.frame + 60_000_000)
    number = problem.frame.astype(np.int64) * 2**20 + place
    cuts = [60_000_030, 60_000_060]
    pieces = [replace(piece, node=number[piece.node]) for piece in pieces_of(problem, cuts, halo=8)]
    finals = list(join_pieces(map(solve_piece, pieces)))
    successor = np.concatenate([final.successor for final in finals])
    expected = solve_lp(problem).successor
    assert np.concatenate([final.node for final in finals]).tolist() == number.tolist()
    assert successor.tolist() == np.where(expected < 0, -1, number[expected]).tolist()
