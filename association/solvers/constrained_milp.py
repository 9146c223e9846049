"""The mixed integer program of tracking under constraints.

Beside the flow f of `solvers`, each group of nodes that must be one object gets a commodity x: one unit that runs
through time within what the flow carries. It follows a track, and where the track ends it may wait until another one
begins:

    0 <= x_ij <= f_ij,    0 <= x_in(i) <= f_in(i),    0 <= x_out(i) <= f_out(i),    0 <= waiting
    x_in(i) + sum_j x_ji = x_out(i) + sum_j x_ij
    waiting after t + sum of x_in that begin at t = waiting before t + sum of x_out that have ended since

The commodity of a group visits all nodes of the group that are in tracks, no node of a group that must be apart from
it, and all or no nodes of any other group. So a commodity that touches a track follows all of it, and also all tracks
that groups join with it. As it is one unit, these tracks do not overlap in time. Only f needs to be integer.

A commodity runs only in the time window of its cluster: from the first to the last node of its group and of the groups
that it depends on. If two tracks with nodes of one cluster overlap in time, they overlap in that window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.solvers.constraints import Groups
from siamlink.association.solvers.problem import LinkProblem
from siamlink.detectors.base.arrays import FloatArray, IntArray

Mask = NDArray[np.bool_]
Sparse = Any
"""A sparse array of scipy, which has no type hints."""


def solve_milp(problem: LinkProblem, groups: Groups, clusters: list[set[int]]) -> tuple[Mask, Mask]:
    """The best flow that satisfies the constraints on the groups of the clusters, by HiGHS.

    The matrix of the program has a row of blocks for the flow and one for each commodity:

        flow          [ balance, visits    0             0             ... ]
        commodity 1   [ of_flow 1          of_own 1      0             ... ]
        commodity 2   [ of_flow 2          0             of_own 2      ... ]

    Args:
        problem: of N nodes and P candidate links.
        groups: constraints on the nodes.
        clusters: sets of groups; no group is in two.

    Returns:
        (N,) which nodes are in tracks, and (P,) which links are chosen.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, vstack

    network = _Network.of(problem)
    count, flows = len(problem), len(network.cost)
    commodities = [rows for cluster in clusters for rows in _commodities(network, groups, cluster)]
    blocks = [[vstack([network.balance, network.visits]), *[None] * len(commodities)]]
    for place, rows in enumerate(commodities):
        own = [rows.of_own if each == place else None for each in range(len(commodities))]
        blocks.append([rows.of_flow, *own])
    matrix = block_array(blocks, format="csr")
    low = np.concatenate([np.zeros(count), groups.required, *(rows.low for rows in commodities)])
    high = np.concatenate([np.zeros(count), np.ones(count), *(rows.high for rows in commodities)])
    is_flow = np.arange(matrix.shape[1]) < flows
    result = milp(
        np.append(network.cost, np.zeros(matrix.shape[1] - flows)),
        integrality=is_flow,
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, low, high),
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
        cost: (2N + P,) in nats; the cost of a node is paid by what enters it.
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
class _Rows:
    """R rows of the program, low <= of_flow f + of_own x <= high, with the flow f and a commodity x."""

    of_flow: Sparse
    of_own: Sparse
    low: FloatArray
    high: FloatArray

    @classmethod
    def stack(cls, parts: Sequence["_Rows"]) -> "_Rows":
        """All rows, one part below the other."""
        from scipy.sparse import vstack

        return cls(
            vstack([part.of_flow for part in parts]),
            vstack([part.of_own for part in parts]),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
        )


@dataclass(frozen=True)
class _Window:
    """The nodes and links in the time window of a cluster, and the columns of a commodity that runs there.

    A commodity has C + M columns: x_in of the K nodes, x_out of the K nodes, x of the L links, and the waiting after
    each of the M moments at which nodes begin; C = 2K + L.

    Attributes:
        node: (K,) the nodes.
        link: (L,) the links; the earlier node of some lies before the window.
        flow: (C,) the column of the flow that belongs to each of the first C columns.
        moments: (M,) ascending frames in which nodes begin.
    """

    node: IntArray
    link: IntArray
    flow: IntArray
    moments: IntArray

    @classmethod
    def of(cls, problem: LinkProblem, groups: Groups, involved: Mask) -> "_Window":
        """The window from the first to the last of the nodes `involved` (N,)."""
        near = (groups.last >= groups.first[involved].min()) & (groups.first <= groups.last[involved].max())
        node = np.flatnonzero(near)
        link = np.flatnonzero(near[problem.pairs.earlier] | near[problem.pairs.later])
        flow = np.concatenate([node, len(problem) + node, 2 * len(problem) + link])
        return cls(node, link, flow, np.unique(groups.first[node]))

    def columns(self, matrix: Sparse) -> Sparse:
        """(R, C + M) the same coefficients of a commodity as `matrix` (R, 2N + P) has of the flow; none of waiting."""
        from scipy.sparse import csr_array, hstack

        return hstack([matrix[:, self.flow], csr_array((matrix.shape[0], len(self.moments)))], format="csr")


