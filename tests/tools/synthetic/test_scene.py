"""A scene: its ground truth, detections, images and files."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.detectors.mot.text import corners, read_rows
from siamlink.detectors.sources.open import open_source
from siamlink.tools.synthetic.scene import LEAST_VISIBLE, Scene
from siamlink.tools.synthetic.street import crossing, reentry, street

SEEDS = [0, 1, 7]


@pytest.fixture(scope="module", params=SEEDS)
def scene(request: pytest.FixtureRequest) -> Scene:
    return street(seed=request.param)


def frames_of(scene: Scene, track_id: int) -> np.ndarray:
    truth = scene.truth()
    return truth.frame[truth.track_id == track_id]


def test_frames_can_be_rendered_in_any_order():
    scene = crossing(frame_count=5)
    last = scene.render(5)
    images = {number: image for number, _, image in scene}
    assert list(images) == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(images[5], last)
    with pytest.raises(IndexError, match="frames 1 to 5"):
        scene.render(6)


def test_truth_boxes_lie_inside_the_image_and_ids_occur_once_in_a_frame(scene):
    truth = scene.truth()
    assert (truth.box >= 0).all()
    assert (truth.box <= [scene.width, scene.height] * 2).all()
    assert 8 <= truth.count <= 12
    assert truth.count == len(scene.people)
    assert truth.frame[-1] == scene.frame_count
    assert len(np.unique(np.stack([truth.frame, truth.track_id]), axis=1).T) == len(truth)


def test_people_are_higher_where_their_feet_are_lower(scene):
    truth = scene.truth()
    whole = (truth.box > 1).all(axis=1) & (truth.box < [scene.width - 1, scene.height - 1] * 2).all(axis=1)
    assert np.corrcoef(truth.box[whole, 3], truth.height[whole])[0, 1] > 0.95
    assert truth.height[whole].min() > 50
    assert truth.height[whole].max() < 190


def test_rendered_people_are_inside_their_ground_truth_boxes():
    scene = reentry()
    empty = Scene(scene.width, scene.height, scene.frame_rate, scene.frame_count, scene.seed, people=())
    assert len(empty.truth()) == 0
    changed = np.abs(scene.render(30).astype(int) - empty.render(30)).max(axis=2) > 25
    for x1, y1, x2, y2 in scene.truth().in_frame(30).box:
        patch = changed[int(y1) : int(y2), int(x1) : int(x2)]
        assert 0.2 < patch.mean() < 0.8
        assert all(edge.any() for edge in (patch[:2], patch[-2:], patch[:, :2], patch[:, -2:]))
        changed[int(y1) - 2 : int(y2) + 5, int(x1) - 2 : int(x2) + 3] = False
    assert not changed.any()


def test_the_camera_is_static_and_does_not_flicker():
    scene = reentry()
    empty = Scene(scene.width, scene.height, scene.frame_rate, scene.frame_count, scene.seed, people=())
    difference = empty.render(1).astype(int) - empty.render(2)
    assert 0.5 < difference.std() < 4
    assert abs(difference.mean()) < 0.1


def test_perfect_detections_are_the_visible_ground_truth():
    scene = street(frame_count=60)
    found = scene.detections(miss_rate=0, false_rate=0, jitter=0)
    seen = scene.truth()[scene.visibility() >= LEAST_VISIBLE]
    np.testing.assert_array_equal(found.frame, seen.frame)
    np.testing.assert_allclose(found.box, seen.box, atol=1e-3)


def test_miss_rate_and_false_rate_are_met(scene):
    seen = (scene.visibility() >= LEAST_VISIBLE).sum()
    found = len(scene.detections(miss_rate=0.2, false_rate=0))
    assert abs(found / seen - 0.8) < 4 * np.sqrt(0.2 * 0.8 / seen)
    false = len(scene.detections(miss_rate=1, false_rate=1.5))
    assert abs(false / scene.frame_count - 1.5) < 4 * np.sqrt(1.5 / scene.frame_count)


def test_jitter_is_relative_to_the_height_of_the_box(scene):
    found = scene.detections(miss_rate=0, false_rate=0, jitter=0.05)
    seen = scene.truth()[scene.visibility() >= LEAST_VISIBLE]
    shift = (found.centre - seen.centre) / seen.height[:, None]
    np.testing.assert_allclose(shift.std(axis=0), 0.05, rtol=0.1)
    np.testing.assert_allclose(np.log(found.height / seen.height).std(), 0.05, rtol=0.1)


def test_scores_tell_true_from_false_but_not_always(scene):
    true = scene.detections(miss_rate=0, false_rate=0).score
    false = scene.detections(miss_rate=1, false_rate=3).score
    assert true.mean() > false.mean() + 0.15
    better = (true[:, None] > false[None, ::7]).mean()
    assert 0.75 < better < 0.98
    assert min(true.min(), false.min()) > 0
    assert max(true.max(), false.max()) < 1


def test_a_written_sequence_reads_back(tmp_path):
    scene = crossing(frame_count=12)
    sequence = scene.write_sequence(tmp_path / "made" / "street")
    assert sequence == open_sequence(tmp_path / "made" / "street")
    assert (sequence.name, sequence.frame_rate, sequence.frame_count) == ("street", 30, 12)
    assert sequence.size == (scene.width, scene.height)
    rows, truth = read_rows(sequence.truth_file, sequence.frame_count, unique_ids=True), scene.truth()
    assert rows.shape == (len(truth), 9)
    np.testing.assert_array_equal(rows[:, 0], truth.frame)
    np.testing.assert_array_equal(rows[:, 1], truth.track_id)
    np.testing.assert_allclose(corners(rows), truth.box, atol=0.011)
    assert (rows[:, 6:8] == 1).all()
    np.testing.assert_allclose(rows[:, 8], scene.visibility(), atol=0.001)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["street"]


def test_the_written_video_shows_the_scene(tmp_path):
    scene = crossing(frame_count=6)
    sequence = scene.write_sequence(tmp_path / "street")
    source = open_source(sequence.folder)
    images = [image for _, _, image in source]
    assert len(images) == 6
    assert np.abs(images[5].astype(int) - scene.render(6)).mean() < 5


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "street").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        crossing(frame_count=2).write_sequence(tmp_path / "street")


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        crossing(frame_count=2).write_sequence(Path(tmp_path / "file" / "street"))
