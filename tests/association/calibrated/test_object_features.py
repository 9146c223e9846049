import numpy as np
import pytest

from siamlink.association.calibrated.object_features import NAMES, object_features, size_lines, size_surprise
from siamlink.association.calibrated.overlaps import overlaps
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.detectors.detections import Detections


def scene_of_a_track_and_false_alarms(constant: bool = False) -> tuple[Scene, np.ndarray]:
    """A track of 30 detections with high scores, a false alarm with a low score in each frame, and the links."""
    rng = np.random.default_rng(0)
    frame = np.repeat(np.arange(1, 31), 2)
    left = np.where(np.arange(60) % 2 == 0, 2.0 * frame, rng.uniform(300, 900, 60))
    score = np.ones(60) if constant else np.where(np.arange(60) % 2 == 0, 0.8, 0.2) + rng.uniform(0, 0.1, 60)
    top = rng.uniform(100, 102, 60)
    scene = make_scene(Detections(frame, np.column_stack([left, top, left + 40, top + 80]), score, np.zeros(60, int)))
    successor = np.where((np.arange(60) % 2 == 0) & (np.arange(60) < 58), np.arange(60) + 2, -1)
    return scene, successor


def test_columns_of_a_track() -> None:
    scene, successor = scene_of_a_track_and_false_alarms()
    features = object_features(scene, successor, np.where(successor >= 0, 7.0, 0.0), overlaps(scene), 30.0)
    column = {name: features[:, n] for n, name in enumerate(NAMES)}
    assert features.shape == (60, len(NAMES))
    assert column["track_length"][0] == pytest.approx(np.log(30))
    assert column["track_weakest_link"][[0, 1]].tolist() == [7.0, 30.0]
    assert column["gap_after"][[0, 1]].tolist() == [1.0, 99.0]
    assert column["seconds"][0] == pytest.approx(0.0)
    assert column["score_evidence"][0] > 0 > column["score_evidence"][1]


def test_an_unusual_height_is_a_surprise() -> None:
    frame = np.arange(1, 41)
    box = np.tile([0.0, 0, 40, 100], (40, 1))
    box[20, 1] = -200
    scene = make_scene(Detections(frame, box, np.ones(40), np.zeros(40, int)))
    surprise = size_surprise(scene, size_lines(scene, np.zeros(40, int)))
    assert surprise[20] == 8
    assert np.abs(np.delete(surprise, 20)).max() < 1
