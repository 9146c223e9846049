"""The linear program solved in segments: exactly the optimum of the one program.

Pieces of the program (see `pieces`) are solved independently, and joined one after the other. At a cut through the
frames that both neighbours cover, where they choose the same links across it, everything before the cut is taken from
the one and everything after it from the other. Where there is no such cut, the frames around the seam are solved alone,
in a window that is widened until there is one on either side of the seam. What is joined is certified to be the
optimum, or made it (see `certificate`).

Only the frames since the last seam are kept, so memory is bounded by the length of a piece.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from siamlink.association.solvers.certificate import Certificate, certified
from siamlink.association.solvers.pieces import (
    BeyondPieceError,
    SolvedPiece,
    after,
    concatenated,
    pieces_of,
    solve_piece,
    solved,
    window,
)
from siamlink.association.solvers.problem import LinkProblem, Solution, make_solution
from siamlink.association.solvers.solvers import UNITS_PER_NAT, without_idle
from siamlink.detectors.base.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Seam:
    """How two pieces were joined.

    Attributes:
        frame: the last frame before the seam.
        widened: how many windows around it were solved, 0 if the pieces agreed.
        frames: frames of the widest of these windows.
        certificate: the proof.
    """

    frame: int
    widened: int
    frames: int
    certificate: Certificate


@dataclass(frozen=True)
class FinalLinks:
    """The links of nodes that no later piece changes.

    Attributes:
        node: (N,) the numbers of the nodes.
        used: (N,) whether a node is in a track.
        successor: (N,) the number of the next node of the same track, -1 at the end of a track.
        cost: of these nodes and of the links from them, in nats.
        seam: the seam that made them final; None at the end of the program.
    """

    node: IntArray
    used: BoolArray
    successor: IntArray
    cost: float
    seam: Seam | None


class Segmented(NamedTuple):
    """The optimum of a program, and the seams it was joined at."""

    solution: Solution
    seams: tuple[Seam, ...]


def solve_in_segments(problem: LinkProblem, cuts: Sequence[int], halo: int) -> Segmented:
    """The optimum of a program, solved in segments: the same as by `solve_lp`.

    If several solutions are optimal, it may be another one of them.

    Args:
        problem: of nodes in order of their frames.
        cuts: the last frame of each segment but the last.
        halo: how many frames of its neighbours each segment is solved with, at least 0.
    """
    pieces = [solve_piece(piece) for piece in pieces_of(problem, cuts, halo)]
    finals = _all_joined(pieces)
    used, successor = (np.concatenate([getattr(final, name) for final in finals]) for name in ("used", "successor"))
    linked = successor[problem.pairs.earlier] == problem.pairs.later
    seams = tuple(final.seam for final in finals if final.seam)
    return Segmented(make_solution(problem, used, linked), seams)


def _all_joined(pieces: Sequence[SolvedPiece]) -> list[FinalLinks]:
    """All parts of the optimum, with as many pieces kept as that needs.

    Raises:
        BeyondPieceError: not even all of them are enough, which only a fault in their joining explains.
    """
    kept = 1
    while True:
        try:
            return list(join_pieces(pieces, kept))
        except BeyondPieceError:
            if kept >= len(pieces):
                raise
            kept *= 2


def join_pieces(pieces: Iterable[SolvedPiece], kept: int = 1) -> Iterator[FinalLinks]:
    """The optimum of the program that solved pieces cover, part by part.

    Args:
        pieces: at least one, in order of their frames; each begins no later than one frame after its predecessor ends,
            and none ends before its predecessor.
        kept: how many pieces back a seam may change links.

    Raises:
        BeyondPieceError: a seam would have to change links further back, so these were not the optimum; pieces must be
            longer, or more of them kept.
    """
    cuts: list[int] = []
    joined: SolvedPiece | None = None
    for piece in pieces:
        if joined is None:
            joined = piece
            continue
        joined, seam = _joined(joined, piece)
        cuts.append(seam.frame)
        until = max(min(cuts[-kept:]), joined.first - 1) if len(cuts) >= kept else joined.first - 1
        yield _final(joined, until, seam)
        joined = after(joined, until)
    if joined is not None:
        yield _final(joined, joined.last, None)


def _joined(left: SolvedPiece, right: SolvedPiece) -> tuple[SolvedPiece, Seam]:
    """The optimum of the program that two pieces cover together."""
    middle = (max(right.first - 1, left.first - 1) + left.last) // 2
    cuts, widened, frames = _agreed_cuts(left, right), 0, 0
    if len(cuts):
        middle = int(cuts[np.argmin(np.abs(cuts - middle))])
        both = concatenated(left, right, middle)
    else:
        whole = concatenated(left, right, middle)
        reach = max(1, left.last - right.first + 1)
        while True:
            widened += 1
            first, last = max(middle + 1 - reach, left.first), min(middle + reach, right.last)
            between = solved(window(whole, first, last))
            earlier, later = _agreed_cuts(left, between), _agreed_cuts(between, right)
            earlier, later = earlier[earlier <= middle], later[later >= middle]
            if len(earlier) and len(later):
                break
            if first == left.first and last == right.last:
                break
            reach *= 2
        frames = last - first + 1
        both = whole
        if len(earlier) and len(later):
            both = concatenated(concatenated(left, between, int(earlier[-1])), right, int(later[0]))
    both, certificate = certified(both)
    return both, Seam(middle, widened, frames, certificate)


def _agreed_cuts(left: SolvedPiece, right: SolvedPiece) -> IntArray:
    """(K,) the frames after which two pieces can be joined: both choose the same links across them."""
    first, last = max(right.first, left.first) - 1, min(left.last, right.last)
    links = np.concatenate([_chosen_across(left, first, last), _chosen_across(right, first, last)])
    links, count = np.unique(links, axis=0, return_counts=True)
    begin, end = np.clip(links[count == 1, 2:] - first, 0, last - first + 1).T
    differing = np.zeros(last - first + 2, np.int64)
    np.add.at(differing, begin, 1)
    np.add.at(differing, end, -1)
    return first + np.flatnonzero(np.cumsum(differing)[:-1] == 0)


def _chosen_across(piece: SolvedPiece, first: int, last: int) -> IntArray:
    """(K, 4) the two nodes and the two frames of chosen links that cross the end of one of some frames."""
    pairs, frame = piece.problem.pairs, piece.problem.frame
    rows = np.flatnonzero(piece.linked & (frame[pairs.later] > first) & (frame[pairs.earlier] <= last))
    ends = pairs.earlier[rows], pairs.later[rows]
    return np.stack([*(piece.node[end] for end in ends), *(frame[end] for end in ends)], axis=1)


def _final(piece: SolvedPiece, frame: int, seam: Seam | None) -> FinalLinks:
    """What a piece says of its nodes up to a frame."""
    problem, pairs = piece.problem, piece.problem.pairs
    final = (problem.frame >= piece.first) & (problem.frame <= frame)
    used, successor = without_idle(problem, piece.used, piece.linked), piece.successor()
    begins = used.copy()
    begins[pairs.later[piece.linked]] = False
    cost = problem.detection * used + problem.entry * begins + problem.exit * (used & (successor < 0))
    units = cost[final].sum() + problem.link[piece.linked & final[pairs.earlier]].sum()
    return FinalLinks(piece.node[final], used[final], successor[final], float(units) / UNITS_PER_NAT, seam)
