"""A linear program in pieces: parts of the time, each with a halo of the frames around it, solved independently.

A piece covers some frames: it holds their nodes, all links to these, and the nodes that these links lead from. So every
link of the program is in a piece, whatever the halo is. The solution of a piece comes with potentials: the distances
of the ends of its nodes from the hub of the residual network (see `residual`). They prove that it is the optimum of the
piece: no arc costs less than the difference of the potentials at its ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem, make_solution
from siamlink.association.solvers.residual import distances, residual_arcs
from siamlink.association.solvers.solvers import in_units, optimum
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray


class BeyondPieceError(RuntimeError):
    """What lies before a piece would have to change."""


@dataclass(frozen=True)
class Piece:
    """A part of a program; small, and independent of all others.

    Attributes:
        first: the first frame that the piece covers.
        last: the last one.
        node: (N,) which nodes of the whole program these are: numbers in order of their frames, the same in all pieces.
        problem: of the N nodes; those before `first` are only there for their links to others.
    """

    first: int
    last: int
    node: IntArray
    problem: LinkProblem


@dataclass(frozen=True)
class SolvedPiece(Piece):
    """A piece with its optimum; the costs are whole numbers of units, see `in_units`.

    Attributes:
        used: (N,) whether a node is in a track.
        linked: (P,) which links are chosen.
        potential: (2 N,) of the end of each node where the flow enters, then of the end where it leaves.
    """

    used: BoolArray
    linked: BoolArray
    potential: FloatArray

    def successor(self) -> IntArray:
        """(N,) the number of the next node of the same track, -1 at the end of a track."""
        successor = np.full(len(self.node), -1, np.int64)
        pairs = self.problem.pairs[self.linked]
        successor[pairs.earlier] = self.node[pairs.later]
        return successor


def pieces_of(problem: LinkProblem, cuts: Sequence[int], halo: int) -> Iterator[Piece]:
    """The pieces of a program.

    Args:
        problem: of nodes in order of their frames.
        cuts: the last frame of each piece but the last, ascending.
        halo: how many frames a piece covers beyond its own on both sides.
    """
    frames = problem.frame
    order = np.argsort(problem.pairs.later, kind="stable")
    later = problem.pairs.later[order]
    begin, end = (int(frames[0]), int(frames[-1])) if len(problem) else (0, 0)
    bounds = [begin - 1 - halo, *sorted({cut for cut in cuts if begin <= cut < end}), end + halo]
    for before, until in pairwise(bounds):
        first, last = max(before + 1 - halo, begin), min(until + halo, end)
        start, stop = np.searchsorted(frames, [first, last + 1])
        links = np.sort(order[slice(*np.searchsorted(later, [start, stop]))])
        yield part_of(problem, first, last, links)


def part_of(problem: LinkProblem, first: int, last: int, links: IntArray) -> Piece:
    """The piece of some frames, given the rows (K,) of the links to the nodes in these."""
    start, stop = np.searchsorted(problem.frame, [first, last + 1])
    earlier, later = problem.pairs.earlier[links], problem.pairs.later[links]
    node = np.concatenate([np.unique(earlier[earlier < start]), np.arange(start, stop)])
    pairs = Pairs(np.searchsorted(node, earlier), np.searchsorted(node, later))
    return Piece(first, last, node, _rows(problem, node, pairs, links))


def solve_piece(piece: Piece) -> SolvedPiece:
    """The optimum of a piece whose costs are in nats."""
    return solved(Piece(piece.first, piece.last, piece.node, in_units(piece.problem)))


def solved(piece: Piece) -> SolvedPiece:
    """The optimum of a piece whose costs are in units."""
    problem = piece.problem
    used, linked = optimum(problem)
    arcs = residual_arcs(problem, make_solution(problem, used, linked))
    potential = distances(arcs, 2 * len(problem))[:-1]
    return SolvedPiece(piece.first, piece.last, piece.node, problem, used, linked, potential)


def window(piece: Piece, first: int, last: int) -> Piece:
    """The part of a piece that covers some of its frames."""
    problem = piece.problem
    frame = problem.frame[problem.pairs.later]
    part = part_of(problem, first, last, np.flatnonzero((frame >= first) & (frame <= last)))
    return Piece(first, last, piece.node[part.node], part.problem)


def concatenated(left: SolvedPiece, right: SolvedPiece, cut: int) -> SolvedPiece:
    """The left piece up to a frame and the right one after it, with the chosen links across on which they agree.

    Raises:
        BeyondPieceError: a link of the right piece begins before the left one.
    """
    one, other = left.problem.frame <= cut, right.problem.frame > cut
    count, node = int(one.sum()), np.concatenate([left.node[one], right.node[other]])
    links, more = one[left.problem.pairs.later], other[right.problem.pairs.later]

    def ends(of_left: IntArray, of_right: IntArray) -> IntArray:
        return np.concatenate([left.node[of_left[links]], right.node[of_right[more]]])

    earlier = ends(left.problem.pairs.earlier, right.problem.pairs.earlier)
    later = ends(left.problem.pairs.later, right.problem.pairs.later)
    pairs = Pairs(np.searchsorted(node, earlier), np.searchsorted(node, later))
    if not np.array_equal(node[pairs.earlier], earlier):
        raise BeyondPieceError
    linked = np.concatenate([left.linked[links], right.linked[more]])
    across = np.flatnonzero((pairs.earlier < count) & (pairs.later >= count))
    linked[across] &= left.successor()[one][pairs.earlier[across]] == later[across]

    def both(name: str) -> FloatArray:
        column: FloatArray = np.concatenate([getattr(left.problem, name)[one], getattr(right.problem, name)[other]])
        return column

    problem = LinkProblem(
        frame=np.concatenate([left.problem.frame[one], right.problem.frame[other]]),
        detection=both("detection"),
        entry=both("entry"),
        exit=both("exit"),
        pairs=pairs,
        link=np.concatenate([left.problem.link[links], right.problem.link[more]]),
    )
    halves = [left.potential.reshape(2, -1)[:, one], right.potential.reshape(2, -1)[:, other]]
    potential = np.concatenate(halves, axis=1).ravel()
    used = np.concatenate([left.used[one], right.used[other]])
    return SolvedPiece(left.first, right.last, node, problem, used, linked, potential)


def after(piece: SolvedPiece, frame: int) -> SolvedPiece:
    """The piece without the frames up to one, but with the nodes in these from which links lead to later ones."""
    problem = piece.problem
    kept = problem.frame > frame
    links = kept[problem.pairs.later]
    kept[problem.pairs.earlier[links]] = True
    place = np.cumsum(kept) - 1
    pairs = Pairs(place[problem.pairs.earlier[links]], place[problem.pairs.later[links]])
    rest = _rows(problem, kept, pairs, links)
    potential = piece.potential.reshape(2, -1)[:, kept].ravel()
    return SolvedPiece(frame + 1, piece.last, piece.node[kept], rest, piece.used[kept], piece.linked[links], potential)


def _rows(problem: LinkProblem, nodes: IntArray | BoolArray, pairs: Pairs, links: IntArray | BoolArray) -> LinkProblem:
    """The problem of some nodes and some links, which are `pairs` of these nodes."""
    detection, entry, exit_ = problem.detection[nodes], problem.entry[nodes], problem.exit[nodes]
    return LinkProblem(problem.frame[nodes], detection, entry, exit_, pairs, problem.link[links])
