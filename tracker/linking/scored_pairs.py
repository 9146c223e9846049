"""Detections and candidate pairs with their probabilities, extended as later detections come."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.explanation.program import Program
from siamlink.association.matcher import detection_features
from siamlink.association.pair_evidence import PairEvidence
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import Motion
from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import CostParameters, link_problem
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.link_probability import ScoredLinks
from siamlink.tracker.linking.new_pairs import PairScorer
from siamlink.tracker.linking.processed_frames import EVERY_FRAME, ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup

Compare = Callable[[Detections, Pairs], ComparedPairs]
"""Compares pairs of detections by appearance."""

DETECTIONS = "detections"
"""Name of the program."""


@dataclass(frozen=True)
class ScoredPairs:
    """N detections, P candidate pairs, and how probable each is.

    Attributes:
        detections: after non-maximum suppression, sorted by frame.
        scene: statistics of all of them.
        motion: of each detection per step of the detector, from the pairs before it.
        pairs: the candidates.
        context_probability: (P,) that a pair is a link, by context.
        link_probability: (P,) the same, revised by the appearance.
        detection_probability: (N,) that a detection is an object.
        open_count: how many pairs geometry left open, those of dropped detections included.
        compared_count: how many of these the appearance has compared.
        evidence: for and against the pairs; None unless the setup says that links are explained.
    """

    detections: Detections
    scene: SceneStatistics
    motion: Motion
    pairs: Pairs
    context_probability: FloatArray
    link_probability: FloatArray
    detection_probability: FloatArray
    open_count: int = 0
    compared_count: int = 0
    evidence: PairEvidence | None = None

    @classmethod
    def empty(cls) -> "ScoredPairs":
        """Of no detections."""
        nothing, numbers, rows = Detections.empty(), np.zeros(0), np.zeros(0, np.int64)
        return cls(nothing, SceneStatistics.of(nothing), Motion.none(), Pairs(rows, rows), numbers, numbers, numbers)

    def restarted(self) -> tuple["ScoredPairs", Detections]:
        """No pairs but the same counts of them, and the detections to score anew."""
        empty = replace(self.empty(), open_count=self.open_count, compared_count=self.compared_count)
        return empty, self.detections

    def without_first(self, count: int) -> "ScoredPairs":
        """Without the first `count` detections and the pairs that they are part of."""
        rest = self.pairs.earlier >= count
        return replace(
            self,
            detections=self.detections[count:],
            motion=self.motion[count:],
            pairs=Pairs(self.pairs.earlier[rest] - count, self.pairs.later[rest] - count),
            context_probability=self.context_probability[rest],
            link_probability=self.link_probability[rest],
            detection_probability=self.detection_probability[count:],
        )

    @property
    def links(self) -> ScoredLinks:
        """The pairs with their probabilities."""
        return self.pairs, self.link_probability

    def link_problem(self, costs: CostParameters, gaps: GapPrior | None = None) -> LinkProblem:
        """The linear program of these detections and pairs."""
        link, detection = self.link_probability, self.detection_probability
        return link_problem(self.detections, self.pairs, link, detection, costs, gaps)

    def program(self, problem: LinkProblem, solution: Solution, constrained: BoolArray | None) -> Program:
        """What explains the links of all detections.

        Args:
            problem: of these, by `link_problem`.
            solution: its optimum.
            constrained: (N,) detections that constraints name; None: there are none.
        """
        assert self.evidence is not None
        span = len(self.detections)
        candidate = np.flatnonzero(
            np.isin(self.pairs.earlier * span + self.pairs.later, problem.pairs.earlier * span + problem.pairs.later)
        )
        return Program(
            DETECTIONS,
            problem,
            solution,
            problem.pairs,
            self.evidence[candidate],
            self.link_probability[candidate],
            constrained,
        )

    def extended(
        self,
        later: Detections,
        scene: SceneStatistics,
        setup: TrackerSetup,
        compare: Compare | None = None,
        processed: ProcessedFrames = EVERY_FRAME,
    ) -> "ScoredPairs":
        """These and later detections; pairs that have a probability by context and appearance keep it.

        The model of context scores every new pair, then the appearance those that context leaves open. Detections are
        all scored anew, as later ones support them.

        Args:
            later: detections of later frames, after non-maximum suppression.
            scene: statistics of all detections.
            setup: frame rate, settings and models.
            compare: compares pairs by appearance; None: context alone decides.
            processed: gaps are counted in the steps of these frames.
        """
        stopwatch, matcher = setup.stopwatch, setup.matcher
        with stopwatch.stage("features"):
            detections = Detections.concatenate([self.detections, later])
        scorer = PairScorer(scene, setup, processed, keeps_features=compare is not None or setup.explains)
        (new, class_nats, context, features), motion = scorer.score(detections, self.motion)
        undecided = np.flatnonzero(setup.parameters.appearance_gate.leaves_open(context))
        link, compared, compared_count = context, ComparedPairs.none(len(undecided)), 0
        if compare is not None and features is not None and len(undecided):
            compared = compare(detections, new[undecided])
            compared_count = int(compared.available.sum())
            with stopwatch.stage("boosting"):
                link = matcher.revise(context, features, new, undecided, compared, class_nats)
        evidence = None
        if setup.explains and features is not None:
            evidence = PairEvidence(matcher, new, features, class_nats, undecided, compared)
        pairs, link = self.pairs.followed_by(new), np.append(self.link_probability, link)
        context = np.append(self.context_probability, context)
        with stopwatch.stage("features"):
            support = detection_features(detections, scene, pairs, context)
        with stopwatch.stage("boosting"):
            detection_probability = matcher.detection_probability(support)
        return ScoredPairs(
            detections=detections,
            scene=scene,
            motion=motion,
            pairs=pairs,
            context_probability=context,
            link_probability=link,
            detection_probability=detection_probability,
            open_count=self.open_count + len(undecided),
            compared_count=self.compared_count + compared_count,
            evidence=evidence,
        )
