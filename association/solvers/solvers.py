"""The best set of links: by the linear program of tracking, solved exactly as a min-cost flow, or frame by frame.

The constraint matrix of the program (`problem`) is totally unimodular, so a min-cost flow solver finds its optimum
exactly.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.assignment import linear_sum_assignment
from siamlink.association.solvers.problem import (
    LOOPS,
    LinkProblem,
    Solution,
    chain_starts,
    make_solution,
    node_costs,
    successors,
)
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.base.machine_code import compiled

UNITS_PER_NAT = 1_000_000
"""The flow solver of OR-tools takes integers: costs are rounded to millionths."""
LARGEST_COST = 1e6
"""Nats; costs are clipped to this."""


def solve_lp(problem: LinkProblem) -> Solution:
    """The exact optimum of the linear program, by the cost-scaling min-cost flow of OR-tools; costs are rounded."""
    return make_solution(problem, *optimum(in_units(problem)))


def best_links(problem: LinkProblem) -> tuple[BoolArray, NDArray[np.int64]]:
    """The nodes (N,) that `solve_lp` uses, and the next one of each (N,), -1 for none; without the objective."""
    if loops := compiled(LOOPS, len(problem.link)):
        costs, limits = (problem.detection, problem.entry, problem.exit), (LARGEST_COST, float(UNITS_PER_NAT))
        earlier, later = (np.ascontiguousarray(side, np.int64) for side in (problem.pairs.earlier, problem.pairs.later))
        known, used, successor = loops.best_links(*costs, earlier, later, problem.link, *limits)
        if known:
            return used, successor
    used, linked = optimum(in_units(problem))
    return used, successors(problem, linked)


def in_units(problem: LinkProblem) -> LinkProblem:
    """The problem that is solved: its costs are whole numbers of units."""
    loops = compiled(LOOPS, len(problem.link))

    def units(nats: FloatArray) -> FloatArray:
        if loops:
            nats = np.ascontiguousarray(nats, np.float64)
            by_loops: FloatArray = loops.units(nats, LARGEST_COST, float(UNITS_PER_NAT))
            return by_loops
        rounded: FloatArray = np.rint(np.clip(nats, -LARGEST_COST, LARGEST_COST) * UNITS_PER_NAT)
        return rounded

    detection, entry, exit_ = units(problem.detection), units(problem.entry), units(problem.exit)
    return LinkProblem(problem.frame, detection, entry, exit_, problem.pairs, units(problem.link))


def optimum(problem: LinkProblem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The nodes (N,) and links (P,) of the optimum of a problem in units.

    Nodes that any optimum links are one node of the flow, such as those of a track that is held. A node that would be
    a track alone is used if this costs less than nothing.
    """
    earlier, later = problem.pairs.earlier, problem.pairs.later
    if loops := compiled(LOOPS, len(earlier)):
        sides = (np.ascontiguousarray(side, np.int64) for side in (earlier, later))
        costs, largest = (problem.detection, problem.entry, problem.exit), LARGEST_COST * UNITS_PER_NAT
        known, used, linked = loops.small_optimum(*costs, *sides, problem.link, largest)
        if known:
            return used, linked
    chains = _chains(problem)
    other = np.flatnonzero(~chains.linked)
    if len(other) == len(problem.link):
        return _flow(problem) if len(problem.link) else _alone(problem)
    place = chains.place
    contracted = LinkProblem(
        frame=problem.frame[chains.first],
        detection=chains.detection,
        entry=problem.entry[chains.first],
        exit=problem.exit[chains.last],
        pairs=Pairs(place[earlier[other]], place[later[other]]),
        link=problem.link[other],
    )
    used, linked = _flow(contracted) if len(other) else _alone(contracted)
    used, all_linked = used[place], chains.linked.copy()
    all_linked[other] = linked
    return used, all_linked & used[earlier]


class Chains(NamedTuple):
    """M chains of N nodes, which some of P links join.

    Attributes:
        linked: (P,) whether a link is in a chain.
        place: (N,) the chain of each node, in order of their first nodes.
        first: (M,) their first nodes.
        last: (M,) their last nodes.
        detection: (M,) the cost of the nodes and links of each.
    """

    linked: NDArray[np.bool_]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    detection: FloatArray


def _chains(problem: LinkProblem) -> Chains:
    """The chains of the `certain_links` of a problem in units."""
    earlier, later = problem.pairs.earlier, problem.pairs.later
    if loops := compiled(LOOPS, len(earlier)):
        earlier, later = np.ascontiguousarray(earlier, np.int64), np.ascontiguousarray(later, np.int64)
        columns = loops.chains(problem.detection, problem.entry, problem.exit, earlier, later, problem.link)
        return Chains(*columns)
    linked = certain_links(problem)
    certain = np.flatnonzero(linked)
    following = np.full(len(problem), -1, np.int64)
    following[earlier[certain]] = later[certain]
    start = chain_starts(following)
    first = start == np.arange(len(start))
    place = (np.cumsum(first) - 1)[start]
    last = np.empty(int(first.sum()), np.int64)
    last[place[following < 0]] = np.flatnonzero(following < 0)
    detection = np.bincount(place, problem.detection, len(last)).astype(np.float64)
    detection += np.bincount(place[earlier[certain]], problem.link[certain], len(last))
    return Chains(linked, place, np.flatnonzero(first), last, detection)


