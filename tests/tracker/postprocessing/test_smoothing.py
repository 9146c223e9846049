from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.tracker.postprocessing.gaps import interpolate_gaps
from siamlink.tracker.postprocessing.smoothing import (
    CANDIDATE_SECONDS,
    TENSION_SECONDS,
    USUAL_SECONDS,
    Smoothing,
    _Course,
    choose_smoothing,
    smooth_tracks,
    state_boxes,
)
from siamlink.tracker.tracks import Tracks

RATE = 25.0


def walk(frames, track_id=1, noise=0.0, seed=0, rate=RATE, x=100.0, gait=0.0) -> Tracks:
    """A person of 100 pixels who walks in a wide curve, twice a second with the legs apart, by `gait` pixels.

    The corners of the box jitter by `noise` pixels.
    """
    frames = np.asarray(frames)
    seconds = frames / rate
    centre = np.column_stack([x + 60 * seconds, 200 + 40 * np.sin(seconds)])
    half = np.column_stack([20 + gait * np.sin(4 * np.pi * seconds), np.full(len(frames), 50)])
    box = np.hstack([centre - half, centre + half])
    box += noise * np.random.default_rng(seed).normal(size=box.shape)
    count = len(frames)
    return Tracks(frames, box, np.full(count, 0.9), np.zeros(count), np.full(count, track_id), np.zeros(count, bool))


def error(tracks: Tracks, truth: Tracks) -> float:
    return float(np.abs(tracks.box - truth.box).mean())


def test_jitter_is_smoothed_away():
    frames = np.arange(1, 201)
    jittery, truth = walk(frames, noise=4.0), walk(frames)
    assert error(smooth_tracks(jittery, RATE), truth) < 0.6 * error(jittery, truth)


def test_exact_boxes_hardly_change():
    exact = walk(np.arange(1, 201))
    assert np.abs(smooth_tracks(exact, RATE).box - exact.box).max() < 0.5


def test_the_gait_of_exact_boxes_stays_and_is_not_guessed_in_gaps():
    frames = np.r_[1:71, 121:200]
    exact = walk(frames, noise=0.1, gait=6)
    smoothed = smooth_tracks(exact, RATE)
    assert np.abs(smoothed[~smoothed.interpolated].box - exact.box).max() < 1.5
    width = np.diff(smoothed.box[smoothed.frame > 80][:30, [0, 2]])
    assert np.ptp(width) < 3


def test_noise_is_smoothed_away_with_a_gait_too():
    frames = np.arange(1, 201)
    jittery, truth = walk(frames, noise=4, gait=1), walk(frames, gait=1)
    assert error(smooth_tracks(jittery, RATE), truth) < 0.6 * error(jittery, truth)


@pytest.mark.slow
def test_gaps_are_filled_along_the_curve_and_marked():
    frames = np.r_[1:61, 86:151]
    given_tracks, truth = walk(frames, noise=1.0), walk(np.arange(1, 151))
    smoothed = smooth_tracks(given_tracks, RATE)
    assert smoothed.frame.tolist() == list(range(1, 151))
    assert np.flatnonzero(smoothed.interpolated).tolist() == list(range(60, 85))
    assert error(smoothed, truth) < error(interpolate_gaps(given_tracks), truth)
    assert np.abs(smoothed.box - truth.box).max() < 8


def test_scores_and_labels_of_filled_rows_come_from_the_detections_around_them():
    box = [[0, 0, 10, 20]] * 2
    two = Tracks([1, 5], box, [0.2, 1.0], [3, 3], [7, 7], [False, False])
    filled = smooth_tracks(two, RATE)
    assert filled.score == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert filled.label.tolist() == [3] * 5
    assert filled.track_id.tolist() == [7] * 5
    np.testing.assert_allclose(filled.box, box[:1] * 5, atol=1e-3)


def test_tracks_do_not_touch_each_other():
    one, other = walk(np.arange(3, 60), 1, noise=3), walk(np.arange(1, 90, 3), 2, noise=3, seed=1, x=900)
    both = Tracks.concatenate([one, other])
    seconds = np.full(4, 0.2)
    together = _Course.of(both, 1 / RATE)
    smoothing = Smoothing(seconds, seconds)
    apart = [_Course.of(each, 1 / RATE).smooth(smoothing) for each in (one, other)]
    np.testing.assert_allclose(together.smooth(smoothing), np.concatenate(apart), atol=1e-6)


class Shaken:
    """A camera that is `path` (F, 2) pixels off in each frame."""

    def __init__(self, path: np.ndarray) -> None:
        self._step = np.vstack([np.diff(path, axis=0), np.zeros((1, 2))])

    def shift(self, frame: np.ndarray, point: np.ndarray) -> np.ndarray:
        return self._step[frame - 1]


