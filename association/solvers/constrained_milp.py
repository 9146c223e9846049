"""The mixed integer program of tracking under constraints.

Beside the flow f of `solvers`, a group of nodes that must be one has a thread: one unit that runs through time within
what the flow carries. It goes along a track, and where this ends it may wait until another begins:

    0 <= x_ij <= f_ij,    0 <= x_in(i) <= f_in(i),    0 <= x_out(i) <= f_out(i),    0 <= waiting
    x_in(i) + sum_j x_ji = x_out(i) + sum_j x_ij
    waiting at t + sum of x_in that begin at t = waiting before t + sum of x_out that have ended since

The thread goes through all nodes of its group that are in tracks, through none of a group that must be apart, and
through all or none of any other group. So a thread that touches a track goes through all of it, and through all tracks
that groups make one with it; being one unit, it shows that these do not overlap in time. Only f needs to be integer.

A thread runs only while nodes are there of its group, or of groups it is entangled with. These form a cluster: if two
tracks with nodes of a cluster overlap in time, they do so between its first and its last node.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.solvers.constraints import Groups
from siamlink.association.solvers.solvers import LinkProblem

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]
Sparse = Any
"""A sparse array of scipy, which has no types."""


def solve_with_threads(problem: LinkProblem, groups: Groups, clusters: list[set[int]]) -> tuple[Mask, Mask]:
    """The best flow in which the groups of the clusters are as they must be, by HiGHS.

    Args:
        problem: of N nodes and P candidate links.
        groups: what is known of the nodes.
        clusters: sets of groups; no group is in two.

    Returns:
        (N,) which nodes are in tracks, and (P,) which links are chosen.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, vstack

    network = _Network.of(problem)
    count, flows = len(problem), len(network.cost)
    threads = [thread for cluster in clusters for thread in _threads(network, groups, cluster)]
    blocks = [[vstack([network.balance, network.visits]), *[None] * len(threads)]]
    for place, thread in enumerate(threads):
        blocks.append([thread.of_flow, *[thread.of_thread if each == place else None for each in range(len(threads))]])
    rows = block_array(blocks, format="csr")
    low = np.concatenate([np.zeros(count), groups.kept, *(thread.low for thread in threads)])
    high = np.concatenate([np.zeros(count), np.ones(count), *(thread.high for thread in threads)])
    is_flow = np.arange(rows.shape[1]) < flows
    result = milp(
        np.append(network.cost, np.zeros(rows.shape[1] - flows)),
        integrality=is_flow,
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows, low, high),
        options={"mip_rel_gap": 0},
    )
    if result.status != 0:
        raise RuntimeError(f"the integer program was not solved: {result.message}")
    chosen = result.x[:flows]
    return network.visits @ chosen > 0.5, chosen[2 * count :] > 0.5


@dataclass(frozen=True)
class _Network:
    """The flow as columns of a linear program: f_in (N), f_out (N) and f (P).

    Attributes:
        problem: of N nodes and P links.
        balance: (N, 2N + P) what enters a node minus what leaves it.
        visits: (N, 2N + P) what enters a node.
        cost: (2N + P,) in nats; a node's own cost is paid by what enters it.
    """

    problem: LinkProblem
    balance: Sparse
    visits: Sparse
    cost: FloatArray

    @classmethod
    def of(cls, problem: LinkProblem) -> "_Network":
        from scipy.sparse import csr_array, eye_array, hstack

        count, pairs = len(problem), problem.pairs
        link, size = np.arange(len(pairs)), (count, len(pairs))
        into, out = _ones(pairs.later, link, size), _ones(pairs.earlier, link, size)
        balance = hstack([eye_array(count), -eye_array(count), into - out], format="csr")
        visits = hstack([eye_array(count), csr_array((count, count)), into], format="csr")
        cost = [problem.entry + problem.detection, problem.exit, problem.link + problem.detection[pairs.later]]
        return cls(problem, balance, visits, np.concatenate(cost))


