"""A solved program with what is needed to explain the links that it has chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from siamlink.association.explanation.terms import Terms
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.association.solvers.residual import Residual
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LARGEST_ODDS = 50.0
"""Nats, beyond which a probability is 0."""
LossesAt = Callable[[Residual, int, IntArray], FloatArray]
"""Returns what links (K,) at a node lose."""


class Evidence(Protocol):
    """What speaks for and against the candidates of a program, by their rows (K,)."""

    def log_odds(self, rows: IntArray) -> FloatArray:
        """(K,) nats, from all features."""
        ...

    def similarity(self, rows: IntArray) -> FloatArray:
        """(K,) by appearance; NaN where it was not used."""
        ...

    def terms(self, rows: IntArray) -> Terms:
        """What the log-odds are made of."""
        ...


@dataclass(frozen=True)
class Alternatives:
    """K other candidates at one end of a link, the least loss first.

    Attributes:
        candidate: (K,) their rows among the candidates of the program.
        loss: (K,) nats that the objective loses if one is demanded; NaN where it is not known.
        probability: (K,) of each.
    """

    candidate: IntArray
    loss: FloatArray
    probability: FloatArray


@dataclass(frozen=True, eq=False)
class Program:
    """A solved program of links between detections, or between tracklets of them.

    Tracks with nodes that constraints name are taken as given: what their own links lose is not known, as each would
    need the integer program to be solved anew; the other links lose what they do while these tracks stay.

    Attributes:
        name: what it links, in plain words.
        problem: of K nodes and P candidates.
        solution: its optimum; under constraints, of those that obey them.
        links: the candidates as links between detections: from the last one of a node to the first one of another.
        evidence: of the candidates.
        probability: (P,) of each candidate; None: it follows from what demanding it costs.
        constrained: (K,) nodes that constraints name; None: there are none.
    """

    name: str
    problem: LinkProblem
    solution: Solution
    links: Pairs
    evidence: Evidence
    probability: FloatArray | None = None
    constrained: BoolArray | None = None

    @cached_property
    def chosen(self) -> BoolArray:
        """(P,) which candidates are chosen."""
        chosen: BoolArray = self.solution.successor[self.problem.pairs.earlier] == self.problem.pairs.later
        return chosen

    @cached_property
    def loss(self) -> FloatArray:
        """(P,) nats that the objective loses if one chosen candidate is forbidden; NaN if it is not known."""
        loss = np.full(len(self.links), np.nan)
        loss[self._free.links] = self._free.residual.losses_forbidden()
        return loss

    def after(self, candidate: int, most: int) -> Alternatives:
        """The best other candidates from the earlier end of one; at most so many."""
        node = int(self.problem.pairs.earlier[candidate])
        others = self._by_earlier.of(node)
        return self._best(node, others[others != candidate], Residual.losses_after, most)

    def before(self, candidate: int, most: int) -> Alternatives:
        """The best other candidates to the later end of one; at most so many."""
        node = int(self.problem.pairs.later[candidate])
        others = self._by_later.of(node)
        return self._best(node, others[others != candidate], Residual.losses_before, most)

    def _best(self, node: int, others: IntArray, losses: LossesAt, most: int) -> Alternatives:
        """Those of the other candidates at a node that lose least; the cheapest of those whose loss is not known."""
        free, loss = self._free, np.full(len(others), np.nan)
        known = free.links[others]
        if known.any():
            loss[known] = losses(free.residual, int(free.node_place[node]), free.link_place[others[known]])
        order = np.lexsort((self.problem.link[others], loss))[:most]
        others, loss = others[order], loss[order]
        if self.probability is not None:
            return Alternatives(others, loss, self.probability[others])
        return Alternatives(others, loss, 1 / (1 + np.exp(np.minimum(loss, LARGEST_ODDS))))

    @cached_property
    def _free(self) -> "_FreePart":
        return _FreePart(self.problem, self.solution, self.constrained)

    @cached_property
    def _by_earlier(self) -> "_Grouped":
        return _Grouped(self.problem.pairs.earlier)

    @cached_property
    def _by_later(self) -> "_Grouped":
        return _Grouped(self.problem.pairs.later)


class _FreePart:
    """The part of a problem without the tracks that constraints name.

    What is chosen in it is its optimum: otherwise, there were better tracks that obey the constraints.

    Args:
        problem: of K nodes and P links.
        solution: its optimum; under constraints, of those that obey them.
        constrained: (K,) nodes that constraints name; None: there are none.

    Attributes:
        nodes: (K,) which are in the part.
        node_place: (K,) their places in it.
        links: (P,) which are in it.
        link_place: (P,) their places in it.
        residual: what other choices cost.
    """

    def __init__(self, problem: LinkProblem, solution: Solution, constrained: BoolArray | None) -> None:
        track, named = solution.track_ids(), np.zeros(len(problem), bool) if constrained is None else constrained
        self.nodes: BoolArray = ~named & ((track == 0) | ~np.isin(track, track[named]))
        self.links: BoolArray = self.nodes[problem.pairs.earlier] & self.nodes[problem.pairs.later]
        self.node_place, self.link_place = np.cumsum(self.nodes) - 1, np.cumsum(self.links) - 1
        following = solution.successor[self.nodes]
        following = np.where(following >= 0, self.node_place[following], -1)
        own = Solution(solution.used[self.nodes], following, 0.0)
        self.residual = Residual(problem.part(self.nodes), own)


class _Grouped:
    """Rows by their key, (P,)."""

    def __init__(self, key: IntArray) -> None:
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]

    def of(self, key: int) -> IntArray:
        """The rows of one key, ascending."""
        return self._order[slice(*np.searchsorted(self._key, [key, key + 1]))]
