"""The compiled loops give what NumPy gives, bit by bit."""

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers import program_loops, solvers
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import best_links, in_units, optimum, solve_lp
from siamlink.detectors.base import machine_code

pytestmark = pytest.mark.usefixtures("compiled_at_once")


def tracks_problem(seed: int) -> LinkProblem:
    """Nodes of several objects, most links of which are certain; some are doubtful, some nodes stand alone."""
    rng = np.random.default_rng(seed)
    frames, people = int(rng.integers(1, 12)), int(rng.integers(1, 6))
    shown = np.union1d(0, np.flatnonzero(rng.random(frames * people) < 0.8))
    frame, person = shown // people, shown % people
    i, j = np.nonzero((np.subtract.outer(frame, frame) < 0) & (np.subtract.outer(frame, frame) >= -2))
    chosen = np.flatnonzero((person[i] == person[j]) | (rng.random(len(i)) < 0.05))
    chosen = rng.permutation(chosen)
    cost = np.where(person[i] == person[j], rng.uniform(-2, 1, len(i)), rng.uniform(0, 6, len(i)))[chosen]
    costs = [rng.uniform(-3, 1, len(frame)), rng.uniform(1, 4, len(frame)), rng.uniform(1, 4, len(frame))]
    return LinkProblem(frame.astype(np.int32), *costs, Pairs(i[chosen], j[chosen]), cost)


def by_numpy(monkeypatch, function, *arguments):
    with monkeypatch.context() as patch:
        patch.setattr(solvers, "compiled", lambda *_: None)
        return function(*arguments)


@pytest.mark.parametrize("seed", range(60))
def test_chains_and_optima_are_the_same(seed, monkeypatch):
    assert machine_code.load(solvers.LOOPS) is not None
    problem = in_units(tracks_problem(seed))
    expected = by_numpy(monkeypatch, solvers._chains, problem)
    for column, found, wanted in zip(expected._fields, solvers._chains(problem), expected, strict=True):
        assert found.dtype == wanted.dtype, column
        assert np.array_equal(found, wanted), column
    for found, wanted in zip(optimum(problem), by_numpy(monkeypatch, optimum, problem), strict=True):
        assert np.array_equal(found, wanted)


@pytest.mark.parametrize("seed", range(60))
def test_the_search_finds_the_optimum_of_the_flow_solver_or_says_that_it_does_not_know(seed, monkeypatch):
    problem = tracks_problem(seed)
    solution = by_numpy(monkeypatch, solve_lp, problem)
    for used, successor in (best_links(problem), by_numpy(monkeypatch, best_links, problem)):
        assert np.array_equal(used, solution.used)
        assert np.array_equal(successor, solution.successor)
    ids = by_numpy(monkeypatch, solution.track_ids)
    assert ids.dtype == np.int32
    assert np.array_equal(ids, solution.track_ids())


@pytest.mark.parametrize(("link", "known"), [(3.0, True), (4.0, False), (5.0, True)])
def test_the_search_leaves_a_choice_between_equals_to_the_flow_solver(link, known):
    """One node may be followed by either of two; the first link costs 4."""
    costs, pairs = (np.full(3, -20.0), np.full(3, 5.0), np.full(3, 5.0)), Pairs(np.array([0, 0]), np.array([1, 2]))
    problem = in_units(LinkProblem(np.array([1, 2, 2], np.int32), *costs, pairs, np.array([4.0, link])))
    sides = problem.pairs.earlier, problem.pairs.later
    found = program_loops.small_optimum(problem.detection, problem.entry, problem.exit, *sides, problem.link, 1e12)
    assert found[0] == known
    if known:
        assert found[1].tolist() == [True, True, True]
        assert found[2].tolist() == [link > 4, link < 4]


def test_units_are_the_same_for_halves_and_costs_without_end(monkeypatch):
    nats = np.array([0.5e-6, 1.5e-6, 2.5e-6, -0.5e-6, np.inf, -np.inf, 1e7, 3.25, -1e-9])
    pairs = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    problem = LinkProblem(np.arange(9, dtype=np.int32), nats, nats, nats, pairs, np.zeros(0))
    expected = by_numpy(monkeypatch, in_units, problem)
    assert np.array_equal(in_units(problem).detection, expected.detection)
    assert expected.detection[[4, 5, 7]].tolist() == [1e12, -1e12, 3_250_000]


def test_a_chain_is_one_node_with_the_cost_of_its_nodes_and_links():
    pairs = Pairs(np.array([0, 1, 3]), np.array([1, 2, 4]))
    costs = np.array([-35.0, -36, -37, -31, -31]), np.full(5, 20.0), np.full(5, 20.0)
    problem = LinkProblem(np.array([1, 2, 3, 1, 2], np.int32), *costs, pairs, np.array([1.0, 2, 100]))
    chains = solvers._chains(problem)
    assert chains.linked.tolist() == [True, True, False]
    assert chains.place.tolist() == [0, 0, 0, 1, 2]
    assert (chains.first.tolist(), chains.last.tolist()) == ([0, 3, 4], [2, 3, 4])
    assert chains.detection.tolist() == [-35 + 1 - 36 + 2 - 37, -31, -31]