@dataclass(frozen=True)
class _Thread:
    """Rows of the program: their coefficients of the flow and of a thread's own columns, and bounds of the sum."""

    of_flow: Sparse
    of_thread: Sparse
    low: FloatArray
    high: FloatArray


def _threads(network: _Network, groups: Groups, cluster: set[int]) -> list[_Thread]:
    """The threads of a cluster's groups; of two lone nodes that are to be apart, the second needs none."""
    from scipy.sparse import csr_array, vstack

    free, visits = _free_thread(network, groups, np.isin(groups.group, list(cluster)))
    size = np.bincount(groups.group[groups.group >= 0])
    threads = []
    for group in sorted(cluster):
        apart = groups.apart_from(group)
        if size[group] == 1 and (size[apart[apart > group]] > 1).all():
            continue
        own = np.flatnonzero(groups.group == group)
        avoided = np.flatnonzero(np.isin(groups.group, apart))
        other = np.flatnonzero(np.isin(groups.group, list(cluster.difference([group], apart))))
        _, first, inverse = np.unique(groups.group[other], return_index=True, return_inverse=True)
        all_or_none = visits[other] - visits[other[first[inverse]]]
        of_thread = vstack([free.of_thread, visits[own], visits[avoided], all_or_none])
        unlimited = csr_array((len(avoided) + len(other), len(network.cost)))
        of_flow = vstack([free.of_flow, -network.visits[own], unlimited])
        exactly = np.zeros(len(own) + len(avoided) + len(other))
        threads.append(_Thread(of_flow, of_thread, np.append(free.low, exactly), np.append(free.high, exactly)))
    return threads


def _free_thread(network: _Network, groups: Groups, involved: Mask) -> tuple[_Thread, Sparse]:
    """A thread that may run anywhere while the nodes `involved` (N,) are there, and what enters a node of it (N, C).

    Its C columns are x_in, x_out and x of all nodes and links that are there then, and the waiting at each moment at
    which nodes begin.
    """
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    pairs, count, flows = network.problem.pairs, len(network.problem), len(network.cost)
    near = (groups.last >= groups.first[involved].min()) & (groups.first <= groups.last[involved].max())
    node, link = np.flatnonzero(near), np.flatnonzero(near[pairs.earlier] | near[pairs.later])
    columns = np.concatenate([node, count + node, 2 * count + link])
    moments, begins = np.unique(groups.first[node], return_inverse=True)
    ended = np.searchsorted(moments, groups.last[node], side="right")
    arrives = np.flatnonzero(~near[pairs.earlier[link]])
    size = (len(moments) + 1, len(columns))
    place = np.arange(len(node))
    # a row for each moment: waiting before + ended since - begins - waiting on = 0; at first -1, the unit that comes in
    # by waiting or by links from before; what ends after the last moment, in a row of its own, goes out
    waiting = (
        _ones(ended, len(node) + place, size)
        - _ones(begins, place, size)
        - _ones(np.zeros_like(arrives), 2 * len(node) + arrives, size)
    )
    steps = eye_array(len(moments) + 1, len(moments), k=-1) - eye_array(len(moments) + 1, len(moments))
    rows = [
        [eye_array(len(columns)), csr_array((len(columns), len(moments)))],
        [network.balance[node][:, columns], csr_array((len(node), len(moments)))],
        [waiting[:-1], steps.tocsr()[:-1]],
    ]
    of_thread = vstack([hstack(row) for row in rows])
    limited = -eye_array(flows, format="csr")[columns]
    of_flow = vstack([limited, csr_array((len(node) + len(moments), flows))])
    one_unit = np.append(-1.0, np.zeros(len(moments) - 1))
    low = np.concatenate([np.full(len(columns), -np.inf), np.zeros(len(node)), one_unit])
    high = np.concatenate([np.zeros(len(columns)), np.zeros(len(node)), one_unit])
    visits = hstack([network.visits[:, columns], csr_array((count, len(moments)))], format="csr")
    return _Thread(of_flow, of_thread, low, high), visits


def _ones(row: IntArray, column: IntArray, size: tuple[int, int]) -> Sparse:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row)), (row, column)), size)
