import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from hypothesis import given
from hypothesis import strategies as st

from siamlink.tracker.kalman import MEASUREMENT_NOISE, POSITION_NOISE, VELOCITY_NOISE, BoxFilter

BOX = np.array([100, 200, 140, 300], np.float32)


def test_a_new_filter_stands_where_its_box_is():
    motion = BoxFilter(BOX)
    assert motion.box == pytest.approx(BOX)
    motion.predict(0.5)
    assert motion.box == pytest.approx(BOX)


def test_steady_motion_and_growth_are_learnt_and_continued():
    motion = BoxFilter(BOX)
    step = np.array([3, -1, 4, 0.5], np.float32)
    for k in range(1, 60):
        motion.predict(0.04)
        motion.update(BOX + k * step)
    motion.predict(0.4)
    assert motion.box == pytest.approx(BOX + 69 * step, abs=2)


def test_one_step_of_a_second_is_as_far_as_ten_of_a_tenth():
    motions = [BoxFilter(BOX), BoxFilter(BOX)]
    for motion in motions:
        motion.predict(0.1)
        motion.update(BOX + 5)
    motions[0].predict(1.0)
    for _ in range(10):
        motions[1].predict(0.1)
    assert motions[0].box == pytest.approx(motions[1].box)


def test_an_update_moves_towards_the_box_and_a_sure_filter_moves_less():
    young, old = BoxFilter(BOX), BoxFilter(BOX)
    for _ in range(30):
        old.predict(0.04)
        old.update(BOX)
    shifts = []
    for motion in (young, old):
        motion.predict(0.04)
        motion.update(BOX + np.float32(10))
        shifts.append(motion.box[0] - BOX[0])
    assert 0 < shifts[1] < shifts[0] < 10


def test_deviations_grow_with_distance_and_shrink_with_time():
    motion = BoxFilter(BOX)
    centre = np.array([[120, 250], [125, 250], [130, 250], [120, 240], [115, 250]], np.float32)
    now = motion.deviations(centre)
    assert now[0] == pytest.approx(0)
    assert now[2] == pytest.approx(2 * now[1])
    assert now[3] == pytest.approx(now[2])
    assert now[4] == pytest.approx(now[1])
    motion.predict(1.0)
    assert (motion.deviations(centre)[1:] < now[1:]).all()
    assert motion.deviations(centre[:0]).shape == (0,)


def test_deviations_are_relative_to_the_height():
    small, large = BoxFilter(BOX), BoxFilter(BOX * 4)
    assert small.deviations(np.array([[130, 240]])) == pytest.approx(large.deviations(np.array([[520, 960]])))


@given(st.lists(st.tuples(st.floats(0.01, 2), st.booleans()), max_size=12), st.integers(0, 10**6))
def test_it_is_the_kalman_filter_of_filterpy(steps, seed):
    random, motion, reference = np.random.default_rng(seed), BoxFilter(BOX), KalmanFilter(dim_x=8, dim_z=4)
    reference.x = np.array([120.0, 250.0, 40.0, 100.0, 0, 0, 0, 0])[:, None]
    reference.H, reference.R = np.eye(4, 8), np.eye(4) * (100 * MEASUREMENT_NOISE) ** 2
    reference.P = np.diag((100 * np.repeat([MEASUREMENT_NOISE, VELOCITY_NOISE], 4)) ** 2)
    for seconds, is_seen in steps:
        drift = (reference.x[3, 0] * np.repeat([POSITION_NOISE, VELOCITY_NOISE], 4)) ** 2 * seconds
        reference.predict(F=np.eye(8) + np.diag(np.full(4, seconds), 4), Q=np.diag(drift))
        motion.predict(seconds)
        offset = random.normal(0, 20, (3, 2))
        spread = (reference.P[:4, :4] + reference.R)[:2, :2]
        squared = np.einsum("ij,jk,ik->i", offset, np.linalg.inv(spread), offset)
        assert motion.deviations(reference.x[:2, 0] + offset) == pytest.approx(np.sqrt(squared), rel=1e-6)
        if is_seen:
            centre = reference.x[:2, 0] + random.normal(0, 5, 2)
            size = np.array([40, 100]) * random.uniform(0.8, 1.2)
            motion.update(np.concatenate([centre - size / 2, centre + size / 2]))
            reference.update(np.concatenate([centre, size])[:, None])
        centre, half = reference.x[:2, 0], reference.x[2:4, 0] / 2
        assert motion.box == pytest.approx(np.concatenate([centre - half, centre + half]), rel=1e-6)


def test_many_boxes_move_as_each_by_itself():
    boxes = np.stack([BOX, BOX + 30, BOX * 2])
    together, alone = BoxFilter(boxes), [BoxFilter(box) for box in boxes]
    for motion in (together, *alone):
        motion.predict(0.2)
    together.update(boxes + 3)
    for motion, box in zip(alone, boxes, strict=True):
        motion.update(box + 3)
    centre = np.array([[120, 250], [140, 270]], np.float32)
    np.testing.assert_array_equal(together.box, [motion.box for motion in alone])
    np.testing.assert_array_equal(together.deviations(centre), [motion.deviations(centre) for motion in alone])
