"""The linear program of tracking as data: costs of detections and links, and the links that were chosen.

A track is a path through detections. It pays an entry cost, the cost of each of its detections and links, and an exit
cost. Every detection is in at most one track. All costs are negative log-likelihoods, so the cheapest set of paths is
the most probable one (Zhang, Li and Nevatia 2008; Leal-Taixé et al. 2016, section on the linear program):

    minimise    sum_i entry_i f_in(i) + detection_i f_det(i) + exit_i f_out(i) + sum_ij link_ij f(i, j)
    subject to  f_in(i) + sum_j f(j, i) = f_det(i) = f_out(i) + sum_j f(i, j),   0 <= f <= 1
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.base.machine_code import compiled

LOOPS = "siamlink.association.solvers.program_loops"


@dataclass(frozen=True)
class LinkProblem:
    """A tracking problem over N detections, sorted by frame, and P candidate links; costs in nats.

    Attributes:
        frame: (N,) the frame of each detection.
        detection: (N,) cost of a detection in a track: log((1 - q) / q), negative if it is probable.
        entry: (N,) cost of the beginning of a track at each detection.
        exit: (N,) cost of the end of a track at each detection.
        pairs: P candidate links, each from an earlier to a later detection.
        link: (P,) cost of each link.
    """

    frame: NDArray[np.int32]
    detection: FloatArray
    entry: FloatArray
    exit: FloatArray
    pairs: Pairs
    link: FloatArray

    def __len__(self) -> int:
        return len(self.detection)

    def part(self, inside: NDArray[np.bool_]) -> "LinkProblem":
        """The problem of some of the detections (N,) and the links between them."""
        within = inside[self.pairs.earlier] & inside[self.pairs.later]
        place = np.cumsum(inside) - 1
        pairs = Pairs(place[self.pairs.earlier[within]], place[self.pairs.later[within]])
        detection, entry, exit_ = self.detection[inside], self.entry[inside], self.exit[inside]
        return LinkProblem(self.frame[inside], detection, entry, exit_, pairs, self.link[within])


@dataclass(frozen=True)
class Solution:
    """The chosen links.

    Attributes:
        used: (N,) whether a detection is in a track.
        successor: (N,) the next detection of the same track, -1 at the end of a track.
        objective: the total cost in nats.
    """

    used: NDArray[np.bool_]
    successor: NDArray[np.int64]
    objective: float

    def track_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection, from 1 in order of the first detections; 0 for an unused one."""
        return track_ids(self.used, self.successor)


def track_ids(used: BoolArray, successor: NDArray[np.int64]) -> NDArray[np.int32]:
    """(N,) the track of each node, from 1 in order of the first nodes; 0 for those that are not used.

    Args:
        used: (N,) whether each is in a track.
        successor: (N,) the next node of the same track, -1 at the end of a track.
    """
    if loops := compiled(LOOPS, len(used)):
        by_loops: NDArray[np.int32] = loops.track_ids(
            np.ascontiguousarray(used), np.ascontiguousarray(successor, np.int64)
        )
        return by_loops
    start = chain_starts(successor)
    begins = used & (start == np.arange(len(start)))
    ids: NDArray[np.int32] = np.where(used, np.cumsum(begins)[start], 0).astype(np.int32)
    return ids


def chain_starts(successor: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the first node of each one's chain, by the next node of each (N,), -1 at the end of a chain."""
    start, linked = np.arange(len(successor)), np.flatnonzero(successor >= 0)
    start[successor[linked]] = linked
    while True:
        further = start[start]
        if (further == start).all():
            return start
        start = further


def make_solution(problem: LinkProblem, used: NDArray[np.bool_], linked: NDArray[np.bool_]) -> Solution:
    """The solution that uses the nodes `used` (N,) and the links `linked` (P,)."""
    successor = successors(problem, linked)
    solution = Solution(used, successor, 0.0)
    objective = node_costs(problem, solution).sum() + problem.link[linked].sum()
    return Solution(used, successor, float(objective))


def successors(problem: LinkProblem, linked: BoolArray) -> NDArray[np.int64]:
    """(N,) the next node of each by the chosen links (P,); -1 for none."""
    successor = np.full(len(problem), -1, np.int64)
    successor[problem.pairs.earlier[linked]] = problem.pairs.later[linked]
    return successor


def node_costs(problem: LinkProblem, solution: Solution) -> FloatArray:
    """(N,) cost of each used detection, with the entry or exit cost where a track begins or ends at it."""
    begins = solution.used.copy()
    begins[solution.successor[solution.successor >= 0]] = False
    ends = solution.used & (solution.successor < 0)
    return problem.detection * solution.used + problem.entry * begins + problem.exit * ends


def number_in_order(track_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number tracks (N,) anew: from 1 without gaps, in the order of their first detections; 0, for none, stays 0."""
    ids, first, dense = np.unique(track_id, return_index=True, return_inverse=True)
    order = np.argsort(np.where(ids > 0, first, -1), kind="stable")
    number = np.empty(len(ids), np.int32)
    number[order] = np.arange(len(ids)) + int(ids[:1].sum() > 0)
    return number[dense]
