"""Why calibrated links were chosen: the terms of the likelihood ratio, its correction by trees, and the appearance."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.appearance import Appearance
from siamlink.association.calibrated.candidate_links import CorrectedLinks, link_model
from siamlink.association.calibrated.estimate import Estimate, Fixed
from siamlink.association.calibrated.learned import CorrectionParts, LearnedLinks
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.link_features import NAMES, WORDS
from siamlink.association.calibrated.object_features import Features
from siamlink.association.calibrated.scene import Scene
from siamlink.association.explanation.program import Program
from siamlink.association.explanation.terms import APPEARANCE, CLASSES, Terms, TermSum
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

STRONG_DETECTIONS, ALL_DETECTIONS, CONSTRAINTS = "strong detections", "all detections", "constraints"
"""Names of the programs, in the order in which they choose links."""
LIMIT = "limit of other evidence beside appearance"
"""Name of what a ratio by place and size loses where appearance counts."""
LOGARITHMS = ("age", "rest", "company")
"""Features that are logarithms of counts."""
TERMS = ("ratio", "rates", "place", "velocity", "size")
"""Features in nats; of these, only the contributions are shown."""


@dataclass(frozen=True)
class Round:
    """One round of linking.

    Attributes:
        estimate: before it.
        links: P candidates with their ratios.
        fixed: what did not change.
        corrected: what corrects the ratios; None: nothing does.
        appearance: that counts in the ratios.
    """

    estimate: Estimate
    links: Links
    fixed: Fixed | None
    corrected: CorrectedLinks | None = None
    appearance: Appearance | None = None


class Trace:
    """Collects the programs that have chosen the links of a scene, the last one of each name."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}

    @property
    def programs(self) -> tuple[Program, ...]:
        """In the order in which they have chosen links."""
        return tuple(self._programs.values())

    def add(self, program: Program) -> None:
        """Add a program; it replaces one of the same name."""
        self._programs[program.name] = program

    def name_constrained(self, detections: BoolArray) -> None:
        """Constraints name the tracks with these detections (N,): the programs before them take these as given."""
        for name, program in self._programs.items():
            if program.constrained is None:
                self._programs[name] = replace(program, constrained=detections)


def round_program(
    name: str, scene: Scene, current: Round, successor: IntArray, learned: LearnedLinks | None
) -> Program:
    """The program of a round.

    Args:
        name: of the program.
        scene: N detections.
        current: the round.
        successor: (N,) the links that it has chosen.
        learned: has corrected the ratios.
    """
    nothing = np.zeros(len(scene))
    pairs = Pairs(current.links.earlier, current.links.later)
    problem = LinkProblem(scene.step.astype(np.int32), nothing, nothing, nothing, pairs, -current.links.ratio)
    solution = _solution(len(scene), pairs, successor)
    return Program(name, problem, solution, pairs, LinkEvidence(scene, current, learned))


