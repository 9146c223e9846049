"""The windowed tracker with calibrated costs: what is final when, and how it compares with offline tracking."""

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.trackers import OfflineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

RATE = 30


def windowed(seconds: float, **others: object) -> TrackerParameters:
    return TrackerParameters(mode="windowed", matching="calibrated", latency_seconds=seconds, **others)


def crowd(frames: int = 120, seed: int = 1, miss_rate: float = 0.1) -> Detections:
    return street(frame_count=frames, seed=seed).detections(miss_rate=miss_rate, false_rate=1)


def cars(frames: int, missing: range = range(0), stride: int = 1) -> Detections:
    """Three cars on lanes that drive to and fro, the first of which is missed in some frames."""
    frame = np.repeat(np.arange(1, frames + 1, stride), 3)
    lane = np.tile(np.arange(3), len(frame) // 3)
    along = np.abs((frame * (4 + lane)) % 1600 - 800) + 100.0
    jitter = np.random.default_rng(0).normal(0, 0.4, (len(frame), 4))
    box = np.column_stack([along, 100 + 200.0 * lane, along + 120, 150 + 200.0 * lane]) + jitter
    detected = ~((lane == 0) & np.isin(frame, missing))
    score = np.random.default_rng(1).uniform(0.5, 0.99, len(frame))
    return Detections(frame[detected], box[detected], score[detected], np.full(int(detected.sum()), 2))


def run(tracker: OfflineTracker | WindowedTracker, detections: Detections, last: int) -> Tracks:
    parts = [tracker.update(detections.in_frame(k), frame_number=k) for k in range(1, last + 1)]
    return Tracks.concatenate([*parts, tracker.finish()])


def check_ids(tracks: Tracks) -> None:
    """No id is twice in a frame, and ids count up in the order of the tracks' begins."""
    assert len(set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))) == len(tracks)
    ids, first = np.unique(tracks.track_id, return_index=True)
    assert ids.tolist() == list(range(1, len(ids) + 1))
    assert (np.diff(tracks.frame[first]) >= 0).all()


@pytest.mark.parametrize(("latency", "frames"), [(0.0, 20), (0.5, 60), (1.03, 60)])
def test_every_frame_is_final_once_and_in_time(matcher: Matcher, latency: float, frames: int) -> None:
    found, tracker = crowd(frames), WindowedTracker(RATE, windowed(latency), matcher)
    parts = []
    for frame in range(1, frames + 1):
        before = tracker.final_frame
        parts.append(tracker.update(found.in_frame(frame)))
        assert frame - tracker.final_frame <= latency * RATE + 1e-6
        assert ((parts[-1].frame > before) & (parts[-1].frame <= tracker.final_frame)).all()
        if tracker.final_frame == frame:
            assert sorted(tracker.last_ids[tracker.last_ids > 0].tolist()) == sorted(parts[-1].track_id.tolist())
    parts.append(tracker.finish())
    assert (parts[-1].frame > frames - latency * RATE - 1).all()
    assert tracker.final_frame == frames
    assert len(tracker.finish()) == 0
    check_ids(Tracks.concatenate(parts))


def test_a_latency_beyond_the_video_gives_the_bytes_of_offline_tracking(matcher: Matcher) -> None:
    found = crowd(90)
    offline = run(OfflineTracker(RATE, TrackerParameters(matching="calibrated"), matcher), found, 90)
    whole = run(WindowedTracker(RATE, windowed(100), matcher), found, 90)
    assert whole.to_mot_text() == offline.to_mot_text() != ""


def test_single_frames_give_the_same_tracks_as_many_at_once(matcher: Matcher) -> None:
    found = crowd(90)
    tracker = CalibratedTracker(TrackerSetup(RATE, windowed(0.5), matcher))
    many = Tracks.concatenate([*tracker.update_many(found), tracker.finish()])
    assert many.to_mot_text() == run(WindowedTracker(RATE, windowed(0.5), matcher), found, 90).to_mot_text()


def test_two_streams_that_part_have_the_same_tracks_until_the_latency_before(matcher: Matcher) -> None:
    one, other = crowd(110), crowd(110, seed=2)
    parted = Detections.concatenate([one[one.frame <= 80], other[other.frame > 80]])
    texts = []
    for each in (one, parted):
        tracks = run(WindowedTracker(RATE, windowed(0.5), matcher), each, 110)
        check_ids(tracks)
        texts.append(tracks[tracks.frame <= 65].to_mot_text())
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("stride", [1, 5])
def test_simple_scenes_are_tracked_without_errors(matcher: Matcher, stride: int) -> None:
    found = cars(200, range(100, 104), stride)
    tracks = run(WindowedTracker(RATE, windowed(1.0), matcher), found, 200)
    check_ids(tracks)
    assert tracks.count == 3
    last = int(found.frame[-1])
    assert len(tracks) == 3 * last, "gaps are interpolated"
    assert set(tracks.label.tolist()) == {2}


def test_an_id_outlives_a_gap_longer_than_the_latency(matcher: Matcher) -> None:
    tracks = run(WindowedTracker(RATE, windowed(0.5), matcher), cars(240, range(121, 151)), 240)
    assert tracks.count == 3


def test_boxes_are_neither_smoothed_nor_interpolated_if_that_is_switched_off(matcher: Matcher) -> None:
    found = cars(120, range(60, 64))
    raw = run(WindowedTracker(RATE, windowed(0.5, gaps={"interpolate": False, "smooth": False}), matcher), found, 120)
    assert not raw.interpolated.any()
    assert {row.tobytes() for row in raw.box} <= {row.tobytes() for row in found.box}
    assert len(raw) == len(found)


def test_the_window_is_bounded_and_objects_keep_their_ids(matcher: Matcher) -> None:
    found = cars(900)
    tracker = CalibratedTracker(TrackerSetup(RATE, windowed(1.0), matcher))
    counts, parts = [], []
    for tracks in tracker.update_many(found):
        parts.append(tracks)
        counts.append(tracker.window_count)
    parts.append(tracker.finish())
    assert max(counts[50:]) == max(counts[len(counts) // 2 :])
    assert Tracks.concatenate(parts).count == 3


def test_no_detections_are_no_error(matcher: Matcher) -> None:
    tracker = WindowedTracker(RATE, windowed(0.5), matcher)
    assert len(run(tracker, Detections.empty(), 60)) == 0
    assert tracker.final_frame == 60
