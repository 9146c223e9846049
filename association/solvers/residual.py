"""What other choices of links would cost, exactly, from the residual network of the solved program.

The program of `solvers` is a circulation: every track enters from a hub and exits to it. Its residual network has an
arc for each change of the optimum: one that is not chosen yet, or against one that is. Costs are reduced by potentials,
the distances from the hub, so no arc is below 0 (Ahuja, Magnanti and Orlin 1993, chapter 9).

If a chosen link u -> v is forbidden, its unit of flow takes the shortest path from u to v instead. If another link
u -> w is demanded, a unit comes back over the shortest path from w to u. By reduced costs every node is at distance 0
from the hub, so a search need not go further than the distance to the hub.
"""

from heapq import heappop, heappush

import numpy as np

from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.frame_index import ranges

ROUNDING = 1e-6
"""Nats; `solve_lp` rounds costs, so a better choice of K links may be missed by K times as much."""
Arcs = tuple[IntArray, IntArray, FloatArray]
"""Tails, heads and costs, all (A,)."""


class Residual:
    """The residual network of an optimum.

    Node i of N has two ends: `i`, where the flow enters, and `N + i`, where it leaves. The hub is `2 N`.

    Args:
        problem: of N nodes and P links.
        solution: its optimum.
    """

    def __init__(self, problem: LinkProblem, solution: Solution) -> None:
        count = len(problem)
        self._count, self._pairs = count, problem.pairs
        self.chosen: BoolArray = solution.successor[problem.pairs.earlier] == problem.pairs.later
        tail, head, cost = residual_arcs(problem, solution)
        potential = distances((tail, head, cost), 2 * count)
        reduced = np.maximum(cost + potential[tail] - potential[head], 0)
        self._link_cost = reduced[len(reduced) - len(problem.pairs) :]
        self._to_hub = _to_hub((tail, head, reduced), 2 * count)
        inner = (tail < 2 * count) & (head < 2 * count)
        self._ahead = _Search(tail[inner], head[inner], reduced[inner], 2 * count)
        self._back = _Search(head[inner], tail[inner], reduced[inner], 2 * count)

    def losses_forbidden(self) -> FloatArray:
        """(P,) nats that the optimum loses if one chosen link is forbidden; NaN for links that are not chosen."""
        loss = np.full(len(self._pairs), np.nan)
        chosen = np.flatnonzero(self.chosen)
        start, end = self._pairs.earlier[chosen] + self._count, self._pairs.later[chosen]
        around = self._to_hub[start]
        competing = np.flatnonzero(self._ahead.least[start] + self._back.least[end] < around)
        for place in competing.tolist():
            source, target = int(start[place]), int(end[place])
            found = self._ahead.distances(source, around[place], target)
            around[place] = min(around[place], found.get(target, np.inf))
        loss[chosen] = around + self._link_cost[chosen]
        return loss

    def losses_after(self, node: int, links: IntArray) -> FloatArray:
        """(K,) nats that the optimum loses if one of K links from a node, that are not chosen, is demanded."""
        return self._demanded(self._back, node + self._count, self._pairs.later[links], links)

    def losses_before(self, node: int, links: IntArray) -> FloatArray:
        """(K,) the same for links to a node."""
        return self._demanded(self._ahead, node, self._pairs.earlier[links] + self._count, links)

    def _demanded(self, search: "_Search", end: int, others: IntArray, links: IntArray) -> FloatArray:
        """(K,) of links between an end of a node and the `others` (K,), by the distances between these."""
        if not len(links):
            return np.zeros(0)
        hub = self._to_hub[others] if search is self._back else np.full(len(others), self._to_hub[end])
        found = search.distances(end, float(hub.max()))
        direct = np.array([found.get(other, np.inf) for other in others.tolist()])
        loss: FloatArray = self._link_cost[links] + np.minimum(hub, direct)
        return loss


class _Search:
    """Shortest paths from one node, over arcs (A,) of costs from 0, among so many nodes.

    Attributes:
        least: (count,) the cheapest arc from each node, infinite for none.
    """

    def __init__(self, tail: IntArray, head: IntArray, cost: FloatArray, count: int) -> None:
        self.least = np.full(count, np.inf)
        np.minimum.at(self.least, tail, cost)
        order = np.argsort(tail, kind="stable")
        self._start = np.searchsorted(tail[order], np.arange(count + 1)).tolist()
        self._head, self._cost = head[order].tolist(), cost[order].tolist()

    def distances(self, source: int, limit: float, target: int = -1) -> dict[int, float]:
        """The nodes nearer than a limit with their distances; no further ones once a target is reached."""
        found: dict[int, float] = {}
        queue = [(0.0, source)]
        while queue:
            distance, node = heappop(queue)
            if node in found:
                continue
            found[node] = distance
            if node == target:
                break
            for arc in range(self._start[node], self._start[node + 1]):
                further = distance + self._cost[arc]
                if further < limit and self._head[arc] not in found:
                    heappush(queue, (further, self._head[arc]))
        return found


def residual_arcs(problem: LinkProblem, solution: Solution) -> Arcs:
    """The arcs of the residual network: entries, exits, nodes, then the links in order; see `Residual`."""
    count, pairs = len(problem), problem.pairs
    node, used = np.arange(count), solution.used
    continued = np.zeros(count, bool)
    continued[solution.successor[solution.successor >= 0]] = True
    hub = np.full(count, 2 * count)
    tail = np.concatenate([hub, node + count, node, pairs.earlier + count])
    head = np.concatenate([node, hub, node + count, pairs.later])
    cost = np.concatenate([problem.entry, problem.exit, problem.detection, problem.link])
    begins, ends = used & ~continued, used & (solution.successor < 0)
    taken = np.concatenate([begins, ends, used, solution.successor[pairs.earlier] == pairs.later])
    return np.where(taken, head, tail), np.where(taken, tail, head), np.where(taken, -cost, cost)


def distances(arcs: Arcs, source: int) -> FloatArray:
    """(source + 1,) the distance of every node from the last one, over arcs of any costs.

    Labels are corrected in rounds (Bellman and Ford), from the nodes that the round before has changed.

    Raises:
        RuntimeError: there is a circle of negative cost.
    """
    tail, head, cost = arcs
    order = np.argsort(tail, kind="stable")
    head, cost = head[order], cost[order]
    start = np.searchsorted(tail[order], np.arange(source + 2))
    distance = np.full(source + 1, np.inf)
    distance[source] = 0
    changed = np.array([source])
    for _ in range(source + 1):
        first, stop = start[changed], start[changed + 1]
        arc = ranges(first, stop)
        reached = np.repeat(distance[changed], stop - first) + cost[arc]
        better = np.flatnonzero(reached < distance[head[arc]] - ROUNDING)
        np.minimum.at(distance, head[arc[better]], reached[better])
        changed = np.unique(head[arc[better]])
        if not len(changed):
            return distance
    raise RuntimeError("the solution is not the optimum of the problem")


def _to_hub(arcs: Arcs, hub: int) -> FloatArray:
    """(hub + 1,) the distance of every node to the hub, over arcs of costs from 0."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    tail, head, cost = arcs
    distance: FloatArray = dijkstra(csr_array((cost, (head, tail)), (hub + 1, hub + 1)), indices=hub)
    return distance
