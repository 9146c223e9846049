"""Synthetic scenes: crossings, occlusions and re-entries."""

import numpy as np
import pytest

from siamlink.detectors.boxes import iou_matrix
from siamlink.tools.synthetic.scene import Scene
from siamlink.tools.synthetic.street import crossing, occlusion, reentry, street

SEEDS = [0, 1, 7]


@pytest.fixture(scope="module", params=SEEDS)
def scene(request: pytest.FixtureRequest) -> Scene:
    return street(seed=request.param)


def frames_of(scene: Scene, track_id: int) -> np.ndarray:
    truth = scene.truth()
    return truth.frame[truth.track_id == track_id]


def test_same_seed_gives_the_same_bytes_and_another_seed_another_scene():
    first, again, other = (street(frame_count=4, seed=seed, width=320, height=180) for seed in (3, 3, 4))
    assert first == again
    np.testing.assert_array_equal(first.truth().box, again.truth().box)
    np.testing.assert_array_equal(first.render(4), again.render(4))
    np.testing.assert_array_equal(first.detections(seed=5).box, again.detections(seed=5).box)
    assert not np.array_equal(first.render(4), other.render(4))
    assert len(first.detections(seed=5)) != len(first.detections(seed=6)) or not np.array_equal(
        first.detections(seed=5).box, first.detections(seed=6).box
    )


def test_street_has_crossings(scene):
    pairs = set()
    for _, rows in scene.truth().by_frame():
        overlap = np.triu(iou_matrix(rows.box, rows.box), 1)
        pairs |= {(int(rows.track_id[i]), int(rows.track_id[j])) for i, j in np.argwhere(overlap > 0.3)}
    assert len(pairs) >= 5


def test_street_has_occlusions(scene):
    visibility = scene.visibility()
    assert visibility.dtype == np.float32
    assert visibility.shape == (len(scene.truth()),)
    assert visibility.min() < 0.05
    assert 0.5 < (visibility == 1).mean() < 0.95
    assert visibility.max() == 1


def test_street_has_reentries(scene):
    gaps = [np.diff(frames_of(scene, track_id)).max() for track_id in range(1, len(scene.people) + 1)]
    assert sum(gap > 10 for gap in gaps) >= 3


def test_people_move_continuously(scene):
    truth = scene.truth()
    for track_id in range(1, len(scene.people) + 1):
        rows = truth[truth.track_id == track_id]
        whole = (rows.box[:, 0] > 1) & (rows.box[:, 2] < scene.width - 1)
        steady = whole[1:] & whole[:-1] & (np.diff(rows.frame) == 1)
        assert np.abs(np.diff(rows.centre, axis=0))[steady].max() < 0.1 * rows.height.max()


def test_crossing_overlaps_halfway_and_the_nearer_person_hides_the_other():
    scene = crossing()
    middle = scene.truth().in_frame(scene.frame_count // 2)
    assert iou_matrix(middle.box, middle.box)[0, 1] > 0.4
    shown = scene.visibility()[scene.truth().frame == scene.frame_count // 2]
    nearer = np.argmax(middle.box[:, 3])
    assert shown[nearer] == 1
    assert shown[1 - nearer] < 0.6
    first, last = (scene.truth().in_frame(frame) for frame in (1, scene.frame_count))
    assert np.sign(np.diff(first.centre[:, 0])) == -np.sign(np.diff(last.centre[:, 0]))


def test_occlusion_hides_a_person_for_a_while_and_the_truth_goes_on():
    scene = occlusion()
    np.testing.assert_array_equal(frames_of(scene, 1), np.arange(1, scene.frame_count + 1))
    hidden = np.flatnonzero(scene.visibility() < 0.05)
    assert len(hidden) > 10
    assert hidden[0] < scene.frame_count // 2 < hidden[-1]
    assert scene.visibility()[[0, -1]].tolist() == [1, 1]


def test_reentry_keeps_the_identity():
    scene = reentry()
    gap = np.diff(frames_of(scene, 1))
    assert (gap > 1).sum() == 1
    assert gap.max() > 10
    assert (np.diff(frames_of(scene, 2)) == 1).all()
