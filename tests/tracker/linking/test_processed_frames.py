import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.processed_frames import ProcessedFrames, recognised_stride


def boxes(frame) -> Detections:
    count = len(frame)
    return Detections(np.array(frame), np.tile([0, 0, 9, 9], (count, 1)), np.ones(count), np.zeros(count))


@pytest.mark.parametrize(
    ("frames", "stride"),
    [
        (range(1, 60, 5), 5),
        ([1, 6, 6, 16, 26, 31, 41, 46, 66, 71], 5),
        ([*range(1, 60, 5), 7], 1),
        ([1, 801], 1),
        ([1, 6, 16, 21], 1),
        ([1, 6, 16, 21, 36], 5),
        (range(1, 16, 2), 1),
        (range(1, 18, 2), 2),
        ([], 1),
    ],
)
def test_the_stride_is_recognised_from_enough_frames(frames, stride):
    assert recognised_stride(np.array(frames, int)) == stride


def test_steps_count_the_processed_frames():
    processed = ProcessedFrames()
    processed.add(11)
    assert (processed.stride, processed.step(11)) == (1, 11)
    processed.add(np.array([15, 19, 31]))
    assert (processed.stride, processed.step(31)) == (4, 6)
    assert processed.at_steps(boxes([11, 11, 19])).frame.tolist() == [1, 1, 3]
    assert [processed.step(frame) for frame in (11, 15, 19, 23)] == [1, 2, 3, 4]
    processed.add(32)
    assert (processed.stride, processed.step(32)) == (1, 32)
    found = boxes([11, 32])
    assert processed.at_steps(found) is found


def test_frames_with_detections_show_the_stride_even_if_others_are_said_to_be_processed():
    processed = ProcessedFrames()
    for frame in range(1, 29):
        processed.add(frame, frame % 5 == 2)
        assert processed.stride == (5 if frame >= 22 else 1)
    assert processed.step(22) == 5
    assert [processed.step(frame) for frame in (2, 7, 12)] == [1, 2, 3]
    processed.add(50)
    assert processed.stride == 1


def test_a_known_stride_is_not_recognised_anew():
    processed = ProcessedFrames(1)
    processed.add(np.array([1, 6, 11]))
    assert processed.stride == 1
