"""Parts of the linear program in compiled loops; imported where Numba is installed.

Each function does what NumPy does in `solvers`. Costs are whole numbers, so their sums do not depend on the order.
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code


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
