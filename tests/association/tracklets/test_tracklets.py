import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.tracklets.appearance import best_crops, with_appearance
from siamlink.association.tracklets.tracklets import TrackletParameters, make_tracklets
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

RATE = 10.0
PARAMETERS = TrackletParameters()
LOOSE = TrackletParameters(stiffness_seconds=0)


def walk(frames, x=0.0, speed=0.0, height=50.0, top=100.0) -> Detections:
    """A person who walks `speed` pixels a second to the right."""
    frames = np.asarray(frames)
    centre = x + speed * frames / RATE
    box = np.column_stack(
        [centre - height / 4, np.full(len(frames), top), centre + height / 4, np.full(len(frames), top + height)]
    )
    return Detections(frames, box, np.ones(len(frames)), np.zeros(len(frames)))


def summarise(*walks, parameters=PARAMETERS, probability=None):
    detections = Detections.concatenate(walks)
    ids = np.concatenate([np.full(len(each), k + 1) for k, each in enumerate(walks)])
    order = np.argsort(np.concatenate([each.frame for each in walks]), kind="stable")
    probability = np.full(len(detections), 0.9) if probability is None else np.asarray(probability)
    return make_tracklets(detections, ids[order].astype(np.int32), probability, RATE, parameters)


def test_a_tracklet_knows_its_members_and_its_length():
    found = summarise(walk([1, 2, 4]), walk([2, 3], x=500))
    assert len(found) == 2
    assert found.count.tolist() == [3, 2]
    assert [found.detections.frame[found.member[a:b]].tolist() for a, b in ((0, 3), (3, 5))] == [[1, 2, 4], [2, 3]]
    assert found.owner.tolist() == [0, 0, 1, 1, 0]
    assert found.first.frame.tolist() == [1, 2]
    assert found.last.frame.tolist() == [4, 3]
    assert found.seconds == pytest.approx([0.4, 0.2])
    assert found.density == pytest.approx([0.75, 1])


def test_detections_in_no_track_belong_to_no_tracklet():
    detections = walk([1, 2, 3])
    found = make_tracklets(detections, np.array([0, 1, 0], np.int32), np.ones(3), RATE, PARAMETERS)
    assert found.owner.tolist() == [-1, 0, -1]
    assert found.member.tolist() == [1]


def test_velocity_is_in_pixels_per_second_and_extrapolates():
    found = summarise(walk(range(1, 21), x=7, speed=30), parameters=LOOSE)
    for end in (found.first, found.last):
        np.testing.assert_allclose(end.velocity, [[30, 0, 0]], atol=1e-4)
        np.testing.assert_allclose(end.at(np.array([5.0]), np.array([0])), [[7 + 30 * 5, 100, 150]], rtol=1e-5)
        assert end.height == pytest.approx([50])


def test_motion_is_fitted_to_the_last_and_the_first_moments_only():
    turning = Detections.concatenate([walk(range(1, 11)), walk(range(11, 21), x=-40, speed=40)])
    found = make_tracklets(turning, np.ones(20, np.int32), np.ones(20), RATE, LOOSE)
    assert found.first.velocity[0, 0] == pytest.approx(0, abs=1e-4)
    assert found.last.velocity[0, 0] == pytest.approx(40, rel=1e-4)
    assert found.first.seconds[0] == pytest.approx(0.1 + 0.35)
    assert found.last.seconds[0] == pytest.approx(2.0 - 0.35)


def test_the_velocity_of_a_short_end_is_damped_and_that_of_one_detection_is_zero():
    found = summarise(walk([1], speed=30), walk([1, 2], speed=30), walk(range(1, 8), speed=30))
    speed = found.last.velocity[:, 0]
    assert speed[0] == 0
    assert 0 < speed[1] < 5 < speed[2] < 30