def certain_links(problem: LinkProblem) -> NDArray[np.bool_]:
    """(P,) which links every optimum contains: the only ones at both of their ends, and cheaper than to do without.

    To do without is to end a track and begin another one there, to use the node at one end only, or to use neither.
    """
    earlier, later, link = problem.pairs.earlier, problem.pairs.later, problem.link
    alone = (np.bincount(earlier)[earlier] == 1) & (np.bincount(later)[later] == 1)
    begin, end = problem.entry + problem.detection, problem.exit + problem.detection
    certain: NDArray[np.bool_] = (
        alone
        & (link < problem.exit[earlier] + problem.entry[later])
        & (link + end[later] < problem.exit[earlier])
        & (begin[earlier] + link < problem.entry[later])
        & (begin[earlier] + link + end[later] < 0)
    )
    return certain


def _alone(problem: LinkProblem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What `_flow` finds where there are no links."""
    most = LARGEST_COST * UNITS_PER_NAT
    used: NDArray[np.bool_] = problem.entry + np.clip(problem.detection, -most, most) + problem.exit < 0
    return used, np.zeros(0, bool)


def _flow(problem: LinkProblem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which detections (N,) and which links (P,) are in the cheapest tracks; costs are in units."""
    from ortools.graph.python import min_cost_flow

    count = len(problem)
    if not count:
        return np.zeros(0, bool), np.zeros(0, bool)
    node = np.arange(count)
    source, sink = 2 * count, 2 * count + 1
    # flow enters detection i at node i and leaves it at node i + count
    tail = np.concatenate([np.full(count, source), node + count, node, problem.pairs.earlier + count, [source]])
    head = np.concatenate([node, np.full(count, sink), node + count, problem.pairs.later, [sink]])
    cost = np.concatenate([problem.entry, problem.exit, problem.detection, problem.link, [0.0]])
    capacity = np.ones(len(tail), np.int64)
    capacity[-1] = count
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32),
        head.astype(np.int32),
        capacity,
        np.clip(cost, -LARGEST_COST * UNITS_PER_NAT, LARGEST_COST * UNITS_PER_NAT).astype(np.int64),
    )
    solver.set_node_supply(source, count)
    solver.set_node_supply(sink, -count)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(f"the min-cost flow solver stopped with status {status}")
    flow = solver.flows(arcs) > 0
    used, linked = flow[2 * count : 3 * count], flow[3 * count : -1]
    return without_idle(problem, used, linked), linked


def without_idle(problem: LinkProblem, used: NDArray[np.bool_], linked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) the used nodes of an optimum, without those that are a track alone and at no gain."""
    alone = used.copy()
    alone[problem.pairs.earlier[linked]] = alone[problem.pairs.later[linked]] = False
    return used & ~(alone & (problem.entry + problem.detection + problem.exit >= 0))


def solve_hungarian(problem: LinkProblem) -> Solution:
    """Link frame by frame: the detections of each frame to the open track ends, at minimum total cost.

    Only links that cost less than the end of one track and the beginning of another are made. Tracks with a total cost
    above 0 are dropped at the end, as the linear program does; a single detection is a track as well.
    """
    count = len(problem)
    successor = np.full(count, -1, np.int64)
    earlier, later = problem.pairs.earlier, problem.pairs.later
    gain = problem.link - problem.exit[earlier] - problem.entry[later]
    worthwhile = np.flatnonzero(gain < 0)
    worthwhile = worthwhile[np.argsort(problem.frame[later[worthwhile]], kind="stable")]
    frames = problem.frame[later[worthwhile]]
    for links in np.split(worthwhile, np.flatnonzero(np.diff(frames)) + 1):
        open_links = links[successor[earlier[links]] < 0]
        if not len(open_links):
            continue
        rows, row = np.unique(earlier[open_links], return_inverse=True)
        columns, column = np.unique(later[open_links], return_inverse=True)
        matrix = np.zeros((len(rows), len(columns)))
        matrix[row, column] = gain[open_links]
        chosen_rows, chosen_columns = linear_sum_assignment(matrix)
        linked = matrix[chosen_rows, chosen_columns] < 0
        successor[rows[chosen_rows[linked]]] = columns[chosen_columns[linked]]
    return _drop_costly_tracks(problem, successor)


Solver = Callable[[LinkProblem], Solution]
SOLVERS: dict[str, Solver] = {"lp": solve_lp, "hungarian": solve_hungarian}


def _drop_costly_tracks(problem: LinkProblem, successor: NDArray[np.int64]) -> Solution:
    linked = successor[problem.pairs.earlier] == problem.pairs.later
    complete = make_solution(problem, np.ones(len(problem), bool), linked)
    ids = complete.track_ids()
    cost = np.zeros(ids.max(initial=0) + 1)
    np.add.at(cost, ids, node_costs(problem, complete))
    np.add.at(cost, ids[problem.pairs.earlier[linked]], problem.link[linked])
    used = cost[ids] < 0
    return make_solution(problem, used, linked & used[problem.pairs.earlier])
