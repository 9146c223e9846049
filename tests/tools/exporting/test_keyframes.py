"""Key frames: few, and enough to give back every box within the tolerance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from siamlink.tools.exporting.keyframes import runs, sparse_keyframes
from siamlink.tracker.tracks import Tracks


def track_of(box: np.ndarray, frame: np.ndarray | None = None, interpolated: np.ndarray | None = None) -> Tracks:
    count = len(box)
    frame = np.arange(1, count + 1) if frame is None else frame
    marks = np.zeros(count, bool) if interpolated is None else interpolated
    return Tracks(frame, box, np.ones(count), np.zeros(count), np.ones(count), marks)


def largest_error(run: Tracks, key: np.ndarray) -> float:
    frame = run.frame.astype(float)
    lines = np.column_stack([np.interp(frame, frame[key], side[key]) for side in run.box.T.astype(float)])
    return float(np.abs(lines - run.box).max())


def test_a_straight_way_has_two_key_frames():
    x = 3.0 * np.arange(1000)
    run = track_of(np.column_stack([x, x, x + 10, x + 20]))
    assert np.flatnonzero(sparse_keyframes(run)).tolist() == [0, 999]
    assert np.flatnonzero(sparse_keyframes(track_of(run.box[:1]))).tolist() == [0]


def test_a_turn_and_the_ends_of_interpolated_boxes_are_key_frames():
    x = np.r_[np.arange(0, 100, 5), np.arange(100, 0, -5)]
    marks = np.zeros(len(x), bool)
    marks[5:9] = True
    run = track_of(np.column_stack([x, 0 * x, x + 10, 0 * x + 20]), interpolated=marks)
    key = np.flatnonzero(sparse_keyframes(run))
    assert key.tolist() == [0, 5, 9, 20, 39]


@given(st.integers(0, 10_000), st.integers(1, 400), st.sampled_from([0.2, 1.0, 5.0]))
def test_every_box_is_within_the_tolerance(seed: int, count: int, tolerance: float):
    random = np.random.default_rng(seed)
    steps = random.normal(0, random.choice([0.1, 1, 5]), (count, 2)).cumsum(axis=0)
    corner = 100 + np.hstack([steps, steps + 30 + random.normal(0, 0.5, (count, 2))])
    run = track_of(corner, interpolated=random.random(count) < 0.05)
    key = sparse_keyframes(run, tolerance)
    assert largest_error(run, key) <= tolerance + 1e-3
    assert key[[0, -1]].all()


def test_smooth_motion_needs_few_key_frames():
    t = np.arange(500) / 25
    x, y = 300 + 200 * np.sin(t / 3), 200 + 50 * np.cos(t / 2)
    run = track_of(np.column_stack([x, y, x + 40, y + 80]))
    assert 0.02 < sparse_keyframes(run).mean() < 0.1


def test_runs_end_at_gaps():
    run = track_of(np.tile([0, 0, 5, 5], (5, 1)), frame=np.array([3, 4, 7, 9, 10]))
    assert [part.frame.tolist() for part in runs(run)] == [[3, 4], [7], [9, 10]]
    assert len(list(runs(run[:1]))) == 1
