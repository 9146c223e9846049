"""What all public trackers check and convert at their entrance: pictures, named classes, the frame rate."""

from typing import Any

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

ROW = [[1, 1, 20, 30, 0.9]]
KINDS = {
    "offline": (OfflineTracker, "lp"),
    "windowed": (WindowedTracker, "lp"),
    "online": (OnlineTracker, "lp"),
    "kalman": (OnlineTracker, "hungarian"),
}


@pytest.fixture(params=KINDS)
def new(request, matcher) -> Any:
    """Make a tracker of every kind that has no appearance model."""
    make, solver = KINDS[request.param]
    return lambda **more: make(30, TrackerParameters(matching="learned", solver=solver), matcher, **more)


class Spy:
    """In place of the tracker behind the entrance: keeps the images."""

    frame = final_frame = 0

    def __init__(self) -> None:
        self.images: list[Any] = []

    def update(self, detections: Any, image: Any, number: int) -> Tracks:
        self.images.append(image)
        self.frame = number
        return Tracks.empty()

    last_ids = np.zeros(0, np.int32)


def test_pictures_are_converted_or_refused(new):
    image, tracker, spy = np.full((40, 60, 3), 100, np.uint8), new(), Spy()
    tracker._tracker = spy
    for each in (image, image[..., 0], image[..., :1], np.dstack([image, image[..., 0]]), image / 255, None):
        tracker.update(ROW, image=each)
    assert spy.images.pop() is None
    for converted in spy.images:
        np.testing.assert_array_equal(converted, image)
    for wrong, message in (
        (image.transpose(2, 0, 1), "shape .3, 40, 60. and the type uint8, with the channels first"),
        (image[None], "a batch: give one image"),
        (image[:20], "is 60x20 pixels; expected 60x40"),
        ("street.jpg", "the image is a str, not a NumPy array"),
    ):
        with pytest.raises(InputError, match=message):
            tracker.update(ROW, image=wrong)
    assert tracker.frame == 6


def test_the_size_that_the_caller_states_is_checked(new):
    with pytest.raises(InputError, match=r"is 60x40 pixels; expected 40x60, .*image_size"):
        new(image_size=(40, 60)).update(ROW, image=np.zeros((40, 60, 3), np.uint8))


def test_named_classes_are_numbered_and_their_names_known(new):
    tracker = new()
    assert tracker.class_names is None
    tracks = []
    for step in range(12):
        boxes = [{"xmin": x + step, "ymin": 10, "xmax": x + 20 + step, "ymax": 60} for x in (10, 200)]
        objects = [{"score": 0.9, "label": label, "box": box} for label, box in zip("ab", boxes, strict=True)]
        tracks.append(tracker.update(objects[:: 1 if step % 2 else -1]))
    tracks = Tracks.concatenate([*tracks, tracker.finish()])
    assert tracks.count == 2
    assert dict(tracker.class_names) == {0: "b", 1: "a"}
    assert {(tracker.class_names[tracks.label[row]], bool(tracks.box[row, 0] < 100)) for row in range(len(tracks))} == {
        ("a", True),
        ("b", False),
    }


@pytest.mark.parametrize("frame_rate", ["25", None, True, 0, -1.0, float("nan")])
def test_a_frame_rate_that_is_no_number_above_0_is_an_error_of_one_line(frame_rate, matcher):
    with pytest.raises(ConfigError, match=r"^the frame rate must be a number above 0, not "):
        OnlineTracker(frame_rate, TrackerParameters(matching="learned"), matcher)


def test_a_frame_number_that_is_no_number_is_an_error_with_a_time_stamp_too(new):
    tracker = new()
    tracker.update([], timestamp=0.0)
    with pytest.raises(InputError, match="expected a whole frame number, not str '2'"):
        tracker.update([], frame_number="2", timestamp=0.1)
