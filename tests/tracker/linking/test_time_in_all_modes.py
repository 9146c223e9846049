"""Frames that no detector processed, variable time stamps, and frame rates from 1 to 240, by every tracker."""

import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

ROWS = list[list[float]]
TRACKERS = [
    pytest.param(OfflineTracker, {"matching": "learned"}, id="offline"),
    pytest.param(WindowedTracker, {"matching": "learned"}, id="windowed"),
    pytest.param(OnlineTracker, {"matching": "learned"}, id="online"),
    pytest.param(OnlineTracker, {"solver": "hungarian"}, id="online-hungarian"),
    pytest.param(OfflineTracker, {"matching": "calibrated"}, id="calibrated"),
    pytest.param(WindowedTracker, {"matching": "calibrated"}, id="calibrated-windowed"),
    pytest.param(OnlineTracker, {"matching": "calibrated"}, id="calibrated-online"),
]


def walkers(seconds: float, noise: np.random.Generator) -> ROWS:
    """Three people who walk by half a height a second or less, at a moment; rows of `update`."""
    people = np.array([(100.0, 300.0, 60.0), (900.0, 320.0, -50.0), (500.0, 500.0, 25.0)])
    corner = people[:, :2] + noise.normal(0, 0.5, (3, 2)) + np.column_stack([people[:, 2] * seconds, np.zeros(3)])
    return np.column_stack([corner, corner + [42, 110], noise.uniform(0.8, 0.9, 3)]).tolist()


def new(tracker_class: type, rate: float, settings: dict[str, object]) -> OfflineTracker | OnlineTracker:
    return tracker_class(rate, TrackerParameters(appearance="none", **settings))


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS)
@pytest.mark.parametrize("told", ["by None", "by frame numbers"])
@pytest.mark.parametrize("stride", [5, 20])
def test_frames_that_were_not_processed_do_not_break_tracks(tracker_class, settings, told, stride):
    tracker, noise, parts = new(tracker_class, 30, settings), np.random.default_rng(0), []
    for frame in range(1, 38 * stride + 2):
        processed = frame % stride == 1
        if processed or told == "by None":
            parts.append(tracker.update(walkers(frame / 150, noise) if processed else None, frame_number=frame))
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    detected = tracks[~tracks.interpolated]
    assert tracks.count == 3
    assert (detected.frame % stride == 1).all()
    assert len(detected) > 0.75 * 3 * 39


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS[:5])
def test_a_stride_is_recognised_even_if_frames_between_are_given_without_detections(tracker_class, settings):
    tracker, noise = new(tracker_class, 25, settings), np.random.default_rng(0)
    parts = [
        tracker.update(walkers(frame / 25, noise) if frame % 5 == 1 else np.zeros((0, 5)), frame_number=frame)
        for frame in range(1, 192)
    ]
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    assert tracks.count == 3
    assert np.count_nonzero(~tracks.interpolated) > 0.6 * 3 * 39


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS)
def test_no_detections_and_a_frame_that_was_not_processed_are_no_error(tracker_class, settings):
    tracker = new(tracker_class, 25, settings)
    tracker.update(walkers(0, np.random.default_rng(0)))
    assert len(tracker.update(np.zeros((0, 5)))) == len(tracker.update(None)) == 0
    assert tracker.frame == 3


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS)
def test_time_stamps_say_how_far_frames_are_apart(tracker_class, settings):
    """A camera that drops every other frame at times: by frame numbers alone people would walk by jerks."""
    tracker, noise, times = new(tracker_class, 20, settings), np.random.default_rng(0), [0.0]
    while len(times) < 120:
        times.append(times[-1] + (0.1 if len(times) // 15 % 2 else 0.05) + noise.uniform(-0.01, 0.01))
    parts = [tracker.update(walkers(each, noise), timestamp=each) for each in times]
    assert tracker.frame == 120
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    assert tracker.final_frame == 120
    assert tracks.count == 3
    assert set(np.unique(tracks.frame).tolist()) <= set(range(1, 121))
    assert len(tracks) > 0.75 * 360
    last = tracks.in_frame(120)
    right = np.array(walkers(times[-1], noise))[:, :4]
    assert np.abs(last.box[:, None] - right[None]).max(2).min(1).max() < 10


def test_time_stamps_grow_and_all_frames_have_one():
    tracker, nothing = new(OnlineTracker, 20, {}), Detections.empty()
    tracker.update(nothing, frame_number=3, timestamp=1.0)
    with pytest.raises(InputError, match="either all frames have a timestamp"):
        tracker.update(nothing)
    for seconds, number in ((1.0, 4), (0.5, 4), (2.0, 3)):
        with pytest.raises(InputError, match="must grow"):
            tracker.update(nothing, frame_number=number, timestamp=seconds)
    with pytest.raises(InputError, match="expected a timestamp in seconds"):
        tracker.update(nothing, timestamp="now")
    with pytest.raises(InputError, match="cannot track the detections"):
        tracker.update([[0, 0, 10]], timestamp=2.0)
    tracker.update(nothing, timestamp=2.0)
    assert tracker.frame == 4
    untimed = new(OnlineTracker, 20, {})
    untimed.update(nothing)
    with pytest.raises(InputError, match="either all frames have a timestamp"):
        untimed.update(nothing, timestamp=2.0)


@pytest.mark.parametrize("rate", [1, 2, 5, 25, 60, 240])
@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS[3:])
def test_people_are_tracked_at_any_frame_rate(tracker_class, settings, rate):
    frames = max(30, min(6 * rate, 240))
    tracker, noise = new(tracker_class, rate, settings), np.random.default_rng(0)
    parts = [tracker.update(walkers(frame / rate, noise)) for frame in range(1, frames + 1)]
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    assert tracks.count == 3
    assert len(tracks) > 0.75 * 3 * frames


def test_online_tracks_end_where_the_stride_of_the_detector_becomes_shorter():
    """A live stream drops frames: a gap of few steps at the old stride is a long one at the new stride."""
    tracker = OnlineTracker(25, TrackerParameters(mode="online", matching="calibrated"))

    def rows(frame, second):
        return [[10 + frame, 10, 40 + frame, 90, 0.9], [400 - frame, 10, 430 - frame, 90, 0.9]][: 1 + second]

    for frame in range(1, 122, 4):
        tracker.update(rows(frame, frame <= 41), frame_number=frame)
    parts = [tracker.update(rows(frame, frame > 130), frame_number=frame) for frame in range(122, 140)]
    assert [len(part[part.box[:, 0] < 200]) for part in parts] == [1] * 18
