import subprocess
import sys

import numpy as np
import pytest
from filterpy.common import Q_continuous_white_noise, kinematic_state_transition
from filterpy.kalman import KalmanFilter
from hypothesis import given
from hypothesis import strategies as st

from siamlink.tracker.linking.kalman_filter import (
    MEASUREMENT_NOISE,
    POSITION_NOISE,
    VELOCITY_NOISE,
    BoxFilters,
    kinematics,
    measurement,
)

BOX = np.array([[100, 200, 140, 300]], np.float32)
ALL = slice(None)


def deviations(motion: BoxFilters, centre) -> np.ndarray:
    """Of several centres from the one box."""
    return motion.deviations(np.zeros(len(centre), np.intp), np.asarray(centre, float))


def test_a_new_filter_stands_where_its_box_is():
    motion = BoxFilters(BOX)
    assert motion.boxes(ALL) == pytest.approx(BOX)
    motion.predict(0.5)
    assert motion.boxes(ALL) == pytest.approx(BOX)


def test_steady_motion_and_growth_are_learnt_and_continued():
    motion = BoxFilters(BOX)
    step = np.array([3, -1, 4, 0.5], np.float32)
    for k in range(1, 60):
        motion.predict(0.04)
        motion.update(ALL, measurement(BOX + k * step))
    motion.predict(0.4)
    assert motion.boxes(ALL) == pytest.approx(BOX + 69 * step, abs=2)


def test_one_step_of_a_second_is_as_far_as_ten_of_a_tenth():
    motions = [BoxFilters(BOX), BoxFilters(BOX)]
    for motion in motions:
        motion.predict(0.1)
        motion.update(ALL, measurement(BOX + 5))
    motions[0].predict(1.0)
    for _ in range(10):
        motions[1].predict(0.1)
    assert motions[0].boxes(ALL) == pytest.approx(motions[1].boxes(ALL))


def test_the_uncertainty_does_not_depend_on_the_number_of_steps():
    motions = [BoxFilters(BOX), BoxFilters(BOX)]
    motions[0].predict(1.0)
    for _ in range(8):
        motions[1].predict(0.125)
    centre = [[125, 250], [120, 270]]
    assert deviations(motions[0], centre) == pytest.approx(deviations(motions[1], centre))
    for motion in motions:
        motion.update(ALL, measurement(BOX + 20))
        motion.predict(0.5)
    assert motions[0].boxes(ALL) == pytest.approx(motions[1].boxes(ALL))


