"""Probabilities of the links to new detections, and of the detections that these support."""

import numpy as np

from siamlink.association.matcher import scene_columns
from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.features import Motion, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import detection_cost
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.tracker.linking.online.window import DetectionWindow
from siamlink.tracker.linking.processed_frames import ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup


class PairScores:
    """Scores new detections of a window; pairs that were scored before keep their probabilities.

    Args:
        window: the detections.
        setup: frame rate, settings and models.
        processed: gaps are counted in the steps of these frames.
    """

    def __init__(self, window: DetectionWindow, setup: TrackerSetup, processed: ProcessedFrames) -> None:
        self._window, self._setup, self._processed = window, setup, processed
        self._gate, self._costs = setup.parameters.gate, setup.parameters.second_level.safe

    def score(self, since: int, scene: SceneStatistics) -> tuple[Pairs, FloatArray]:
        """The candidate pairs (P,) of the detections from row number `since` on, by row numbers, and (P,) how probable.

        Detections that others follow in their final tracks serve to estimate motion, and are rivals of others, but are
        in none of the pairs. The motion of the new detections, and what all detections of the window support, is known
        afterwards.
        """
        window, setup = self._window, self._setup
        start = since - window.first
        with setup.stopwatch.stage("features"):
            oldest = window.place_since(int(window.frame[start]) - self.longest_gap)
            recent = window.detections(oldest)
            stepped, rate = self._processed.at_steps(recent), setup.frame_rate / self._processed.stride
            pairs = candidate_pairs(stepped, rate, self._gate, int(stepped.frame[start - oldest]))
            class_nats = scene.classes.of_pairs(pairs, recent.label)
            pairs, class_nats = _where(class_nats >= NEVER, pairs, class_nats)
            motion = past_motion(stepped, pairs)
            window.velocity[start:] = motion.velocity[start - oldest :]
            window.predecessors[start:] = motion.support[start - oldest :]
            pairs, class_nats = _where(pairs.gap(stepped.frame) <= self._gate.max_link_frames, pairs, class_nats)
            motion = Motion(window.velocity[oldest:], window.predecessors[oldest:])
            open_ended = np.flatnonzero(~window.followed[oldest:][pairs.earlier])
            features = pair_features(stepped, pairs, window.score_rank[oldest:], rate, motion, open_ended)
            pairs, class_nats = pairs[open_ended], class_nats[open_ended]
        with setup.stopwatch.stage("boosting"):
            link = add_evidence(setup.matcher.context_probability(features), class_nats)
        np.maximum.at(window.support_past[oldest:], pairs.later, link)
        np.maximum.at(window.support_future[oldest:], pairs.earlier, link)
        first = window.first + oldest
        return Pairs(pairs.earlier + first, pairs.later + first), link

    def describe(self, start: int, scene: SceneStatistics) -> None:
        """Compare the detections from a place on with the scene; what they support is added by `set_supports`."""
        window = self._window
        columns = scene_columns(window.detections(start), scene)
        for place, values in enumerate(columns.values()):
            window.features[start:, place] = values
        window.score_rank[start:] = columns["score_rank"]

    def estimate(self, places: IntArray) -> None:
        """Estimate the probabilities of detections at some places again, by what they are and what they support."""
        window = self._window
        window.set_supports(places)
        with self._setup.stopwatch.stage("boosting"):
            probability = self._setup.matcher.detection_probability(window.features[places])
        window.probability[places], window.cost[places] = probability, detection_cost(probability, self._costs)

    @property
    def longest_gap(self) -> int:
        """Frames between detections that can be linked."""
        stride = self._processed.stride
        return self._gate.gap_frames(self._setup.frame_rate / stride) * stride


def _where(chosen: BoolArray, pairs: Pairs, class_nats: FloatArray) -> tuple[Pairs, FloatArray]:
    """The chosen ones (P,) of P pairs, and the evidence (P,) of their classes."""
    return (pairs, class_nats) if chosen.all() else (pairs[chosen], class_nats[chosen])
