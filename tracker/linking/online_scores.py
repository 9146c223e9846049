"""Probabilities of detections and of links to earlier ones, from past frames only (causal)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import DETECTION_FEATURES, detection_features
from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.features import PAIR_FEATURES, Motion, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.processed_frames import EVERY_FRAME, ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.running_scene import RunningSceneStatistics

EARLIER, LATER = PAIR_FEATURES.index("score_earlier"), PAIR_FEATURES.index("score_later")


@dataclass(frozen=True)
class Scores:
    """Probabilities of N new detections and of P links to them. Rows count from the first detection ever taken in.

    Attributes:
        pairs: an earlier detection and one of the new ones, by rows, in order of the frames of the latter.
        features: (P, F) contextual features.
        link: (P,) probability of each link by context.
        detection: (N,) probability that a new detection is an object.
        class_nats: (P,) evidence of the classes of each pair, in nats, which `link` contains.
        first_row: the first detection that new ones can be linked to; those before were dropped.
        dropped_count: how many were dropped by this call.
        first_new_row: the first of the new ones.
    """

    pairs: Pairs
    features: NDArray[np.float32]
    link: FloatArray
    detection: FloatArray
    class_nats: FloatArray
    first_row: int
    dropped_count: int
    first_new_row: int


class OnlineScores:
    """Scores the detections of one frame after another, or of many frames at once with the same results.

    Args:
        setup: frame rate, settings and models.
        processed: gaps are counted in the steps of these frames.
    """

    def __init__(self, setup: TrackerSetup, processed: ProcessedFrames = EVERY_FRAME) -> None:
        self._processed, self._stride = processed, processed.stride
        self._frame_rate, self._matcher, self._stopwatch = setup.frame_rate, setup.matcher, setup.stopwatch
        self._gate = setup.parameters.gate
        self._scene = RunningSceneStatistics(setup.separates_classes)
        self._window, self._motion = Detections.empty(), Motion.none()
        self._first_row = 0

    def take_in(self, new: Detections) -> Scores:
        """Score the detections of the next frames, at least one, after non-maximum suppression."""
        with self._stopwatch.stage("features"):
            self._follow_stride()
            rate, longest = self._frame_rate / self._stride, self.longest_gap
            dropped_count = self._drop_before(int(new.frame[0]) - longest)
            old_count, window = len(self._window), Detections.concatenate([self._window, new])
            stepped, first_step = self._processed.at_steps(window), self._processed.step(int(new.frame[0]))
            pairs = candidate_pairs(stepped, rate, self._gate, since_frame=first_step)
            scenes = list(self._scene.learn_by_frame(new))
            class_nats = _class_evidence(pairs, window, new, scenes)
            possible = class_nats >= NEVER
            pairs, class_nats = pairs[possible], class_nats[possible]
            self._window, self._motion = window, self._motion.continued_by(past_motion(stepped, pairs))
            near = np.flatnonzero(pairs.gap(stepped.frame) <= self._gate.max_link_frames)
            near = near[np.argsort(window.frame[pairs.later[near]], kind="stable")]
            pairs, class_nats = pairs[near], class_nats[near]
            features = pair_features(stepped, pairs, np.zeros(len(window)), rate, self._motion)
            leading = [_pairs_to(new.frame[rows], window.frame[pairs.later]) for rows, _ in scenes]
            for some, (rows, scene) in zip(leading, scenes, strict=True):
                first = int(np.searchsorted(window.frame, new.frame[rows.start] - longest))
                rank = scene.score_rank(window[first : old_count + rows.stop])
                features[some, EARLIER] = rank[pairs.earlier[some] - first]
                features[some, LATER] = rank[pairs.later[some] - first]
        with self._stopwatch.stage("boosting"):
            link = add_evidence(self._matcher.context_probability(features), class_nats)
        with self._stopwatch.stage("features"):
            support = np.empty((len(new), len(DETECTION_FEATURES)), np.float32)
            for some, (rows, scene) in zip(leading, scenes, strict=True):
                supporting = Pairs(pairs.earlier[some], pairs.later[some] - old_count - rows.start)
                support[rows] = detection_features(new[rows], scene, supporting, link[some], future=False)
        with self._stopwatch.stage("boosting"):
            detection = self._matcher.detection_probability(support)
        pairs = Pairs(pairs.earlier + self._first_row, pairs.later + self._first_row)
        first_new_row = self._first_row + old_count
        return Scores(pairs, features, link, detection, class_nats, self._first_row, dropped_count, first_new_row)

    @property
    def longest_gap(self) -> int:
        """Frames between detections that can be linked."""
        stride = self._processed.stride
        return self._gate.gap_frames(self._frame_rate / stride) * stride

    def _follow_stride(self) -> None:
        """Convert velocities to the present steps of the detector."""
        if self._processed.stride != self._stride:
            factor, self._stride = self._processed.stride / self._stride, self._processed.stride
            self._motion = Motion(self._motion.velocity * factor, self._motion.support)

    def _drop_before(self, frame: int) -> int:
        """Drop the detections that nothing can be linked to any more; returns how many."""
        count = int(np.searchsorted(self._window.frame, frame))
        self._window, self._motion = self._window[count:], self._motion[count:]
        self._first_row += count
        return count


def _pairs_to(frame: NDArray[np.int32], later: NDArray[np.int32]) -> slice:
    """The pairs whose `later` frames (P,), ascending, lie between the first and the last of some frames."""
    return slice(*np.searchsorted(later, [frame[0], frame[-1] + 1]))


def _class_evidence(
    pairs: Pairs, window: Detections, new: Detections, scenes: list[tuple[slice, SceneStatistics]]
) -> FloatArray:
    """(P,) evidence of the classes of each pair in nats, by the statistics of the frame of its later detection."""
    nats = np.zeros(len(pairs))
    for rows, scene in scenes:
        later, frame = window.frame[pairs.later], new.frame[rows]
        some = np.flatnonzero((later >= frame[0]) & (later <= frame[-1]))
        nats[some] = scene.classes.of_pairs(pairs[some], window.label)
    return nats
