"""The proof that links joined from the solutions of pieces are the optimum, and their repair where they are not.

A flow is the optimum if and only if its residual network has no circle of negative cost, and this is so if and only if
there are potentials p with cost(u, v) + p(u) - p(v) >= 0 for every arc u -> v (Ahuja, Magnanti and Orlin 1993, chapter
9). Left and right of a seam the pieces have such potentials. Only around the seam arcs can violate this, and there the
potentials are computed anew: as the shortest distances from the nodes outside a window of frames, whose potentials
stay. Where the window is too small for that, it is widened. A circle of negative cost that is found this way is
cancelled: the flow along it is changed by one unit, and the proof begins again.

The potential of the hub is 0. All costs are whole numbers of units, so nothing is rounded.
"""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.solvers.pieces import BeyondPieceError, SolvedPiece
from siamlink.association.solvers.problem import make_solution
from siamlink.association.solvers.residual import Arcs, residual_arcs
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.frame_index import ranges

FIRST_ROUNDS = 16
"""Rounds of corrected labels before circles are looked for; the number doubles each time."""


@dataclass(frozen=True)
class Certificate:
    """How the proof of a seam went.

    Attributes:
        violated: arcs whose costs were below the difference of the joined potentials.
        windows: how many windows of frames were tried, 0 if no arc was violated.
        frames: frames of the widest window.
        cancelled: circles of negative cost that were cancelled.
    """

    violated: int = 0
    windows: int = 0
    frames: int = 0
    cancelled: int = 0


def certified(piece: SolvedPiece) -> tuple[SolvedPiece, Certificate]:
    """The optimum of a piece with its potentials, by any flow in it and any potentials.

    Nodes before the first frame of the piece stay as they are, with their potentials.

    Raises:
        BeyondPieceError: this is not possible.
    """
    arcs, violated = _violated(piece)
    report = Certificate(violated=len(violated))
    while len(violated):
        ends = np.concatenate([arcs[0][violated], arcs[1][violated]])
        frames = _frames(piece)[ends[ends < 2 * len(piece.node)]]
        first, last = int(frames.min()), int(frames.max())
        while True:
            first, last = max(first, piece.first), min(last, piece.last)
            report = replace(report, windows=report.windows + 1, frames=max(report.frames, last - first + 1))
            labels = _Labels(piece, arcs, first, last)
            if labels.circle is not None:
                piece = _cancelled(piece, labels.circle)
                report = replace(report, cancelled=report.cancelled + 1)
                break
            if labels.holds:
                piece = replace(piece, potential=labels.potential[:-1])
                break
            if first == piece.first and last == piece.last:
                raise BeyondPieceError
            first, last = first - (last - first + 1), last + (last - first + 1)
        arcs, violated = _violated(piece)
    return piece, report


def _frames(piece: SolvedPiece) -> IntArray:
    """(2 N,) the frame of each end of a node."""
    return np.tile(piece.problem.frame, 2).astype(np.int64)


def _violated(piece: SolvedPiece) -> tuple[Arcs, IntArray]:
    """The arcs of the residual network (A,), and which of them violate the potentials (K,).

    An arc between the hub and nodes before the piece, or between two of these, is part of another piece.
    """
    solution = make_solution(piece.problem, piece.used, piece.linked)
    tail, head, cost = residual_arcs(piece.problem, solution)
    potential = np.append(piece.potential, 0.0)
    violated = cost + potential[tail] < potential[head]
    outside = np.append(_frames(piece) < piece.first, True)
    return (tail, head, cost), np.flatnonzero(violated & ~(outside[tail] & outside[head]))


class _Labels:
    """Distances of the ends of the nodes in a window of frames from all others, whose potentials stay as they are.

    Attributes:
        potential: (2 N + 1,) the distances and the other potentials.
        circle: (K,) arcs of a circle of negative cost, None if none was found.
        holds: whether no arc from the window violates the potentials; only if there is no circle.
    """

    def __init__(self, piece: SolvedPiece, arcs: Arcs, first: int, last: int) -> None:
        frames = _frames(piece)
        self._hub = len(frames)
        self._inside = np.append((frames >= first) & (frames <= last), False)
        self._tail, self._head, self._cost = arcs
        self._previous = np.full(len(frames) + 1, -1)
        self.potential = np.where(self._inside, np.inf, np.append(piece.potential, 0.0))
        self.circle: IntArray | None = None
        self.holds = False
        self._correct()
        if self.circle is None:
            self._check_arcs_out()

    def _correct(self) -> None:
        """Correct labels in rounds (Bellman and Ford), from the nodes that the round before has changed."""
        into = np.flatnonzero(self._inside[self._head])
        into = into[np.argsort(self._tail[into], kind="stable")]
        tail = self._tail[into]
        changed = np.unique(tail[~self._inside[tail]])
        rounds, check = 0, FIRST_ROUNDS
        while len(changed):
            arc = into[ranges(np.searchsorted(tail, changed), np.searchsorted(tail, changed, side="right"))]
            reached = self.potential[self._tail[arc]] + self._cost[arc]
            better = reached < self.potential[self._head[arc]]
            arc, reached = arc[better], reached[better]
            np.minimum.at(self.potential, self._head[arc], reached)
            best = arc[reached == self.potential[self._head[arc]]]
            self._previous[self._head[best]] = best
            changed = np.unique(self._head[best])
            rounds += 1
            if rounds == check:
                check *= 2
                self.circle = self._circle()
                if self.circle is not None:
                    return

    def _circle(self) -> IntArray | None:
        """A circle of the arcs by which the labels were found; such a one is negative."""
        nodes = np.arange(self._hub + 1)
        before = np.where(self._previous >= 0, self._tail[self._previous], nodes)
        reached = before
        for _ in range(int(self._hub + 1).bit_length()):
            reached = reached[reached]
        endless = np.flatnonzero(self._previous[reached] >= 0)
        return self._back(int(reached[endless[0]])) if len(endless) else None

    def _back(self, end: int) -> IntArray:
        """The arcs by which the label of an end was found, back to where they begin or to the end itself."""
        arcs, node = [], end
        while self._previous[node] >= 0:
            arcs.append(int(self._previous[node]))
            node = int(self._tail[arcs[-1]])
            if node == end:
                break
        return np.array(arcs, np.int64)

    def _check_arcs_out(self) -> None:
        """Do arcs from the window to other nodes violate the potentials? One to the hub may close a circle."""
        leaving = np.flatnonzero(self._inside[self._tail] & ~self._inside[self._head])
        slack = self._cost[leaving] + self.potential[self._tail[leaving]] - self.potential[self._head[leaving]]
        violated = leaving[slack < 0]
        self.holds = not len(violated)
        for arc in violated[self._head[violated] == self._hub].tolist():
            path = self._back(int(self._tail[arc]))
            if self._tail[path[-1]] == self._hub:
                self.circle = np.append(path, arc)
                return


def _cancelled(piece: SolvedPiece, circle: IntArray) -> SolvedPiece:
    """The piece with the flow changed by one unit along the arcs (K,) of a circle of its residual network."""
    count = len(piece.node)
    used, linked = piece.used.copy(), piece.linked.copy()
    nodes = circle[(circle >= 2 * count) & (circle < 3 * count)] - 2 * count
    links = circle[circle >= 3 * count] - 3 * count
    used[nodes] = ~used[nodes]
    linked[links] = ~linked[links]
    return replace(piece, used=used, linked=linked)
