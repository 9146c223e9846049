"""Why calibrated links were chosen: the terms of the likelihood ratio, its correction by trees, and the appearance."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.appearance import Appearance
from siamlink.association.calibrated.estimate import Estimate, Fixed
from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene
from siamlink.association.explanation.program import Program
from siamlink.association.explanation.terms import no_terms
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.solvers import LinkProblem, Solution
from siamlink.detectors.base.arrays import FloatArray, IntArray

STRONG_DETECTIONS, ALL_DETECTIONS, CONSTRAINTS = "strong detections", "all detections", "constraints"
"""Names of the programs, in the order in which they choose links."""


@dataclass(frozen=True)
class Round:
    """One round of linking.

    Attributes:
        estimate: before it.
        links: P candidates with their ratios.
        fixed: what did not change.
        alone: (N,) probability that each detection is an object; None: the ratios are not corrected by trees.
        appearance: that counts in the ratios.
    """

    estimate: Estimate
    links: Links
    fixed: Fixed | None
    alone: FloatArray | None = None
    appearance: Appearance | None = None


class Trace:
    """Collects the programs that have chosen the links of a scene, the last one of each name."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}

    @property
    def programs(self) -> tuple[Program, ...]:
        """In the order in which they have chosen links."""
        return tuple(self._programs.values())

    def add(self, name: str, scene: Scene, of: Round, successor: IntArray, learned: LearnedLinks | None) -> None:
        """Add the program of a round.

        Args:
            name: of the program.
            scene: N detections.
            of: the round.
            successor: (N,) the links that it has chosen.
            learned: has corrected the ratios.
        """
        nothing = np.zeros(len(scene))
        pairs = Pairs(of.links.earlier, of.links.later)
        problem = LinkProblem(scene.step.astype(np.int32), nothing, nothing, nothing, pairs, -of.links.ratio)
        solution = _solution(len(scene), pairs, successor)
        similarity = np.full(len(pairs), np.nan)
        self._programs[name] = Program(name, problem, solution, pairs, of.links.ratio, None, similarity, no_terms)


def _solution(count: int, pairs: Pairs, successor: IntArray) -> Solution:
    """The solution that chooses those of the candidates that are links in the end, and uses all detections."""
    chosen = successor[pairs.earlier] == pairs.later
    own = np.full(count, -1, np.int64)
    own[pairs.earlier[chosen]] = pairs.later[chosen]
    return Solution(np.ones(count, bool), own, 0.0)