def _commodities(network: _Network, groups: Groups, cluster: set[int]) -> list[_Rows]:
    """The rows of each commodity of a cluster; of two single nodes that must be apart, only the first needs one."""
    window = _Window.of(network.problem, groups, np.isin(groups.group, list(cluster)))
    common = [_capacity_rows(network, window), _balance_rows(network, window), _moment_rows(network, groups, window)]
    visits = window.columns(network.visits)
    size = np.bincount(groups.group[groups.group >= 0])
    commodities = []
    for group in sorted(cluster):
        apart = groups.apart_from(group)
        if size[group] == 1 and (size[apart[apart > group]] > 1).all():
            continue
        commodities.append(_Rows.stack([*common, _group_rows(network, groups, visits, cluster, group)]))
    return commodities


def _capacity_rows(network: _Network, window: _Window) -> _Rows:
    """The commodity runs within the flow, x - f <= 0: one row for each of the C columns."""
    from scipy.sparse import csr_array, eye_array, hstack

    count = len(window.flow)
    of_own = hstack([eye_array(count), csr_array((count, len(window.moments)))])
    of_flow = -eye_array(len(network.cost), format="csr")[window.flow]
    return _Rows(of_flow, of_own, np.full(count, -np.inf), np.zeros(count))


def _balance_rows(network: _Network, window: _Window) -> _Rows:
    """At each of the K nodes as much of the commodity enters as leaves."""
    from scipy.sparse import csr_array

    count = len(window.node)
    of_flow = csr_array((count, len(network.cost)))
    return _Rows(of_flow, window.columns(network.balance[window.node]), np.zeros(count), np.zeros(count))


def _moment_rows(network: _Network, groups: Groups, window: _Window) -> _Rows:
    """What waits before each of the M moments, plus what has ended since, begins at it or goes on waiting.

    The sums are 0, but -1 at the first moment: there the one unit comes in, by waiting or by a link from before the
    window. What ends after the last moment leaves; its row is dropped.
    """
    from scipy.sparse import csr_array, eye_array, hstack

    node, moments = window.node, window.moments
    count, size = len(moments), (len(moments) + 1, len(window.flow))
    x_in = np.arange(len(node))
    x_out = len(node) + x_in
    begins = np.searchsorted(moments, groups.first[node])
    ended = np.searchsorted(moments, groups.last[node], side="right")
    from_before = np.flatnonzero(~np.isin(network.problem.pairs.earlier[window.link], node))
    arrives = _ones(np.zeros_like(from_before), 2 * len(node) + from_before, size)
    passing = _ones(ended, x_out, size) - _ones(begins, x_in, size) - arrives
    waiting = eye_array(count + 1, count, k=-1) - eye_array(count + 1, count)
    one_unit = np.append(-1.0, np.zeros(count - 1))
    of_own = hstack([passing[:-1], waiting.tocsr()[:-1]])
    return _Rows(csr_array((count, len(network.cost))), of_own, one_unit, one_unit)


def _group_rows(network: _Network, groups: Groups, visits: Sparse, cluster: set[int], group: int) -> _Rows:
    """Which nodes the commodity of a group visits: its own as the flow does, none apart, all or none of other groups.

    Args:
        network: the flow.
        groups: constraints on the nodes.
        visits: (N, C + M) what of the commodity enters each node.
        cluster: the groups that the commodity depends on.
        group: the group of the commodity.
    """
    from scipy.sparse import csr_array, vstack

    apart = groups.apart_from(group)
    own = np.flatnonzero(groups.group == group)
    avoided = np.flatnonzero(np.isin(groups.group, apart))
    other = np.flatnonzero(np.isin(groups.group, list(cluster.difference([group], apart))))
    _, first, inverse = np.unique(groups.group[other], return_index=True, return_inverse=True)
    all_or_none = visits[other] - visits[other[first[inverse]]]
    no_flow = csr_array((len(avoided) + len(other), len(network.cost)))
    zero = np.zeros(len(own) + len(avoided) + len(other))
    return _Rows(
        vstack([-network.visits[own], no_flow]), vstack([visits[own], visits[avoided], all_or_none]), zero, zero
    )


def _ones(row: IntArray, column: IntArray, size: tuple[int, int]) -> Sparse:
    """A sparse array with ones at (row[k], column[k])."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row)), (row, column)), size)
