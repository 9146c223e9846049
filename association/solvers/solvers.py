"""The best set of links: by the linear program of tracking, solved exactly as a min-cost flow, or frame by frame.

A track is a path through detections. It pays an entry cost, the cost of each of its detections and links, and an exit
cost. Every detection is in at most one track. All costs are negative log-likelihoods, so the cheapest set of paths is
the most probable one (Zhang, Li and Nevatia 2008; Leal-Taixé et al. 2016, section on the linear program):

    minimise    sum_i entry_i f_in(i) + detection_i f_det(i) + exit_i f_out(i) + sum_ij link_ij f(i, j)
    subject to  f_in(i) + sum_j f(j, i) = f_det(i) = f_out(i) + sum_j f(i, j),   0 <= f <= 1

The constraint matrix is totally unimodular, so a min-cost flow solver finds the optimum of the program exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.assignment import linear_sum_assignment
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.base.machine_code import compiled

UNITS_PER_NAT = 1_000_000
"""The flow solver of OR-tools takes integers: costs are rounded to millionths."""
LOOPS = "siamlink.association.solvers.program_loops"
LARGEST_COST = 1e6
"""Nats; costs are clipped to this."""


@dataclass(frozen=True)
class LinkProblem:
    """A tracking problem over N detections, sorted by frame, and P candidate links; costs in nats.

    Attributes:
        frame: (N,) the frame of each detection.
        detection: (N,) cost of a detection in a track: log((1 - q) / q), negative if it is probable.
        entry: (N,) cost of the beginning of a track at each detection.
        exit: (N,) cost of the end of a track at each detection.
        pairs: P candidate links, each from an earlier to a later detection.
        link: (P,) cost of each link.
    """

    frame: NDArray[np.int32]
    detection: FloatArray
    entry: FloatArray
    exit: FloatArray
    pairs: Pairs
    link: FloatArray

    def __len__(self) -> int:
        return len(self.detection)

    def part(self, inside: NDArray[np.bool_]) -> "LinkProblem":
        """The problem of some of the detections (N,) and the links between them."""
        within = inside[self.pairs.earlier] & inside[self.pairs.later]
        place = np.cumsum(inside) - 1
        pairs = Pairs(place[self.pairs.earlier[within]], place[self.pairs.later[within]])
        detection, entry, exit_ = self.detection[inside], self.entry[inside], self.exit[inside]
        return LinkProblem(self.frame[inside], detection, entry, exit_, pairs, self.link[within])


@dataclass(frozen=True)
class Solution:
    """The chosen links.

    Attributes:
        used: (N,) whether a detection is in a track.
        successor: (N,) the next detection of the same track, -1 at the end of a track.
        objective: the total cost in nats.
    """

    used: NDArray[np.bool_]
    successor: NDArray[np.int64]
    objective: float

    def track_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection, from 1 in order of the first detections; 0 for an unused one."""
        return track_ids(self.used, self.successor)


def track_ids(used: BoolArray, successor: NDArray[np.int64]) -> NDArray[np.int32]:
    """(N,) the track of each node, from 1 in order of the first nodes; 0 for those that are not used.

    Args:
        used: (N,) whether each is in a track.
        successor: (N,) the next node of the same track, -1 at the end of a track.
    """
    if loops := compiled(LOOPS):
        by_loops: NDArray[np.int32] = loops.track_ids(
            np.ascontiguousarray(used), np.ascontiguousarray(successor, np.int64)
        )
        return by_loops
    start = chain_starts(successor)
    begins = used & (start == np.arange(len(start)))
    ids: NDArray[np.int32] = np.where(used, np.cumsum(begins)[start], 0).astype(np.int32)
    return ids


def chain_starts(successor: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the first node of each one's chain, by the next node of each (N,), -1 at the end of a chain."""
    start, linked = np.arange(len(successor)), np.flatnonzero(successor >= 0)
    start[successor[linked]] = linked
    while True:
        further = start[start]
        if (further == start).all():
            return start
        start = further


def solve_lp(problem: LinkProblem) -> Solution:
    """The exact optimum of the linear program, by the cost-scaling min-cost flow of OR-tools; costs are rounded."""
    return make_solution(problem, *optimum(in_units(problem)))


def best_links(problem: LinkProblem) -> tuple[BoolArray, NDArray[np.int64]]:
    """The nodes (N,) that `solve_lp` uses, and the next one of each (N,), -1 for none; without the objective."""
    if loops := compiled(LOOPS):
        costs, limits = (problem.detection, problem.entry, problem.exit), (LARGEST_COST, float(UNITS_PER_NAT))
        earlier, later = (np.ascontiguousarray(side, np.int64) for side in (problem.pairs.earlier, problem.pairs.later))
        known, used, successor = loops.best_links(*costs, earlier, later, problem.link, *limits)
        if known:
            return used, successor
    used, linked = optimum(in_units(problem))
    return used, _successors(problem, linked)


def in_units(problem: LinkProblem) -> LinkProblem:
    """The problem that is solved: its costs are whole numbers of units."""
    loops = compiled(LOOPS)

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
    if loops := compiled(LOOPS):
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
    if loops := compiled(LOOPS):
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
    np.add.at(cost, ids, _detection_costs(problem, complete))
    np.add.at(cost, ids[problem.pairs.earlier[linked]], problem.link[linked])
    used = cost[ids] < 0
    return make_solution(problem, used, linked & used[problem.pairs.earlier])


def _detection_costs(problem: LinkProblem, solution: Solution) -> FloatArray:
    """(N,) cost of each used detection, with the entry or exit cost where a track begins or ends at it."""
    begins = solution.used.copy()
    begins[solution.successor[solution.successor >= 0]] = False
    ends = solution.used & (solution.successor < 0)
    return problem.detection * solution.used + problem.entry * begins + problem.exit * ends


def make_solution(problem: LinkProblem, used: NDArray[np.bool_], linked: NDArray[np.bool_]) -> Solution:
    """The solution that uses the nodes `used` (N,) and the links `linked` (P,)."""
    successor = _successors(problem, linked)
    solution = Solution(used, successor, 0.0)
    objective = _detection_costs(problem, solution).sum() + problem.link[linked].sum()
    return Solution(used, successor, float(objective))


def _successors(problem: LinkProblem, linked: BoolArray) -> NDArray[np.int64]:
    """(N,) the next node of each by the chosen links (P,); -1 for none."""
    successor = np.full(len(problem), -1, np.int64)
    successor[problem.pairs.earlier[linked]] = problem.pairs.later[linked]
    return successor


def number_in_order(track_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number tracks (N,) anew: from 1 without gaps, in the order of their first detections; 0, for none, stays 0."""
    ids, first, dense = np.unique(track_id, return_index=True, return_inverse=True)
    order = np.argsort(np.where(ids > 0, first, -1), kind="stable")
    number = np.empty(len(ids), np.int32)
    number[order] = np.arange(len(ids)) + int(ids[:1].sum() > 0)
    return number[dense]
