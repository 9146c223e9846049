"""The tracker with calibrated costs on scenes with known tracks."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.calibrated.models import WEIGHTS, shipped_models
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import must_link
from siamlink.detectors.base.errors import ConfigError, ModelError
from siamlink.detectors.detections import Detections
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

RATE = 30
CALIBRATED = TrackerParameters(matching="calibrated")


def cars(frames: int = 60, missing: tuple[int, ...] = (), noise: float = 0.5) -> Detections:
    """Five wide, fast cars on lanes of their own; the first one is missed in some frames."""
    random = np.random.default_rng(0)
    frame = np.repeat(np.arange(1, frames + 1), 5)
    lane = np.tile(np.arange(5), frames)
    left = 40.0 * lane + (12 + lane) * frame + random.normal(0, noise, len(frame))
    top = 100.0 + 90 * lane + random.normal(0, noise, len(frame))
    box = np.column_stack([left, top, left + 120, top + 45])
    detected = ~((lane == 0) & np.isin(frame, missing))
    score, label = random.uniform(0.5, 0.99, len(frame)), np.where(frame % 7 == 0, 7, 2)
    return Detections(frame=frame[detected], box=box[detected], score=score[detected], label=label[detected])


def track(detections: Detections, matcher: Matcher, parameters: TrackerParameters = CALIBRATED) -> Tracks:
    tracker = CalibratedTracker(TrackerSetup(RATE, parameters, matcher))
    assert all(len(part) == 0 for part in tracker.update_many(detections))
    assert tracker.final_frame == 0
    return tracker.finish()


def test_fast_wide_objects_are_tracked_and_have_the_most_frequent_class(matcher: Matcher) -> None:
    tracks = track(cars(), matcher)
    assert (tracks.count, len(tracks), tracks.interpolated.sum()) == (5, 300, 0)
    assert set(tracks.label.tolist()) == {2}
    assert np.abs(tracks.box - cars().box).max() < 3


def test_single_frames_give_the_same_tracks_as_many_at_once(matcher: Matcher) -> None:
    tracker = OfflineTracker(RATE, CALIBRATED, matcher)
    for number in range(1, 61):
        assert len(tracker.update(cars().in_frame(number))) == 0
    assert tracker.finish().to_mot_text() == track(cars(), matcher).to_mot_text()
    assert tracker.final_frame == 60


def test_gaps_are_interpolated_unless_that_is_switched_off(matcher: Matcher) -> None:
    detections = cars(missing=(30, 31, 32))
    tracks = track(detections, matcher)
    assert tracks.frame[tracks.interpolated].tolist() == [30, 31, 32]
    without = track(detections, matcher, TrackerParameters(matching="calibrated", gaps={"interpolate": False}))
    assert (without.count, len(without), without.interpolated.any()) == (5, len(detections), False)


def test_boxes_stay_as_detected_without_smoothing(matcher: Matcher) -> None:
    tracks = track(cars(), matcher, TrackerParameters(matching="calibrated", gaps={"smooth": False}))
    order = np.lexsort((tracks.box[:, 1], tracks.frame))
    expected = cars()
    np.testing.assert_array_equal(tracks.box[order], expected.box[np.lexsort((expected.box[:, 1], expected.frame))])


def test_online_every_frame_has_its_tracks_at_once(matcher: Matcher) -> None:
    tracker = OnlineTracker(RATE, CALIBRATED, matcher)
    detections = cars()
    parts = [tracker.update(detections.in_frame(number)) for number in range(1, 61)]
    assert tracker.final_frame == 60
    assert len(tracker.finish()) == 0
    tracks = Tracks.concatenate(parts)
    assert tracks.count == 5
    assert len(tracks) >= 275  # in the first frames noise and motion cannot be separated yet
    assert all(set(part.frame.tolist()) <= {number} for number, part in enumerate(parts, 1))


@pytest.mark.parametrize("count", [0, 1])
def test_no_or_one_detection_is_no_error(matcher: Matcher, count: int) -> None:
    assert len(track(cars()[:count], matcher)) <= count


def test_the_configuration_general_sets_matching_calibrated() -> None:
    parameters = load_parameters("general")
    assert (parameters.matching, parameters.mode, parameters.uses_appearance) == ("calibrated", "offline", True)


@pytest.mark.parametrize("kind", [OfflineTracker, WindowedTracker])
def test_the_hungarian_solver_is_refused(matcher: Matcher, kind: type[OfflineTracker]) -> None:
    with pytest.raises(ConfigError, match="matching calibrated needs solver lp, not hungarian"):
        kind(RATE, TrackerParameters(matching="calibrated", solver="hungarian"), matcher)


def test_online_constraints_are_refused(matcher: Matcher) -> None:
    with pytest.raises(ConfigError, match="constraints need mode offline or windowed and solver lp, not mode online"):
        OnlineTracker(RATE, CALIBRATED, matcher, constraints=[must_link(0, 5)])


def test_the_models_of_a_folder_are_used_if_one_is_set(tmp_path: Path, matcher: Matcher) -> None:
    assert CALIBRATED.load_calibrated_models() is shipped_models()
    for name in ("alone.json", "in_track.json"):
        shutil.copy(WEIGHTS / name, tmp_path / name)
    own = CALIBRATED.model_copy(update={"model": str(tmp_path)})
    assert own.load_calibrated_models().links is None
    (tmp_path / "alone.json").unlink()
    with pytest.raises(ModelError, match=r"no model at .*alone\.json"):
        CalibratedTracker(TrackerSetup(RATE, own, matcher))


class Asked:
    """An appearance source that knows the identities, and records the rows that it describes."""

    def __init__(self, who: np.ndarray) -> None:
        self.requested_count = self.described_count = 0
        self.frames: list[int] = []
        self._who = who

    def see(self, frame: int, image: object, box: np.ndarray) -> None:
        self.frames.append(frame)

    def describe(self, detections: Detections, rows: np.ndarray) -> np.ndarray:
        self.requested_count = self.described_count = len(rows)
        return np.eye(5)[self._who[rows]] + 0.1 * np.random.default_rng(0).normal(size=(len(rows), 5))


def test_a_part_of_the_detections_is_described(painted: Any) -> None:
    setup, asked = TrackerSetup(RATE, CALIBRATED, painted.matcher), Asked(np.tile(np.arange(5), 60))
    tracker = CalibratedTracker(setup, asked)
    for number in range(1, 31):
        tracker.update(cars().in_frame(number), frame_number=number)
    for _ in tracker.update_many(cars()[150:]):
        pass
    assert tracker.open_count == 0
    tracks = tracker.finish()
    assert tracks.count == 5
    assert asked.frames == list(range(1, 61))
    assert 50 <= tracker.open_count == tracker.compared_count <= 100


def test_without_an_appearance_model_nothing_is_described(matcher: Matcher) -> None:
    assert matcher.appearance is None
    asked = Asked(np.tile(np.arange(5), 60))
    tracker = CalibratedTracker(TrackerSetup(RATE, CALIBRATED, matcher), asked)
    list(tracker.update_many(cars()))
    assert tracker.finish().count == 5
    assert (asked.frames, asked.requested_count, tracker.open_count) == ([], 0, 0)


def test_the_images_of_a_video_are_described_in_one_pass_or_in_passing_to_the_same_tracks(painted: Any) -> None:
    opened = open_input(painted.folder)
    found = opened.detections
    tracker = OfflineTracker(30, CALIBRATED, painted.matcher, image_size=opened.image_size)
    for frame in opened.frames:
        tracker.update(found.in_frame(frame.number), frame.image)
    passing = tracker.finish()
    assert tracker.compared_count == len(found)
    options = TrackingOptions(CALIBRATED, matcher=painted.matcher)
    result = track_input(opened, options)
    assert result.tracks.to_mot_text() == passing.to_mot_text()
    assert result.appearance is not None
    assert 0 < result.appearance.described == result.appearance.requested < len(found)


@pytest.mark.parametrize(
    ("settings", "used"),
    [
        ({}, True),
        ({"levels": 1}, True),
        ({"appearance": "none"}, False),
        ({"mode": "online"}, False),
        ({"mode": "online", "appearance": "siamese"}, False),
    ],
)
def test_which_settings_use_an_appearance(settings: dict[str, str], used: bool) -> None:
    parameters = TrackerParameters(matching="calibrated", **settings)
    assert parameters.uses_appearance == used
    assert (parameters.load_matcher().appearance is not None) == used
