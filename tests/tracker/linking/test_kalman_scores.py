"""What the Kalman tracker asks its models, and what it does with what they say."""

import numpy as np

from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import candidate_pairs
from siamlink.association.pairs.features import PAIR_FEATURES, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.kalman_tracker import KalmanTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters

ONLINE = {"mode": "online", "solver": "hungarian"}


def test_where_links_are_equally_likely_motion_decides(matcher):
    """Two people walk through each other; which of them comes first in a frame changes all the time."""
    parameters = TrackerParameters(**ONLINE, overlap_limit=1.0, online={"entry": 0})
    tracker = KalmanTracker(TrackerSetup(30, parameters, Matcher(Constant(0.5), Constant(0.9))))
    ids = []
    for frame in range(60):
        x = 6.0 * frame
        boxes = np.array([[x, 0, x + 40, 100], [360 - x, 4, 400 - x, 104]])
        order = [0, 1] if frame % 2 else [1, 0]
        ids.append(tracker.update(boxes_with_scores(boxes[order])).track_id[order].tolist())
    assert ids == [ids[0]] * 60
    assert sorted(ids[0]) == [1, 2]


def boxes_with_scores(box: np.ndarray) -> Detections:
    return Detections.from_boxes(1, box, np.full(len(box), 0.9))


class Constant:
    """A booster that always says the same."""

    feature_names = ()

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def inplace_predict(self, features: np.ndarray) -> np.ndarray:
        return np.full(len(features), self.probability, np.float32)


class Recording:
    """A booster that remembers what it was asked."""

    def __init__(self, booster) -> None:
        self.booster, self.asked, self.feature_names = booster, [], booster.feature_names

    def inplace_predict(self, features: np.ndarray) -> np.ndarray:
        self.asked.append(features)
        return self.booster.inplace_predict(features)


def test_the_model_is_asked_what_it_is_asked_offline(matcher):
    """Only the ranks of the scores differ, since those of later frames are not known yet."""
    detections = suppress_overlaps(street(frame_count=40).detections(), 0.45)
    pairs = candidate_pairs(detections, 30, TrackerParameters().gate)
    rank = SceneStatistics.of(detections).score_rank(detections)
    offline = pair_features(detections, pairs, rank, 30, past_motion(detections, pairs))
    offline = offline[np.argsort(detections.frame[pairs.later], kind="stable")]
    recording = Recording(matcher.context)
    tracker = KalmanTracker(TrackerSetup(30, TrackerParameters(**ONLINE), Matcher(recording, matcher.detection)))
    for frame in range(1, 41):
        tracker.update(detections.in_frame(frame), frame_number=frame)
    online = np.concatenate(recording.asked)
    scores = np.array([name in ("score_earlier", "score_later") for name in PAIR_FEATURES])
    np.testing.assert_array_equal(online[:, ~scores], offline[:, ~scores])
    for column in np.flatnonzero(scores):
        assert np.corrcoef(online[:, column], offline[:, column])[0, 1] > 0.9
