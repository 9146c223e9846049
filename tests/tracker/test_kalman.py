import numpy as np
import pytest

from siamlink.tracker.kalman import BoxFilter

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
