"""The integer program alone, on problems small enough to see the answer; see also `test_constrained_lp.py`."""

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constrained_milp import solve_milp
from siamlink.association.solvers.constraints import Groups, group_detections, must_link
from siamlink.association.solvers.constraints import cannot_link as cannot
from siamlink.association.solvers.problem import LinkProblem, make_solution
from siamlink.association.solvers.solvers import solve_lp


def problem(frames: list[int], links: dict[tuple[int, int], float], detection: float = -3.0) -> LinkProblem:
    """Detections in these frames that are worth a track, with links of these costs; entry and exit cost 1 each."""
    earlier, later = np.array(list(links), np.int64).reshape(-1, 2).T
    count = len(frames)
    return LinkProblem(
        frame=np.array(frames, np.int32),
        detection=np.full(count, detection),
        entry=np.ones(count),
        exit=np.ones(count),
        pairs=Pairs(earlier, later),
        link=np.array(list(links.values()), float),
    )


def solve(example: LinkProblem, *constraints: object) -> tuple[Groups, np.ndarray, float]:
    """The constraints as groups, the track of each node, and the cost."""
    groups = group_detections(example.frame, constraints)
    clusters = [set(groups.group[groups.constrained].tolist())]
    solution = make_solution(example, *solve_milp(example, groups, clusters))
    return groups, solution.track_ids(), solution.objective


CROSSING = problem([1, 1, 2, 2], {(0, 2): 0.1, (1, 3): 0.1, (0, 3): 0.4, (1, 2): 0.4})
"""Two objects in two frames; straight links are cheaper than crossing ones."""


def test_two_nodes_that_must_be_one_take_the_dearer_link() -> None:
    assert solve_lp(CROSSING).track_ids().tolist() == [1, 2, 1, 2]
    _, ids, cost = solve(CROSSING, must_link(0, 3))
    assert ids.tolist() == [1, 2, 2, 1]
    assert cost == pytest.approx(-12 + 4 + 0.8)


def test_two_nodes_that_must_be_apart_take_the_dearer_links() -> None:
    _, ids, cost = solve(CROSSING, cannot(0, 2))
    assert ids[0] != ids[2]
    assert cost == pytest.approx(-12 + 4 + 0.8)


def test_apart_and_together_at_once() -> None:
    example = problem([1, 1, 2, 2, 3], {(0, 2): 0.1, (1, 3): 0.1, (2, 4): 0.1, (3, 4): 0.3})
    _, ids, _ = solve(example, must_link(1, 4), cannot(0, 4))
    assert ids.tolist() == [1, 2, 1, 2, 2]


def test_a_commodity_waits_where_no_link_leads_on() -> None:
    """The unit leaves the first track and waits for the second one: both are one object, and both costs are paid."""
    example = problem([1, 2, 8, 9], {(0, 1): 0.1, (2, 3): 0.1})
    groups, ids, cost = solve(example, must_link(0, 3))
    assert ids.tolist() == [1, 1, 2, 2]
    assert len(set(groups.joined(ids).tolist())) == 1
    assert cost == pytest.approx(-12 + 4 + 0.2)


def test_a_track_that_overlaps_in_time_is_given_up() -> None:
    """The first and the last node must be one object, so the second track cannot be of that object in between."""
    example = problem([1, 2, 2, 3], {(0, 1): 0.1, (1, 3): 0.1, (0, 2): 0.2, (2, 3): 0.2})
    _, ids, _ = solve(example, must_link(0, 3), must_link(0, 2))
    assert ids[0] == ids[2] == ids[3] != ids[1]


def test_required_nodes_are_used_at_any_cost() -> None:
    example = problem([1, 2, 3], {(0, 1): 0.1, (1, 2): 0.1}, detection=5.0)
    assert not solve_lp(example).used.any()
    _, ids, cost = solve(example, must_link(0, 1))
    assert ids.tolist() == [1, 1, 0]
    assert cost == pytest.approx(10 + 2 + 0.1)
