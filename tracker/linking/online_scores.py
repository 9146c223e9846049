"""How likely detections are people, and links to earlier ones, by nothing but what was seen up to their frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import DETECTION_FEATURES, Matcher, detection_features
from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.features import PAIR_FEATURES, Motion, pair_features, past_motion
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.parameters import TrackerParameters

FloatArray = NDArray[np.float64]
EARLIER, LATER = PAIR_FEATURES.index("score_earlier"), PAIR_FEATURES.index("score_later")


@dataclass(frozen=True)
class Scores:
    """What is known of N detections of one or more frames.

    Attributes:
        pairs: P pairs of an earlier detection and one of these, in order of the latter's frames; detections are counted
            from the first that was ever taken in.
        features: (P, F) their contextual features.
        link: (P,) how likely each is a link, by context.
        person: (N,) how likely each detection is a person.
    """

    pairs: Pairs
    features: NDArray[np.float32]
    link: FloatArray
    person: FloatArray


class OnlineScores:
    """Scores the detections of one frame after another, or of many frames at once with the same results.

    Args:
        frame_rate: frames a second.
        matcher: the models that are asked.
        parameters: settings of the tracker.
        stopwatch: counts the stages.

    Attributes:
        first: the earliest detection that later ones can still be linked to, counted from the first ever taken in.
    """

    def __init__(
        self, frame_rate: float, matcher: Matcher, parameters: TrackerParameters, stopwatch: Stopwatch
    ) -> None:
        self._frame_rate, self._matcher, self._gate, self._stopwatch = frame_rate, matcher, parameters.gate, stopwatch
        self._scene = RunningSceneStatistics()
        self._window, self._motion = Detections.empty(), Motion.none()
        self.first = 0

    def take_in(self, new: Detections) -> Scores:
        """Score the detections of the next frames, at least one, none of which a better one overlaps."""
        with self._stopwatch.stage("features"):
            longest = self._gate.gap_frames(self._frame_rate)
            self._forget_before(int(new.frame[0]) - longest)
            known, window = len(self._window), Detections.concatenate([self._window, new])
            pairs = candidate_pairs(window, self._frame_rate, self._gate, since_frame=int(new.frame[0]))
            self._window, self._motion = window, self._motion.continued_by(past_motion(window, pairs))
            pairs = pairs[pairs.gap(window.frame) <= self._gate.max_link_frames]
            pairs = pairs[np.argsort(window.frame[pairs.later], kind="stable")]
            features = pair_features(window, pairs, np.zeros(len(window)), self._frame_rate, self._motion)
            scenes = list(self._scene.learn_by_frame(new))
            leading = [_pairs_to(new.frame[rows], window.frame[pairs.later]) for rows, _ in scenes]
            for some, (rows, scene) in zip(leading, scenes, strict=True):
                first = int(np.searchsorted(window.frame, new.frame[rows.start] - longest))
                rank = scene.score_rank(window[first : known + rows.stop])
                features[some, EARLIER] = rank[pairs.earlier[some] - first]
                features[some, LATER] = rank[pairs.later[some] - first]
        with self._stopwatch.stage("boosting"):
            link = self._matcher.context_probability(features)
        with self._stopwatch.stage("features"):
            shown = np.empty((len(new), len(DETECTION_FEATURES)), np.float32)
            for some, (rows, scene) in zip(leading, scenes, strict=True):
                support = Pairs(pairs.earlier[some], pairs.later[some] - known - rows.start)
                shown[rows] = detection_features(new[rows], scene, support, link[some], future=False)
        with self._stopwatch.stage("boosting"):
            person = self._matcher.detection_probability(shown)
        return Scores(Pairs(pairs.earlier + self.first, pairs.later + self.first), features, link, person)

    def _forget_before(self, frame: int) -> None:
        """Drop detections that nothing can be linked to any more."""
        count = int(np.searchsorted(self._window.frame, frame))
        self._window, self._motion = self._window[count:], self._motion[count:]
        self.first += count


def _pairs_to(frame: NDArray[np.int32], later: NDArray[np.int32]) -> slice:
    """Those of the pairs whose `later` frames (P,), ascending, are among some that follow one another."""
    return slice(*np.searchsorted(later, [frame[0], frame[-1] + 1]))