def test_the_height_of_an_end_does_not_follow_one_bad_box():
    bad = Detections([4], [[0, 100, 25, 300]], [1], [0])
    found = make_tracklets(
        Detections.concatenate([walk([1, 2, 3, 5]), bad]), np.ones(5, np.int32), np.ones(5), RATE, PARAMETERS
    )
    assert found.first.height == pytest.approx([50])


def test_mean_and_largest_are_over_the_members():
    found = summarise(walk([1, 2, 3]), walk([2], x=99), probability=[0.2, 0.5, 0.9, 0.8])
    assert found.mean(found.probability) == pytest.approx([(0.2 + 0.5 + 0.8) / 3, 0.9])
    assert found.largest(found.probability) == pytest.approx([0.8, 0.9])


def test_the_best_crops_are_the_most_probable_detections():
    found = summarise(walk([1, 3, 5]), walk([2, 4], x=99), probability=[0.2, 0.9, 0.8, 0.7, 0.6])
    assert best_crops(found, np.array([0]), 2).tolist() == [2, 4]
    assert best_crops(found, np.array([0, 1]), 1).tolist() == [1, 2]
    assert best_crops(found, np.array([1]), 9).tolist() == [1, 3]
    assert best_crops(found, np.zeros(0, np.int64), 9).tolist() == []


def test_the_descriptor_is_the_direction_of_the_mean():
    found = summarise(walk([1, 3]), walk([2, 4], x=99), walk([5], x=200))
    assert found.descriptor.shape == (3, 0)
    looks = np.array([[1, 0], [0, 1], [np.nan, np.nan]], np.float32)
    seen = with_appearance(found, np.array([0, 2, 3]), looks)
    np.testing.assert_allclose(seen.descriptor[0], [0.5**0.5, 0.5**0.5], err_msg="of one alone, its own is kept")
    assert np.isnan(seen.descriptor[1:]).all(), "nobody looked at them, or no image came"


def test_the_mean_descriptor_of_a_video_is_subtracted():
    count, random = 200, np.random.default_rng(0)
    found = summarise(*(walk([1 + k, 2 + k], x=90.0 * k) for k in range(count)))
    own = random.normal(size=(count, 16))
    looks = np.array([3.0] + [0.0] * 15) + own[found.owner]
    seen = with_appearance(found, np.arange(2 * count), looks / np.linalg.norm(looks, axis=1, keepdims=True))
    cosines = seen.descriptor @ seen.descriptor.T
    assert np.abs(cosines[~np.eye(count, dtype=bool)].mean()) < 0.02
    np.testing.assert_allclose(np.diag(cosines), 1)
    two = summarise(walk([1]), walk([2], x=50))
    few = with_appearance(two, np.arange(2), np.array([[1, 0.1], [1, -0.1]]) / 1.01**0.5).descriptor
    assert few[0] @ few[1] > 0.9, "of few tracklets little is taken away"


def test_no_tracklets_are_valid():
    for detections in (Detections.empty(), walk([1, 2])):
        nobody = np.zeros(len(detections), np.int32)
        found = make_tracklets(detections, nobody, np.ones(len(detections)), RATE, PARAMETERS)
        found = with_appearance(found, np.zeros(0, np.int64), np.zeros((0, 4)))
        assert len(found) == 0
        assert found.mean(np.ones(len(detections))).shape == (0,)
        assert found.largest(np.ones(len(detections))).shape == (0,)
        assert found.descriptor.shape == (0, 4)
        assert found.first.place.shape == (0, 3)


@pytest.mark.slow
@settings(max_examples=20)
@given(scale=st.floats(0.2, 5), shift=st.floats(-500, 500))
def test_places_follow_the_picture(scale, shift):
    truth = street(frame_count=30).truth()
    moved = Detections(truth.frame, truth.box * scale + shift, truth.score, truth.label)
    here, there = (make_tracklets(d, truth.track_id, np.ones(len(d)), 30, PARAMETERS) for d in (truth, moved))
    np.testing.assert_allclose(there.last.place, here.last.place * scale + shift, rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(there.last.velocity, here.last.velocity * scale, rtol=1e-2, atol=0.3)
