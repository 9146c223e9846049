import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.protocol import TrackerSetup, read_frame
from siamlink.tracker.parameters import TrackerParameters

IMAGE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("frame_rate", [0, -1, float("nan"), float("inf")])
def test_the_frame_rate_must_be_above_zero(matcher, frame_rate):
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        TrackerSetup(frame_rate, TrackerParameters(), matcher)


def test_the_frame_is_the_next_one_unless_its_number_is_given():
    box = Detections.from_boxes(3, [[0, 0, 5, 9]])
    assert read_frame(box, None, None, 7).number == 8
    number, detections, image = read_frame(box, IMAGE, np.int64(12), 7)
    assert (number, detections.frame.tolist(), image is IMAGE) == (12, [12], True)


@pytest.mark.parametrize("frame", [7, 0, -1])
def test_frame_numbers_must_grow(frame):
    with pytest.raises(InputError, match=f"growing frame numbers: {frame} after 7"):
        read_frame(Detections.empty(), None, frame, 7)


@pytest.mark.parametrize(
    ("detections", "message"),
    [
        (Detections([1, 2], [[0, 0, 5, 9]] * 2, [1, 1], [0, 0]), "the rows belong to several frames"),
        (np.zeros((2, 3)), r"its shape is \(2, 3\)"),
    ],
)
def test_detections_that_cannot_be_used_are_refused_with_their_frame(detections, message):
    with pytest.raises(InputError, match=f"cannot track the detections of frame 8: .*{message}.*; expected") as raised:
        read_frame(detections, None, None, 7)
    assert "\n" not in str(raised.value)
