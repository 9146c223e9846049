"""What a window tells about later detections."""

import numpy as np
import pytest

from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.object_features import OWN
from siamlink.association.calibrated.online_statistics import NewDetections, WindowStatistics, joined
from siamlink.association.calibrated.online_window import WindowLinks, window_estimate
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def statistics(false_score: float = 0.2) -> WindowStatistics:
    """Of a window with one object of class 3 in all of 30 frames, and a false alarm of class 5 in each frame."""
    frame = np.repeat(np.arange(1, 31), 2)
    random = np.random.default_rng(0)
    corner = np.where(np.arange(60)[:, None] % 2 == 0, 100.0 + frame[:, None], random.uniform(300, 900, (60, 2)))
    score = np.where(np.arange(60) % 2 == 0, random.uniform(0.8, 0.9, 60), false_score)
    detections = Detections(frame, np.hstack([corner, corner + 40]), score, np.tile([3, 5], 30))
    successor = np.where((np.arange(60) % 2 == 0) & (np.arange(60) < 58), np.arange(60) + 2, -1)
    scene = make_scene(detections)
    links = WindowLinks(successor, np.where(successor >= 0, 9.0, 0.0), np.zeros(60, np.int64))
    estimate = window_estimate(scene, links, newest=28)
    return WindowStatistics(scene, detections.label, estimate, shipped_models().alone, newest=28)


def described(stats: WindowStatistics) -> tuple[Detections, NewDetections]:
    """Two detections of the next frame, one like the object, one like the false alarms."""
    detections = Detections.from_boxes(31, [[131, 131, 171, 171], [600, 600, 640, 640]], [0.85, 0.2], [3, 4])
    return detections, stats.describe(make_scene(detections), detections.label)


def test_a_detection_like_the_objects_is_more_probable_and_enters_less_often() -> None:
    _, new = described(statistics())
    assert new.probability[0] > new.probability[1]
    assert new.features.shape == (2, len(OWN))
    evidence = new.features[:, OWN.index("score_evidence")]
    assert evidence[0] > 0 > evidence[1]
    assert (new.variance > 0).all()


def test_classes_that_were_never_seen_have_a_number_of_their_own() -> None:
    stats = statistics()
    assert stats.codes(np.array([3, 5, 4, 9], np.int16)).tolist() == [0, 1, 2, 2]
    assert stats.classes.shape == (3, 3)
    assert not stats.classes[2].any()


def test_tracks_of_objects_end_seldom() -> None:
    stats = statistics()
    _, new = described(stats)
    rate = stats.exit_rate(new.group, np.array([20, 1]))
    assert rate[0] < 0.1 < rate[1]
    assert stats.gap_survival[0] == 1
    assert stats.gap_survival[-1] == pytest.approx(0, abs=0.01)


def test_frames_are_joined() -> None:
    stats = statistics()
    detections, new = described(stats)
    scene = make_scene(Detections.concatenate([detections, detections]))
    both = joined([new, new], scene, stats)
    np.testing.assert_array_equal(both.features, np.vstack([new.features, new.features]))
    assert both.code.tolist() == [0, 2, 0, 2]