class LinkEvidence:
    """What speaks for and against the candidates of a round.

    Args:
        scene: N detections.
        current: the round.
        learned: has corrected the ratios.
        candidate: (C,) those links that are candidates of the program; None: all are.
    """

    def __init__(
        self, scene: Scene, current: Round, learned: LearnedLinks | None, candidate: IntArray | None = None
    ) -> None:
        self._scene, self._round, self._learned = scene, current, learned
        self._corrected = current.corrected or _uncorrected(current.links)
        positive = np.flatnonzero(self._corrected.ratio > 0)
        self._candidate = positive if candidate is None else positive[candidate]

    def log_odds(self, rows: IntArray) -> FloatArray:
        """(K,) the ratios."""
        return self._corrected.ratio[self._candidate[rows]]

    def similarity(self, rows: IntArray) -> FloatArray:
        """(K,) the probability of one object by appearance alone, where one and two are as likely before."""
        if self._round.appearance is None:
            return np.full(len(rows), np.nan)
        similarity: FloatArray = 1 / (1 + np.exp(-self._appearance_ratio(self._corrected.links[self._candidate[rows]])))
        return similarity

    def terms(self, rows: IntArray) -> Terms:
        """The terms of the likelihood ratio, its correction and the appearance, those of one name added."""
        candidate = self._candidate[rows]
        links, features = self._corrected.links[candidate], self._features(candidate)
        parts = self._correction(candidate, features)
        total = TermSum(parts.base)
        self._add_likelihood(total, links, 1 + parts.slope)
        for place, name in enumerate(NAMES):
            value = np.exp(features[:, place]) if name in LOGARITHMS else features[:, place]
            total.add(WORDS[name], parts.contribution[:, place], None if name in TERMS else value)
        if self._round.appearance is not None:
            before = total.terms().log_odds
            total.add(LIMIT, self._round.appearance.limited(before) - before)
            ratio = self._appearance_ratio(links)
            total.add(APPEARANCE, ratio, 1 / (1 + np.exp(-ratio)))
        return total.terms()

    def _add_likelihood(self, total: TermSum, links: Links, scale: FloatArray) -> None:
        """Add the terms of the likelihood ratio of K links, times `scale` (K,)."""
        scene, rates = self._scene, self._round.estimate.rates
        i, j = links.earlier, links.later
        gap, unit = scene.step[j] - scene.step[i], np.log(scene.unit[j])
        log_gap = rates.log_gap[gap]
        classes = rates.classes[scene.code[i], scene.code[j]] if len(rates.classes) > 1 else np.zeros(len(links))
        ends, place, velocity, size = links.parts.T
        deviation, _ = link_model(scene, self._round.estimate, rates.longest).deviation(i, j, gap)
        distance = np.hypot(deviation[0], deviation[1]) / scene.unit[j]
        total.add(WORDS["place"], scale * (place + 2 * unit), distance)
        total.add(WORDS["size"], scale * size, np.exp((deviation[2] + deviation[3]) / 2))
        total.add(WORDS["velocity"], scale * velocity)
        total.add(WORDS["gap"], scale * log_gap, gap.astype(np.float64))
        total.add(WORDS["rates"], scale * (ends - log_gap - classes - 2 * unit))
        if len(rates.classes) > 1:
            total.add(CLASSES, scale * classes)

    def _correction(self, candidate: IntArray, features: Features) -> CorrectionParts:
        """That of K links, with their features (K, F); unlikely ones have none."""
        count, likely = len(candidate), np.flatnonzero(self._corrected.likely[candidate])
        parts = CorrectionParts(np.zeros(count), np.zeros(count), np.zeros(features.shape))
        if self._learned is not None and len(likely):
            own = self._learned.parts(self._corrected.links.ratio[candidate[likely]], features[likely])
            parts.base[likely], parts.slope[likely], parts.contribution[likely] = own.base, own.slope, own.contribution
        return parts

    def _features(self, candidate: IntArray) -> Features:
        """(K, F) of corrected candidates; NaN of unlikely ones."""
        likely = self._corrected.likely
        features = np.full((len(candidate), len(NAMES)), np.nan, np.float32)
        has = likely[candidate]
        features[has] = self._corrected.features[(np.cumsum(likely) - 1)[candidate[has]]]
        return features

    def _appearance_ratio(self, links: Links) -> FloatArray:
        """(K,) by appearance alone."""
        assert self._round.appearance is not None
        return self._round.appearance.ratio(self._round.estimate.successor, links.earlier, links.later)


def _uncorrected(links: Links) -> CorrectedLinks:
    """Links whose ratios nothing corrects."""
    return CorrectedLinks(links, np.zeros(len(links), bool), np.zeros((0, len(NAMES)), np.float32), links.ratio)


def _solution(count: int, pairs: Pairs, successor: IntArray) -> Solution:
    """The solution that chooses those of the candidates that are links in the end, and uses all detections."""
    chosen = successor[pairs.earlier] == pairs.later
    own = np.full(count, -1, np.int64)
    own[pairs.earlier[chosen]] = pairs.later[chosen]
    return Solution(np.ones(count, bool), own, 0.0)
