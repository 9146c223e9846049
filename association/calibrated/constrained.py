"""Links that obey constraints of a user: detections that must be, or cannot be, in one track.

The optimum without constraints is the optimum with them wherever it obeys them. Where it does not, the tracks that
violate a constraint, and those that compete with these for links, are taken apart into detections. All other tracks
stay as they are, as single nodes of the program. Its exact optimum under the constraints links detections and tracks.
Tracks that must be one are joined, with a link in place of the gap between them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.candidate_links import candidate_links, corrected_links
from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, Fixed, usual_ratio
from siamlink.association.calibrated.explanation import CONSTRAINTS, LinkEvidence, Round, Trace
from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene, end_rows, predecessors, track_numbers
from siamlink.association.explanation.program import Program
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constrained_lp import solve_constrained, violations
from siamlink.association.solvers.constraints import Groups
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

ROUNDS = 2
"""Rounds of linking under constraints: the tracks of one round give the states, and these the ratios of the next."""
ConstrainedSolver = Callable[[LinkProblem, Groups], Solution]


@dataclass(frozen=True)
class ConstrainedLinks:
    """Finds the links of N detections under constraints.

    Attributes:
        scene: the detections.
        groups: the constraints on them.
        alone: (N,) probability that each is an object, from its own features.
        learned: corrects the ratios of links; None: nothing does.
        solve: the exact solver.
        trace: collects the programs.
    """

    scene: Scene
    groups: Groups
    alone: FloatArray
    learned: LearnedLinks | None
    solve: ConstrainedSolver = solve_constrained
    trace: Trace | None = None

    def obeyed(self, estimate: Estimate, fixed: Fixed | None = None) -> Estimate:
        """The estimate with links that obey all constraints.

        Args:
            estimate: of all rounds.
            fixed: what does not change.

        Raises:
            RuntimeError: `solve` finds no links that obey the constraints with the fixed ones.
        """
        fixed = fixed or Fixed.nothing(len(self.scene))
        solution = _as_solution(estimate.successor)
        violating = violations(solution, self.groups)
        if not violating:
            track = self.groups.joined(solution.track_ids())
            return _joined(estimate, estimate.successor, np.arange(len(self.scene)), track)
        involved = np.isin(self.groups.group, list(set().union(*violating)))
        for _ in range(ROUNDS):
            estimate = self._linked_again(estimate, involved, fixed)
        return estimate

    def _linked_again(self, estimate: Estimate, involved: BoolArray, fixed: Fixed) -> Estimate:
        """The estimate, with new links where tracks have detections that are `involved` (N,) in a violation."""
        own = _in_tracks_of(estimate.successor, involved)
        current = self._round(estimate, own, fixed)
        links = current.links
        free = _in_tracks_of(estimate.successor, own | _other_ends(links, own))
        kept = np.where((estimate.successor >= 0) & ~free, estimate.successor, fixed.successor)
        possible = (kept[links.earlier] < 0) & (predecessors(kept)[links.later] < 0)
        node = track_numbers(kept)
        first, last = end_rows(node)
        frame = self.scene.frame
        pairs = Pairs(links.earlier[possible], links.later[possible])
        nothing = np.zeros(len(first))
        problem = LinkProblem(
            frame=frame[first].astype(np.int32),
            detection=nothing,
            entry=nothing,
            exit=nothing,
            pairs=Pairs(node[pairs.earlier], node[pairs.later]),
            link=-links.ratio[possible],
        )
        groups = self.groups.of_tracklets(node, frame[first], frame[last])
        solution = self.solve(problem, groups)
        track = groups.joined(solution.track_ids())
        if self.trace is not None:
            evidence = LinkEvidence(self.scene, current, self.learned, np.flatnonzero(possible))
            self.trace.add(Program(CONSTRAINTS, problem, solution, pairs, evidence, None, groups.constrained))
        return _joined(estimate, kept, node, track, links)

    def _round(self, estimate: Estimate, own: BoolArray, fixed: Fixed) -> Round:
        """Candidate links between all detections; those in `own` (N,) are candidates for longer gaps in any case."""
        everything = replace(estimate, active=np.ones(len(self.scene), bool), ratio=np.where(own, 0.0, estimate.ratio))
        if self.learned is None:
            return Round(everything, candidate_links(self.scene, everything, LONGEST_GAP, fixed), fixed)
        corrected = corrected_links(self.scene, everything, self.alone, self.learned, fixed)
        return Round(everything, corrected.chosen, fixed, corrected)


def _joined(
    estimate: Estimate, kept: IntArray, node: IntArray, track: NDArray[np.int32], links: Links | None = None
) -> Estimate:
    """The estimate with the detections of each track linked in order of time.

    Args:
        estimate: gives the ratios of present links; the ratio of a link that only a constraint asks for is the median.
        kept: (N,) the links inside the nodes.
        node: (N,) the node of each detection, from 0 in the order of first detections.
        track: (T,) the track of each node, 0 for none.
        links: candidate links, with their ratios.
    """
    first, last = end_rows(node)
    order = np.flatnonzero(track > 0)
    order = order[np.argsort(track[order], kind="stable")]
    following = track[order[1:]] == track[order[:-1]]
    successor = kept.copy()
    successor[last[order[:-1][following]]] = first[order[1:][following]]
    ratio = np.where(successor >= 0, usual_ratio(estimate), 0.0)
    rival = np.full(len(successor), np.nan)
    if links is not None:
        used = successor[links.earlier] == links.later
        ratio[links.earlier[used]], rival[links.earlier[used]] = links.ratio[used], 0
    present = (successor >= 0) & (successor == estimate.successor)
    ratio[present], rival[present] = estimate.ratio[present], estimate.rival[present]
    return replace(estimate, successor=successor, ratio=ratio, rival=rival)


def _as_solution(successor: IntArray) -> Solution:
    """Links (N,) as a solution in which every detection is in a track."""
    return Solution(np.ones(len(successor), bool), successor, 0.0)


def _in_tracks_of(successor: IntArray, chosen: BoolArray) -> BoolArray:
    """(N,) which detections are in a track with a chosen one (N,)."""
    number = track_numbers(successor)
    return np.isin(number, number[chosen])


def _other_ends(links: Links, chosen: BoolArray) -> BoolArray:
    """(N,) the detections that candidate links connect with the chosen ones (N,)."""
    ends = np.zeros(len(chosen), bool)
    ends[links.later[chosen[links.earlier]]] = True
    ends[links.earlier[chosen[links.later]]] = True
    return ends
