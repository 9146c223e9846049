import numpy as np
import pytest

from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking import running_scene
from siamlink.tracker.linking.running_scene import RunningSceneStatistics


@pytest.fixture(scope="module")
def found() -> Detections:
    return street(frame_count=60).detections()


def same(one: SceneStatistics, other: SceneStatistics, detections: Detections) -> bool:
    return bool((one.score_rank(detections) == other.score_rank(detections)).all())


def test_the_statistics_are_those_of_all_detections_that_came_together(found):
    running = RunningSceneStatistics()
    running.learn(found, least=len(found))
    assert same(running.statistics, SceneStatistics.of(found), found)


def test_they_are_computed_again_when_a_tenth_is_new(found):
    running = RunningSceneStatistics()
    running.learn(found[:100])
    before = running.statistics
    running.learn(found[100:105])
    assert running.statistics is before
    running.learn(found[105:112])
    assert running.statistics is not before
    assert same(running.statistics, SceneStatistics.of(found[:112]), found)
    running.learn(found[:0])
    assert same(running.statistics, SceneStatistics.of(found[:112]), found)


def test_only_the_latest_detections_count(found, monkeypatch):
    monkeypatch.setattr(running_scene, "HISTORY", 50)
    running = RunningSceneStatistics()
    for start in range(0, 200, 20):
        running.learn(found[start : start + 20])
    assert same(running.statistics, SceneStatistics.of(found[150:200]), found)


def test_many_frames_at_once_give_the_statistics_of_one_after_another(found):
    alone, together, expected = RunningSceneStatistics(), RunningSceneStatistics(), []
    for _, part in found.by_frame():
        alone.learn(part)
        expected.append(alone.statistics.score_rank(part))
    parts = list(together.learn_by_frame(found))
    assert len(parts) < len(expected)
    assert [rows.start for rows, _ in parts[1:]] == [rows.stop for rows, _ in parts[:-1]]
    ranks = np.concatenate([scene.score_rank(found[rows]) for rows, scene in parts])
    np.testing.assert_array_equal(ranks, np.concatenate(expected))
