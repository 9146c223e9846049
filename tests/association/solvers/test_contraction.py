"""What constraints decide before a program is solved: links that cannot be chosen, nodes that are one."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constrained_lp import solve_constrained, violations
from siamlink.association.solvers.constrained_milp import solve_milp
from siamlink.association.solvers.constraints import (
    Constraint,
    Groups,
    cannot_link,
    group_detections,
    must_link,
)
from siamlink.association.solvers.contraction import contract
from siamlink.association.solvers.problem import LinkProblem, make_solution
from siamlink.association.solvers.solvers import LARGEST_COST, solve_lp
from siamlink.detectors.base.errors import ConstraintError


def crowd(frames: int, people: int, rng: np.random.Generator, free_ends: bool = False) -> LinkProblem:
    """Each object is detected in most frames; links over up to three frames between all detections."""
    frame = np.repeat(np.arange(1, frames + 1, dtype=np.int32), people)[rng.random(frames * people) < 0.8]
    gap = frame[None] - frame[:, None]
    earlier, later = np.nonzero((gap > 0) & (gap < 4) & (rng.random(gap.shape) < 0.7))
    link, count = rng.integers(-60, 20, len(earlier)) / 10, len(frame)
    nothing = np.zeros(count)
    columns = (
        (nothing, nothing, nothing) if free_ends else (rng.integers(-30, 10, count) / 10, nothing + 1, nothing + 2)
    )
    return LinkProblem(frame, *columns, Pairs(earlier, later), link)


def chains(frame: np.ndarray, rng: np.random.Generator) -> list[Constraint]:
    """Long chains of nodes that must be in one track, as of the word `swap`, and some more pairs."""
    constraints = []
    for _ in range(rng.integers(1, 3)):
        rows = np.array([rng.choice(np.flatnonzero(frame == each)) for each in np.unique(frame)])
        rows = rows[rng.random(len(rows)) < rng.choice([0.3, 0.9])]
        constraints += [must_link(int(rows[0]), int(row)) for row in rows[1:]]
    for kind in (cannot_link, must_link):
        pairs = rng.choice(len(frame), (rng.integers(0, 3), 2))
        constraints += [kind(int(a), int(b)) for a, b in pairs if a != b]
    return constraints


def without_contraction(problem: LinkProblem, groups: Groups) -> float:
    """The optimum with a commodity for every group of nodes."""
    required = np.where(groups.required, -LARGEST_COST / 2, problem.detection)
    plain = solve_lp(replace(problem, detection=required))
    if not violations(plain, groups):
        return make_solution(
            problem, plain.used, plain.successor[problem.pairs.earlier] == problem.pairs.later
        ).objective
    clusters = [set(groups.group[groups.constrained].tolist())]
    return make_solution(problem, *solve_milp(problem, groups, clusters)).objective


@pytest.mark.parametrize("seed", range(24))
def test_the_optimum_stays_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = crowd(int(rng.integers(4, 12)), 3, rng, free_ends=seed % 2 == 0)
    try:
        groups = group_detections(problem.frame, chains(problem.frame, rng))
    except ConstraintError:
        return
    solution = solve_constrained(problem, groups)
    assert not violations(solution, groups)
    assert solution.objective == pytest.approx(without_contraction(problem, groups), abs=1e-5)


def line(frames: list[int], links: dict[tuple[int, int], float]) -> LinkProblem:
    """Detections worth 2 nats each, with these links; entry and exit cost 1 each."""
    earlier, later = np.array(list(links), np.int64).reshape(-1, 2).T
    ends, cost = np.ones(len(frames)), np.array([*links.values()])
    return LinkProblem(np.array(frames, np.int32), np.full(len(frames), -2.0), ends, ends, Pairs(earlier, later), cost)


def contracted(problem: LinkProblem, *constraints: Constraint) -> tuple[list[int], list[tuple[int, int]]]:
    """The node of each detection, and the links that are left."""
    small = contract(problem, group_detections(problem.frame, constraints))
    pairs = small.problem.pairs
    return small.node.tolist(), list(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True))


CROSSING = line([1, 1, 2, 2, 3, 3], {(0, 2): 0.1, (0, 3): 0.2, (1, 3): 0.1, (2, 4): 0.1, (3, 5): 0.1, (1, 4): 0.5})


def test_neighbours_that_must_be_one_become_one_node() -> None:
    """No link leads from detection 0 or to detection 3 any more, but 1 may still be linked to 4."""
    assert contracted(CROSSING, must_link(0, 3)) == ([0, 1, 2, 0, 3, 4], [(2, 3), (0, 4), (1, 3)])


def test_a_node_costs_what_is_in_it() -> None:
    groups = group_detections(CROSSING.frame, [must_link(0, 3)])
    small = contract(CROSSING, groups)
    assert small.problem.detection.tolist() == pytest.approx([-3.8, -2, -2, -2, -2])
    assert solve_constrained(CROSSING, groups).objective == pytest.approx(-12 + 2 * 3 + 0.2 + 0.1 + 0.1)


def test_the_end_of_a_track_and_the_beginning_of_another_are_in_a_node_where_that_costs_less() -> None:
    dear = line([1, 2], {(0, 1): 5.0})
    small = contract(dear, group_detections(dear.frame, [must_link(0, 1)]))
    assert (len(small.problem), small.inner.tolist()) == (1, [False])
    assert small.problem.detection.tolist() == [-2.0]


def test_what_may_lie_between_two_nodes_keeps_them_apart() -> None:
    """Detection 1 may be between 0 and 2, so it is left to the program whether it is."""
    between = line([1, 2, 3], {(0, 1): 0.1, (1, 2): 0.1, (0, 2): 0.5})
    assert contracted(between, must_link(0, 2)) == ([0, 1, 2], [(0, 1), (1, 2), (0, 2)])


def test_another_group_that_may_lie_between_two_nodes_keeps_them_apart() -> None:
    """Detections 1 and 3 must be one, as must 0 and 2; as 2 is linked to 3, all four are one object."""
    frames, links = [1, 2, 3, 4], {(0, 2): 0.5, (2, 3): -9.0}
    constraints = must_link(0, 2), must_link(1, 3)
    assert contracted(line(frames, links), *constraints)[0] == [0, 1, 2, 3]
    solution = solve_constrained(line(frames, links), group_detections(np.array(frames, np.int32), constraints))
    assert solution.objective == pytest.approx(-8 + 3 * 2 - 9)
    apart = [*constraints, cannot_link(0, 1)]
    assert contracted(line(frames, links), *apart)[0] == [0, 1, 0, 1]


def test_no_link_leads_to_another_object() -> None:
    assert contracted(CROSSING, cannot_link(0, 2))[1] == [(0, 3), (1, 3), (2, 4), (3, 5), (1, 4)]
    assert contracted(CROSSING, must_link(0, 2), must_link(1, 5))[0][:3] == [0, 1, 0]
    assert (0, 4) not in contracted(line([1, 2, 2, 3], {(0, 3): 0.1}), must_link(0, 1), must_link(2, 3))[1]