def test_behind_a_shaken_camera_all_is_as_behind_a_still_one_only_shaken():
    one, other = walk(np.r_[1:40, 60:90], noise=2), walk(np.r_[20:50, 58:100], 2, noise=2, seed=1, x=900)
    still = Tracks.concatenate([one, other])
    path = np.cumsum(np.random.default_rng(5).normal(0, 6, (100, 2)), axis=0)
    offset = np.tile(path, 2)
    shaken = replace(still, box=still.box + offset[still.frame - 1].astype(np.float32))
    smoothed, expected = smooth_tracks(shaken, RATE, Shaken(path)), smooth_tracks(still, RATE)
    np.testing.assert_allclose(smoothed.box, expected.box + offset[expected.frame - 1], atol=0.01)
    blind = smooth_tracks(shaken, RATE)
    assert error(blind, replace(expected, box=smoothed.box)) > 3


@settings(max_examples=30, deadline=None)
@given(
    frames=st.sets(st.integers(1, 25), min_size=1, max_size=15),
    seconds=st.sampled_from(CANDIDATE_SECONDS),
    rate=st.sampled_from([7.0, 25.0, 60.0]),
)
def test_the_banded_solution_is_the_least_squares_solution(frames, seconds, rate):
    """Against numpy's least squares on the two sums as they stand in the formula."""
    course = _Course.of(walk(sorted(frames), noise=5), 1 / rate)
    moments, step = len(course.track), 1 / rate
    seen = np.eye(moments)[course.detected]
    bend = np.diff(np.eye(moments), 2, axis=0) / step**2
    slope = np.diff(np.eye(moments), axis=0) / step / TENSION_SECONDS
    whole = np.vstack([seen, seconds**2 * bend, seconds**2 * slope])
    wanted = np.vstack([course.state, np.zeros((len(whole) - len(seen), 4))])
    expected = np.linalg.lstsq(whole, wanted, rcond=None)[0]
    np.testing.assert_allclose(course.smooth(Smoothing(*np.full((2, 4), seconds))), expected, rtol=1e-5, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    shift=st.floats(-500, 500),
    scale=st.floats(0.2, 5),
    frames=st.sets(st.integers(1, 120), min_size=40, max_size=80),
)
def test_smoothing_does_not_depend_on_place_size_or_the_direction_of_time(shift, scale, frames):
    given_tracks = walk(sorted(frames), noise=4)
    plain = smooth_tracks(given_tracks, RATE)

    def changed(box, frame):
        columns = {name: getattr(given_tracks, name) for name in ("score", "label", "track_id", "interpolated")}
        return smooth_tracks(Tracks(frame=frame, box=box, **columns), RATE)

    moved = changed(given_tracks.box * scale + shift, given_tracks.frame)
    np.testing.assert_allclose(moved.box, plain.box * scale + shift, atol=0.02 * max(scale, 1))
    last = int(given_tracks.frame.max())
    course, back = (
        _Course.of(each, 1 / RATE)
        for each in (given_tracks, Tracks(**{**vars(given_tracks), "frame": last + 1 - given_tracks.frame}))
    )
    smoothing = Smoothing(*np.full((2, 4), 0.2))
    np.testing.assert_allclose(back.smooth(smoothing), course.smooth(smoothing)[::-1], atol=1e-6)


@pytest.mark.parametrize("rate", [1.0, 1000.0])
def test_any_frame_rate_and_any_gap_give_finite_boxes(rate):
    far = walk(np.r_[1:40, 2000:2040], noise=2)
    lone = walk([7], track_id=2)
    smoothed = smooth_tracks(Tracks.concatenate([far, lone]), rate)
    assert np.isfinite(smoothed.box).all()
    assert (smoothed.box[:, 2:] > smoothed.box[:, :2]).all()
    assert len(smoothed) == 2039 + 1


def test_tiny_boxes_far_away_keep_a_size_in_32_bits():
    state = np.array([[999_000.0, 5.0, np.log(0.01), np.log(20.0)], [3.0, -999_000.0, np.log(0.5), np.log(0.01)]])
    box = state_boxes(state).astype(np.float32)
    assert (box[:, 2:] > box[:, :2]).all()
    np.testing.assert_allclose(box[0, [1, 3]], [-5, 15])


def test_the_choice_may_be_made_by_more_tracks_than_are_smoothed():
    one, other = walk(np.r_[1:40, 60:90], noise=3), walk(np.arange(1, 90), 2, noise=1, seed=1, x=900)
    both = Tracks.concatenate([one, other])
    expected = smooth_tracks(both, RATE)
    smoothed = smooth_tracks(one, RATE, smoothing=choose_smoothing(both, RATE))
    np.testing.assert_array_equal(smoothed.box, expected.box[expected.track_id == 1])
    assert np.abs(smoothed.box - smooth_tracks(one, RATE).box).max() > 0.01


def test_by_no_tracks_the_usual_is_chosen():
    chosen = choose_smoothing(Tracks.empty(), RATE)
    assert chosen.gap.tolist() == chosen.detected.tolist() == [USUAL_SECONDS] * 4


def test_nothing_stays_nothing():
    assert len(smooth_tracks(Tracks.empty(), RATE)) == 0