def test_neither_filterpy_nor_packages_of_scipy_are_imported():
    code = (
        "import sys, siamlink.tracker.linking.kalman_tracker as tracker, numpy\n"
        "assert tracker._best_assignment(numpy.eye(2)).tolist() == [0, 1]\n"
        "assert not {'filterpy', 'scipy.optimize', 'scipy.linalg', 'matplotlib', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("seconds", [0.001, 1 / 30, 0.2, 3.0])
def test_the_motion_is_that_of_filterpy_bit_by_bit(seconds):
    transition, noise = kinematics(seconds)
    expected = Q_continuous_white_noise(2, seconds, VELOCITY_NOISE**2)
    expected[0, 0] += POSITION_NOISE**2 * seconds
    assert (transition == kinematic_state_transition(1, seconds)).all()
    assert (noise == expected).all()


def test_an_update_moves_towards_the_box_and_a_sure_filter_moves_less():
    young, old = BoxFilters(BOX), BoxFilters(BOX)
    for _ in range(30):
        old.predict(0.04)
        old.update(ALL, measurement(BOX))
    shifts = []
    for motion in (young, old):
        motion.predict(0.04)
        motion.update(ALL, measurement(BOX + np.float32(10)))
        shifts.append(motion.boxes(ALL)[0, 0] - BOX[0, 0])
    assert 0 < shifts[1] < shifts[0] < 10


def test_deviations_grow_with_distance_and_shrink_with_time():
    motion = BoxFilters(BOX)
    centre = [[120, 250], [125, 250], [130, 250], [120, 240], [115, 250]]
    now = deviations(motion, centre)
    assert now[0] == pytest.approx(0)
    assert now[2] == pytest.approx(2 * now[1])
    assert now[3] == pytest.approx(now[2])
    assert now[4] == pytest.approx(now[1])
    motion.predict(1.0)
    assert (deviations(motion, centre)[1:] < now[1:]).all()
    assert motion.deviations(np.zeros(0, np.intp), np.zeros((0, 2))).shape == (0,)


def test_deviations_are_relative_to_the_height():
    small, large = BoxFilters(BOX), BoxFilters(BOX * 4)
    assert deviations(small, [[130, 240]]) == pytest.approx(deviations(large, [[520, 960]]))


@given(st.lists(st.tuples(st.floats(0.01, 2), st.booleans()), max_size=12), st.integers(0, 10**6))
def test_it_is_the_kalman_filter_of_filterpy(steps, seed):
    random, motion, reference = np.random.default_rng(seed), BoxFilters(BOX), KalmanFilter(dim_x=8, dim_z=4)
    reference.x = np.array([120.0, 250.0, 40.0, 100.0, 0, 0, 0, 0])[:, None]
    reference.H, reference.R = np.eye(4, 8), np.eye(4) * (100 * MEASUREMENT_NOISE) ** 2
    reference.P = np.diag((100 * np.repeat([MEASUREMENT_NOISE, VELOCITY_NOISE], 4)) ** 2)
    for seconds, is_seen in steps:
        noise = Q_continuous_white_noise(2, seconds, VELOCITY_NOISE**2, block_size=4, order_by_dim=False)
        noise[:4, :4] += np.eye(4) * POSITION_NOISE**2 * seconds
        noise *= reference.x[3, 0] ** 2
        reference.predict(F=np.eye(8) + np.diag(np.full(4, seconds), 4), Q=noise)
        motion.predict(seconds)
        offset = random.normal(0, 20, (3, 2))
        spread = (reference.P[:4, :4] + reference.R)[:2, :2]
        squared = np.einsum("ij,jk,ik->i", offset, np.linalg.inv(spread), offset)
        assert deviations(motion, reference.x[:2, 0] + offset) == pytest.approx(np.sqrt(squared), rel=1e-6)
        if is_seen:
            centre = reference.x[:2, 0] + random.normal(0, 5, 2)
            size = np.array([40, 100]) * random.uniform(0.8, 1.2)
            motion.update(ALL, measurement(np.concatenate([centre - size / 2, centre + size / 2])[None]))
            reference.update(np.concatenate([centre, size])[:, None])
        centre, half = reference.x[:2, 0], reference.x[2:4, 0] / 2
        assert motion.boxes(ALL)[0] == pytest.approx(np.concatenate([centre - half, centre + half]), rel=1e-6)


def test_many_boxes_move_as_each_by_itself():
    boxes = np.concatenate([BOX, BOX + 30, BOX * 2])
    together, alone = BoxFilters(boxes[:2]), [BoxFilters(box[None]) for box in boxes]
    together.add(boxes[2:])
    for motion in (together, *alone):
        motion.predict(0.2)
    seen = np.array([2, 0])
    together.update(seen, measurement(boxes[seen] + 3))
    for row in seen:
        alone[row].update(ALL, measurement(boxes[[row]] + 3))
    for motion in (together, *alone):
        motion.predict(0.2)
    np.testing.assert_array_equal(together.boxes(ALL), np.concatenate([motion.boxes(ALL) for motion in alone]))
    centre = np.array([[120.0, 250.0], [140.0, 270.0], [240.0, 500.0]])
    expected = [deviations(motion, [at])[0] for motion, at in zip(alone, centre, strict=True)]
    np.testing.assert_array_equal(together.deviations(np.arange(3), centre), expected)
    together.keep(np.array([False, True, True]))
    assert len(together) == 2
    np.testing.assert_array_equal(together.boxes(ALL), np.concatenate([motion.boxes(ALL) for motion in alone[1:]]))
