import numpy as np
import pytest

from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.features import TRACKLET_FEATURES, tracklet_features
from siamlink.association.tracklets.tracklets import TrackletParameters, make_tracklets
from siamlink.detectors.detections import Detections


def columns(tracklets, scene=None) -> dict[str, np.ndarray]:
    found = tracklet_features(tracklets, scene or SceneStatistics.of(tracklets.detections))
    assert found.dtype == np.float32
    return dict(zip(TRACKLET_FEATURES, found.T, strict=True))


def test_features_of_a_tracklet(walk, tracklets_of):
    found = columns(tracklets_of(walk(1, 21, speed=25), walk(5, 5, x=300)))
    assert found["seconds"] == pytest.approx([2.1, 0.1])
    assert found["count"].tolist() == [21, 1]
    assert found["speed"] == pytest.approx([0.5, 0], abs=1e-4)
    assert found["roughness"][0] == pytest.approx(0, abs=1e-4)
    assert np.isnan(found["roughness"][1])
    assert found["mean_probability"] == pytest.approx([0.9, 0.9])
    assert found["relative_height"] == pytest.approx([1, 1])


def test_covered_is_the_share_of_the_box_under_another(walk, tracklets_of):
    found = columns(tracklets_of(walk(1, 10), walk(1, 10, x=12.5), walk(1, 10, x=300)))
    assert found["covered"] == pytest.approx([0.5, 0.5, 0])


def test_without_tracklets_there_are_no_features():
    empty = np.zeros(0)
    nothing = make_tracklets(Detections.empty(), empty.astype(np.int32), empty, 10.0, TrackletParameters())
    assert tracklet_features(nothing, SceneStatistics.of(Detections.empty())).shape == (0, len(TRACKLET_FEATURES))
