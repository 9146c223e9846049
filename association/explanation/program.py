"""A solved program with what is needed to explain the links that it has chosen."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from siamlink.association.explanation.terms import Terms
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.residual import Residual, separate_from
from siamlink.association.solvers.solvers import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray


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

    Where constraints can be felt, losses are not known: each would need the integer program to be solved anew. These
    are the nodes that a chain of candidates connects with a constrained one.

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
        loss = self._residual.losses_forbidden()
        loss[~self._is_free[self.problem.pairs.earlier]] = np.nan
        return loss

    def after(self, candidate: int, most: int) -> Alternatives:
        """The best other candidates from the earlier end of one; at most so many."""
        node = int(self.problem.pairs.earlier[candidate])
        others = self._by_earlier.of(node)
        others = others[others != candidate]
        return self._best(others, self._residual.losses_after(node, others), self._is_free[node], most)

    def before(self, candidate: int, most: int) -> Alternatives:
        """The best other candidates to the later end of one; at most so many."""
        node = int(self.problem.pairs.later[candidate])
        others = self._by_later.of(node)
        others = others[others != candidate]
        return self._best(others, self._residual.losses_before(node, others), self._is_free[node], most)

    def _best(self, candidate: IntArray, loss: FloatArray, known: bool, most: int) -> Alternatives:
        order = np.argsort(loss if known else self.problem.link[candidate], kind="stable")[:most]
        candidate, loss = candidate[order], loss[order] if known else np.full(min(most, len(order)), np.nan)
        probability = 1 / (1 + np.exp(loss)) if self.probability is None else self.probability[candidate]
        return Alternatives(candidate, loss, probability)

    @cached_property
    def _residual(self) -> Residual:
        return Residual(self.problem, self.solution)

    @cached_property
    def _is_free(self) -> BoolArray:
        """(K,) whether no constraint can be felt."""
        if self.constrained is None:
            return np.ones(len(self.problem), bool)
        return separate_from(self.problem, self.constrained)

    @cached_property
    def _by_earlier(self) -> "_Grouped":
        return _Grouped(self.problem.pairs.earlier)

    @cached_property
    def _by_later(self) -> "_Grouped":
        return _Grouped(self.problem.pairs.later)


class _Grouped:
    """Rows by their key, (P,)."""

    def __init__(self, key: IntArray) -> None:
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]

    def of(self, key: int) -> IntArray:
        """The rows of one key, ascending."""
        return self._order[slice(*np.searchsorted(self._key, [key, key + 1]))]
