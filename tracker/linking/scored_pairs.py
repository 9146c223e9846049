"""Detections and candidate pairs with their probabilities, extended as later detections come."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.explanation.program import Program
from siamlink.association.matcher import detection_features
from siamlink.association.pair_evidence import PairEvidence
from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.features import Motion, pair_features, past_motion
from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import CostParameters, link_problem
from siamlink.association.solvers.solvers import LinkProblem, Solution
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.link_probability import ScoredLinks
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
            new, class_nats, features, motion = self._new_pairs(detections, scene, setup, processed)
        with stopwatch.stage("boosting"):
            context = add_evidence(matcher.context_probability(features), class_nats)
            undecided = np.flatnonzero(setup.parameters.appearance_gate.leaves_open(context))
        link, compared, compared_count = context, ComparedPairs.none(len(undecided)), 0
        if compare is not None and len(undecided):
            compared = compare(detections, new[undecided])
            compared_count = int(compared.available.sum())
            with stopwatch.stage("boosting"):
                link = matcher.revise(context, features, new, undecided, compared, class_nats)
        evidence = PairEvidence(matcher, new, features, class_nats, undecided, compared) if setup.explains else None
        pairs, context = self.pairs.followed_by(new), np.append(self.context_probability, context)
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
            link_probability=np.append(self.link_probability, link),
            detection_probability=detection_probability,
            open_count=self.open_count + len(undecided),
            compared_count=self.compared_count + compared_count,
            evidence=evidence,
        )

    def _new_pairs(
        self, detections: Detections, scene: SceneStatistics, setup: TrackerSetup, processed: ProcessedFrames
    ) -> tuple[Pairs, FloatArray, NDArray[np.float32], Motion]:
        """Q candidate pairs with later detections, their evidence of classes (Q,) in nats and features (Q, F).

        Also the motion of all N detections; `scene`, `setup` and `processed` are those of `extended`.
        """
        gate = setup.parameters.gate
        stepped, rate = processed.at_steps(detections), setup.frame_rate / processed.stride
        since_step = int(stepped.frame[: len(self.detections)].max(initial=0)) + 1
        pairs = candidate_pairs(stepped, rate, gate, since_step)
        pairs, class_nats = _of_possible_classes(pairs, detections, scene)
        motion = self.motion.continued_by(past_motion(stepped, pairs))
        near = pairs.gap(stepped.frame) <= gate.max_link_frames
        pairs, class_nats = pairs[near], class_nats[near]
        features = pair_features(stepped, pairs, scene.score_rank(detections), rate, motion)
        return pairs, class_nats, features, motion


def _of_possible_classes(pairs: Pairs, detections: Detections, scene: SceneStatistics) -> tuple[Pairs, FloatArray]:
    """The pairs whose classes may be linked, and the evidence of these classes (P,) in nats."""
    nats = scene.classes.of_pairs(pairs, detections.label)
    possible = nats >= NEVER
    return (pairs, nats) if possible.all() else (pairs[possible], nats[possible])
