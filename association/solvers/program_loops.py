"""Parts of the linear program in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `solvers`. Costs are whole numbers, so their sums do not depend on the order.
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code
from siamlink.detectors.box_loops import grouped

MOST_STEPS = 4000
"""Steps of the search for the best links of a few nodes; the flow solver is as fast then."""


@machine_code("floats", "float", "float")
def units(nats: Any, largest: float, per_nat: float) -> Any:
    """(N,) costs in whole units, clipped to `largest` nats."""
    rounded = np.empty(len(nats))
    for k in range(len(nats)):
        rounded[k] = np.rint(min(max(nats[k], -largest), largest) * per_nat)
    return rounded


@machine_code()
def _certain(
    detection: Any, entry: Any, exit_: Any, earlier: Any, later: Any, link: Any, leaves: Any, enters: Any
) -> Any:
    """(P,) which links every optimum contains; `leaves` and `enters` (N,) are how many links each node has."""
    certain = np.zeros(len(link), np.bool_)
    for p in range(len(link)):
        i, j = earlier[p], later[p]
        if leaves[i] == 1 and enters[j] == 1:
            begin, end = entry[i] + detection[i], exit_[j] + detection[j]
            certain[p] = (
                link[p] < exit_[i] + entry[j]
                and link[p] + end < exit_[i]
                and begin + link[p] < entry[j]
                and begin + link[p] + end < 0
            )
    return certain


@machine_code("floats", "floats", "floats", "ints", "ints", "floats")
def chains(detection: Any, entry: Any, exit_: Any, earlier: Any, later: Any, link: Any) -> Any:
    """The columns of `solvers.Chains`."""
    count = len(detection)
    leaves, enters = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for p in range(len(link)):
        leaves[earlier[p]] += 1
        enters[later[p]] += 1
    certain = _certain(detection, entry, exit_, earlier, later, link, leaves, enters)
    following, begins = np.full(count, -1, np.int64), np.ones(count, np.bool_)
    for p in range(len(link)):
        if certain[p]:
            following[earlier[p]], begins[later[p]] = p, False
    place, first, last, cost = (
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count),
    )
    found = 0
    for start in range(count):
        if not begins[start]:
            continue
        node, first[found], cost[found] = start, start, detection[start]
        place[node] = found
        while following[node] >= 0:
            p = following[node]
            node = later[p]
            place[node] = found
            cost[found] += link[p] + detection[node]
        last[found] = node
        found += 1
    return certain, place, first[:found].copy(), last[:found].copy(), cost[:found].copy()


@machine_code()
def _components(count: int, earlier: Any, later: Any) -> Any:
    """(N,) the lowest node that links connect each of N nodes with."""
    root = np.empty(count, np.int64)
    for node in range(count):
        root[node] = node
    for p in range(len(earlier)):
        i, j = earlier[p], later[p]
        while root[i] != i:
            i = root[i]
        while root[j] != j:
            j = root[j]
        root[max(i, j)] = min(i, j)
    for node in range(count):
        root[node] = root[root[node]]
    return root


@machine_code()
def _node_cost(cost: Any, node: int, has_earlier: Any, has_later: Any) -> Any:
    """What a node adds to the cost of all; `cost` (3, N) are those of entry, the node itself, and exit."""
    if has_earlier or has_later:
        return cost[1, node] + (0.0 if has_earlier else cost[0, node]) + (0.0 if has_later else cost[2, node])
    return min(cost[0, node] + cost[1, node] + cost[2, node], 0.0)


@machine_code()
def _search(cost: Any, earlier: Any, later: Any, link: Any, links: Any, linked: Any) -> Any:
    """Mark the best of some links in `linked` (P,); whether it is known that no others are as good.

    All sets of links are tried that leave every node with one link to an earlier node and one to a later one at most.
    """
    count, steps, k, total, best, unique = len(links), 0, 0, 0.0, np.inf, True
    tried, chosen = np.zeros(count, np.int64), np.zeros(count, np.bool_)  # 0: not yet, 1: with the link, 2: without
    has_earlier, has_later = np.zeros(cost.shape[1], np.bool_), np.zeros(cost.shape[1], np.bool_)
    while k >= 0:
        steps += 1
        if steps > MOST_STEPS:
            return False
        if k == count:
            unique = total < best or (unique and total > best)
            if total < best:
                best = total
                for place in range(count):
                    chosen[place] = tried[place] == 1
            k -= 1
            continue
        i, j = earlier[links[k]], later[links[k]]
        if tried[k] == 2:
            tried[k] = 0
            k -= 1
        elif tried[k] == 0 and (has_later[i] or has_earlier[j]):
            tried[k] = 2
            k += 1
        else:
            with_it = tried[k] == 0
            before = _node_cost(cost, i, has_earlier[i], has_later[i]) + _node_cost(
                cost, j, has_earlier[j], has_later[j]
            )
            has_later[i] = has_earlier[j] = with_it
            after = _node_cost(cost, i, has_earlier[i], has_later[i]) + _node_cost(
                cost, j, has_earlier[j], has_later[j]
            )
            total += after - before + (link[links[k]] if with_it else -link[links[k]])
            tried[k] += 1
            k += 1
    for place in range(count):
        linked[links[place]] = chosen[place]
    return unique


@machine_code()
def _open(certain: Any, place: Any, earlier: Any, later: Any, link: Any) -> Any:
    """The links that are not certain (P,), the chains that they connect, and their costs."""
    count = 0
    for p in range(len(link)):
        count += not certain[p]
    other, one, two, price = (
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count),
    )
    k = 0
    for p in range(len(link)):
        if not certain[p]:
            other[k], one[k], two[k], price[k] = p, place[earlier[p]], place[later[p]], link[p]
            k += 1
    return other, one, two, price


@machine_code("floats", "floats", "floats", "ints", "ints", "floats", "float")
def small_optimum(detection: Any, entry: Any, exit_: Any, earlier: Any, later: Any, link: Any, largest: float) -> Any:
    """The nodes (N,) and links (P,) of the optimum of a problem in units, and whether it is known to be the only one.

    It is searched among all sets of the links that are not certain, where these connect few nodes. Costs of nodes are
    clipped to `largest`, as for the flow solver.
    """
    certain, place, first, last, inner = chains(detection, entry, exit_, earlier, later, link)
    other, one, two, price = _open(certain, place, earlier, later, link)
    count = len(other)
    cost = np.empty((3, len(first)))
    for node in range(len(first)):
        cost[0, node], cost[2, node] = entry[first[node]], exit_[last[node]]
        cost[1, node] = min(max(inner[node], -largest), largest)
    linked, held, component = np.zeros(count, np.bool_), np.zeros(len(first), np.bool_), np.empty(count, np.int64)
    used, all_linked = np.zeros(len(place), np.bool_), np.zeros(len(link), np.bool_)
    root = _components(len(first), one, two)
    for p in range(count):
        component[p] = root[one[p]]
    start, order = grouped(component, len(first))
    for node in range(len(first)):
        links = order[start[node] : start[node + 1]]
        if len(links) and not _search(cost, one, two, price, links, linked):
            return False, used, all_linked
    for node in range(len(first)):
        held[node] = cost[0, node] + cost[1, node] + cost[2, node] < 0
    for p in range(count):
        certain[other[p]] = linked[p]
        if linked[p]:
            held[one[p]] = held[two[p]] = True
    for node in range(len(place)):
        used[node] = held[place[node]]
    for p in range(len(link)):
        all_linked[p] = certain[p] and used[earlier[p]]
    return True, used, all_linked


@machine_code("floats", "floats", "floats", "ints", "ints", "floats", "float", "float")
def best_links(
    detection: Any, entry: Any, exit_: Any, earlier: Any, later: Any, link: Any, largest: float, per_nat: float
) -> Any:
    """Whether the `small_optimum` of costs in nats is known, its nodes (N,), and the next node of each (N,)."""
    inner, begin, end, price = (
        units(detection, largest, per_nat),
        units(entry, largest, per_nat),
        units(exit_, largest, per_nat),
        units(link, largest, per_nat),
    )
    known, used, linked = small_optimum(inner, begin, end, earlier, later, price, largest * per_nat)
    successor = np.full(len(detection), -1, np.int64)
    for p in range(len(earlier)):
        if linked[p]:
            successor[earlier[p]] = later[p]
    return known, used, successor


@machine_code("flags", "ints")
def track_ids(used: Any, successor: Any) -> Any:
    """(N,) the track of each node, from 1 in order of the first nodes; 0 for those that are not `used` (N,)."""
    ids, begins, found = np.zeros(len(used), np.int32), np.ones(len(used), np.bool_), 0
    for node in range(len(used)):
        if successor[node] >= 0:
            begins[successor[node]] = False
    for start in range(len(used)):
        if begins[start] and used[start]:
            found, node = found + 1, start
            while node >= 0:
                ids[node] = found
                node = successor[node]
    return ids
