"""Detections of several classes, by every tracker: classes that never change separate, classes that do are voted on."""

import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

PERSON, BICYCLE, CAR, VAN = 0, 1, 2, 7
FRAMES = 90
TRACKERS = [
    pytest.param(OfflineTracker, {"matching": "learned"}, id="offline"),
    pytest.param(WindowedTracker, {"matching": "learned"}, id="windowed"),
    pytest.param(OnlineTracker, {"matching": "learned"}, id="online"),
    pytest.param(OnlineTracker, {"solver": "hungarian"}, id="online-hungarian"),
    pytest.param(OfflineTracker, {"matching": "calibrated"}, id="calibrated"),
    pytest.param(WindowedTracker, {"matching": "calibrated"}, id="calibrated-windowed"),
    pytest.param(OnlineTracker, {"matching": "calibrated"}, id="calibrated-online"),
]


def moving(*objects: tuple[float, float, float, float, float, list[int]]) -> Detections:
    """Objects (x, y, width, height, pixels per frame, class in each frame), found in every frame, with some noise."""
    random, parts = np.random.default_rng(0), []
    for frame in range(FRAMES):
        rows = [(x + v * frame, y, x + v * frame + w, y + h) for x, y, w, h, v, _ in objects]
        box = np.array(rows) + random.normal(0, 0.5, (len(rows), 4))
        score = random.uniform(0.6, 0.95, len(rows))
        parts.append(Detections.from_boxes(frame + 1, box, score, [each[frame] for *_, each in objects]))
    return Detections.concatenate(parts)


def track(tracker_class: type, detections: Detections, **settings: object) -> Tracks:
    tracker = tracker_class(30, TrackerParameters(appearance="none", **settings))
    tracks = [tracker.update(detections.in_frame(frame), frame_number=frame) for frame in range(1, FRAMES + 1)]
    return Tracks.concatenate([*tracks, tracker.finish()])


def rider() -> Detections:
    """A person on a bicycle, of which the boxes have an IoU of 0.65, and another person."""
    person, bicycle = (79, 345, 50, 110, 4, [PERSON] * FRAMES), (72, 364, 64, 96, 4, [BICYCLE] * FRAMES)
    return moving(person, bicycle, (1474, 365, 45, 110, -2, [PERSON] * FRAMES))


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS)
def test_a_rider_and_a_bicycle_keep_a_track_each(tracker_class, settings):
    tracks = track(tracker_class, rider(), **settings)
    assert tracks.count == 3
    assert sorted(int(tracks.of(each).label[0]) for each in (1, 2, 3)) == [PERSON, PERSON, BICYCLE]
    assert all((tracks.of(each).label == tracks.of(each).label[0]).all() for each in (1, 2, 3))
    assert min(tracks.lengths.values()) > 0.9 * FRAMES


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS)
@pytest.mark.parametrize("classes", ["separate", "mixed"])
def test_a_vehicle_whose_class_flickers_is_one_track_of_its_most_frequent_class(tracker_class, settings, classes):
    flicker = np.random.default_rng(1).choice([CAR, VAN], FRAMES, p=[0.7, 0.3])
    flicker[:3] = CAR
    first, second = (100, 300, 60, 80, 2, flicker.tolist()), (600, 300, 40, 100, 1, [PERSON] * FRAMES)
    tracks = track(tracker_class, moving(first, second), link_classes=classes, **settings)
    assert tracks.count == 2
    assert {int(tracks.of(each).label[-1]) for each in (1, 2)} == {CAR, PERSON}
    assert (np.unique(tracks.label) == [PERSON, CAR]).all()
    assert min(tracks.lengths.values()) > 0.5 * FRAMES


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS[:4])
def test_with_mixed_classes_boxes_of_all_classes_suppress_one_another(tracker_class, settings):
    tracks = track(tracker_class, rider(), link_classes="mixed", **settings)
    assert len(tracks) < 2.1 * FRAMES


@pytest.mark.parametrize(("tracker_class", "settings"), TRACKERS[:6])
def test_one_object_found_twice_under_two_names_is_one_track(tracker_class, settings):
    car, again = (100, 300, 60, 80, 2, [CAR] * FRAMES), (100, 300, 60, 80, 2, [VAN] * FRAMES)
    found = moving(car, again)
    twice = found.box.reshape(-1, 2, 4)[:, [0, 0]].reshape(-1, 4)
    found = Detections(found.frame, twice, np.where(found.label == CAR, 0.9, 0.6), found.label)
    tracks = track(tracker_class, found, **settings)
    assert (tracks.count, np.unique(tracks.label).tolist()) == (1, [CAR])
