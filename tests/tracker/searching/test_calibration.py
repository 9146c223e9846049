"""The probability by the examples of known walks."""

import numpy as np
import pytest

from siamlink.association.search.correlation import Peak
from siamlink.tracker.searching.calibration import FEWEST_EXAMPLES, Calibration, probability
from siamlink.tracker.searching.starts import Start
from siamlink.tracker.tracks import Tracks

BOX = np.array([10.0, 10, 30, 60])
START = Start(1, 1, 1, 10, BOX, np.zeros(2), frozenset())


def peak(score: float) -> Peak:
    return Peak(np.zeros(2), score, score / 2)


def calibration() -> Calibration:
    """Of an object that stands still, detected in frames 1 to 100 apart from frame 50."""
    frame = np.array([each for each in range(1, 101) if each != 50], np.int32)
    count = len(frame)
    return Calibration(
        Tracks(
            frame=frame,
            box=np.tile(BOX.astype(np.float32), (count, 1)),
            score=np.ones(count, np.float32),
            label=np.zeros(count, np.int16),
            track_id=np.ones(count, np.int32),
            interpolated=np.zeros(count, bool),
        )
    )


def test_what_lies_on_the_detection_is_present_and_all_else_is_not():
    examples = calibration()
    for frame in range(2, 42):
        examples.add(START, frame, BOX + (1 if frame % 2 else 30), peak(0.8 if frame % 2 else 0.3), [peak(0.2)])
    presence = examples.presence()
    assert presence is not None
    high, low = probability(presence, [peak(0.8), peak(0.3)])
    assert high > 0.9
    assert low < 0.3
    assert probability(presence, []).shape == (0,)


def test_frames_without_a_detection_are_no_examples():
    examples = calibration()
    for _ in range(2 * FEWEST_EXAMPLES):
        examples.add(START, 50, BOX, peak(0.8), [peak(0.2)])
    assert examples.presence() is None


@pytest.mark.parametrize(("right", "absent"), [(FEWEST_EXAMPLES - 1, 40), (40, FEWEST_EXAMPLES - 1)])
def test_too_few_examples_of_either_kind_say_nothing(right, absent):
    examples = calibration()
    for place in range(right):
        examples.add(START, 2, BOX, peak(0.8), [peak(0.2)] * (absent if place == 0 else 0))
    assert examples.presence() is None
    assert not examples.is_hopeless(peak(0.0))


def test_scores_that_do_not_tell_present_from_absent_do_not_pay():
    examples = calibration()
    for frame in range(2, 42):
        examples.add(START, frame, BOX, peak(frame / 50), [peak(frame / 50)])
    assert examples.presence() is None


def test_a_peak_is_hopeless_once_the_examples_say_so():
    examples = calibration()
    assert not examples.is_hopeless(peak(0.1))
    for frame in range(2, 42):
        examples.add(START, frame, BOX, peak(0.8 + frame / 1000), [peak(0.2 + frame / 1000)])
    assert examples.is_hopeless(peak(0.1))
    assert not examples.is_hopeless(peak(0.8))
