"""Constraints decide some links before any program is solved: these are dropped, or their nodes become one.

Let a and b be nodes that must be in one track, of which b is the next one that must be in it. The track goes on from a
to b, or to nodes between them in time. So no other link leads from a, nor to b. Where none is left but the one from a
to b, and nothing else that this track could hold lies between them, they are one node: it contains that link, or the
end of a track and the beginning of the next one, whichever costs less. Nodes of groups that must be apart, or of which
two nodes are there at one time, are in different tracks: no link leads from one to the other.

All of this follows from the constraints, so the optimum stays the same.
"""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constraints import Groups
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Contraction:
    """A problem of N nodes and P links, of which some nodes are made one.

    Attributes:
        problem: of M nodes and Q links.
        groups: the constraints on the M nodes.
        node: (N,) which of the M nodes contains each node.
        link: (Q,) which of the P links each link is.
        inner: (P,) the links that are contained in nodes.
    """

    problem: LinkProblem
    groups: Groups
    node: IntArray
    link: IntArray
    inner: BoolArray

    def expanded(self, used: BoolArray, linked: BoolArray) -> tuple[BoolArray, BoolArray]:
        """The used nodes (N,) and the chosen links (P,) of a solution that uses nodes (M,) and links (Q,)."""
        every = self.inner.copy()
        every[self.link[linked]] = True
        return used[self.node], every


def contract(problem: LinkProblem, groups: Groups) -> Contraction:
    """The problem without the links that cannot be chosen, and with nodes that must follow one another as one.

    Args:
        problem: of N nodes and P links.
        groups: constraints on the nodes.
    """
    groups = _numbered(groups)
    apart, following = _groups_apart(groups), _following(groups)
    possible = _possible_links(problem.pairs, groups, following, apart)
    earlier, later = problem.pairs.earlier[possible], problem.pairs.later[possible]
    other = following[earlier] != later
    leaves, enters = (np.bincount(ends[other], minlength=len(problem)) > 0 for ends in (earlier, later))
    a = np.flatnonzero(following >= 0)
    a = a[~leaves[a] & ~enters[following[a]]]
    a = a[_nothing_between(groups, a, following[a], apart)]
    successor = np.full(len(problem), -1)
    successor[a] = following[a]
    return _joined(problem, groups, possible, successor)


def _joined(problem: LinkProblem, groups: Groups, possible: IntArray, successor: IntArray) -> Contraction:
    """The problem with the possible links (K,) alone, in which each node and its neighbour (N,), if any, are one."""
    everything = np.ones(len(problem), bool)
    node = Solution(everything, successor, 0.0).track_ids().astype(np.int64) - 1
    tail = np.flatnonzero(successor < 0)
    tail = tail[np.argsort(node[tail])]
    head = np.unique(node, return_index=True)[1]
    a = np.flatnonzero(successor >= 0)
    cost = np.zeros(len(problem))
    cost[a] = problem.exit[a] + problem.entry[successor[a]]
    earlier, later, link = problem.pairs.earlier[possible], problem.pairs.later[possible], problem.link[possible]
    within = node[earlier] == node[later]
    best = np.full(len(problem), -1)
    cheap = np.flatnonzero(within & (link < cost[earlier]))
    cheap = cheap[np.argsort(-link[cheap], kind="stable")]
    best[earlier[cheap]] = cheap
    chosen = best[best >= 0]
    cost[earlier[chosen]] = link[chosen]
    inner = np.zeros(len(problem.pairs), bool)
    inner[possible[chosen]] = True
    left = possible[~within]
    detection = np.zeros(len(head))
    np.add.at(detection, node, problem.detection + cost)
    small = LinkProblem(
        frame=problem.frame[head],
        detection=detection,
        entry=problem.entry[head],
        exit=problem.exit[tail],
        pairs=Pairs(node[problem.pairs.earlier[left]], node[problem.pairs.later[left]]),
        link=problem.link[left],
    )
    joined = Groups(groups.first[head], groups.last[tail], groups.group[head], groups.required[head], groups.apart)
    return Contraction(small, joined, node, left, inner)


def _numbered(groups: Groups) -> Groups:
    """The same groups with numbers from 0 without gaps."""
    number = np.unique(groups.group[groups.constrained])
    group = np.where(groups.constrained, np.searchsorted(number, groups.group), -1)
    return replace(groups, group=group, apart=np.searchsorted(number, groups.apart))


def _following(groups: Groups) -> IntArray:
    """(N,) the next node that must be in the same track, -1 for none, or for one that overlaps in time."""
    rows = np.flatnonzero(groups.constrained & groups.required)
    rows = rows[np.lexsort((groups.first[rows], groups.group[rows]))]
    a, b = rows[:-1], rows[1:]
    follows = (groups.group[a] == groups.group[b]) & (groups.last[a] < groups.first[b])
    following = np.full(len(groups.group), -1)
    following[a[follows]] = b[follows]
    return following


def _possible_links(pairs: Pairs, groups: Groups, following: IntArray, apart: BoolArray) -> IntArray:
    """The links (K,) of all P that can be chosen."""
    previous = np.full(len(following), -1)
    previous[following[following >= 0]] = np.flatnonzero(following >= 0)
    earlier, later = pairs.earlier, pairs.later
    after, before = following[earlier], previous[later]
    passes = (after >= 0) & (after != later) & (groups.last[later] >= groups.first[after])
    passes |= (before >= 0) & (before != earlier) & (groups.first[earlier] <= groups.last[before])
    return np.flatnonzero(~passes & ~apart[groups.group[earlier], groups.group[later]])


def _groups_apart(groups: Groups) -> BoolArray:
    """(G + 1, G + 1) which two of G groups are in different tracks; the last row and column are of no group."""
    count = int(groups.group.max(initial=-1)) + 1
    apart = np.zeros((count + 1, count + 1), bool)
    one, other = groups.apart.T
    apart[one, other] = apart[other, one] = True
    rows = np.flatnonzero(groups.constrained & groups.required)
    rows = rows[np.argsort(groups.first[rows], kind="stable")]
    end = np.searchsorted(groups.first[rows], groups.last[rows], side="right")
    for place, row in enumerate(rows.tolist()):
        present = groups.group[rows[place + 1 : end[place]]]
        apart[groups.group[row], present] = apart[present, groups.group[row]] = True
    np.fill_diagonal(apart, False)
    return apart


def _nothing_between(groups: Groups, a: IntArray, b: IntArray, apart: BoolArray) -> BoolArray:
    """(K,) whether no node with a constraint that could be in one track with a and b (K,) begins between them."""
    rows = np.flatnonzero(groups.constrained)
    free = np.ones(len(a), bool)
    for group in np.unique(groups.group[a]).tolist():
        first = np.sort(groups.first[rows[~apart[group, groups.group[rows]]]])
        own = groups.group[a] == group
        until = np.searchsorted(first, groups.first[b[own]])
        free[own] = until == np.searchsorted(first, groups.last[a[own]], side="right")
    return free
