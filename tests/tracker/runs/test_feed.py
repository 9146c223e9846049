"""What the frames of a run come with, however many of them are looked at together."""

import time
from itertools import islice

import numpy as np
import pytest

from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.runs.feed import detect_frames

COUNT = 3


class Source:
    """Frames of which each is as bright as its number."""

    live = False
    stopped = False
    broken = None
    read_count = 0

    def __init__(self, count: int, fails: Exception | None = None) -> None:
        self.count, self.fails, self.given = count, fails, 0

    def __iter__(self):
        for number in range(1, self.count + 1):
            self.given = number
            yield Frame(number, 0.0, np.full((4, 4, 3), number, np.uint8))
        if self.fails:
            raise self.fails

    def from_one(self):
        return iter(self)


class Slow:
    """Finds as many boxes as the image is bright; takes longer for odd numbers."""

    def __init__(self, fails_in: int = 0) -> None:
        self.fails_in, self.asked = fails_in, []

    def replicas(self, count):
        return [self] * count

    def detect(self, image):
        number = int(image[0, 0, 0])
        self.asked.append(number)
        time.sleep(0.004 * (number % 2))
        if number == self.fails_in:
            raise ValueError("broken")
        x = 20.0 * np.arange(number)[:, None]
        return np.hstack([x, x * 0, x + 10, x * 0 + 20, x * 0 + 0.5])


@pytest.fixture(autouse=True)
def several_cores(monkeypatch):
    monkeypatch.setattr("siamlink.detectors.detector.core_count", lambda: COUNT)


def found_in(source: Source, detector: object) -> list[tuple[int, int, int]]:
    """Number, brightness and how many boxes, frame by frame."""
    feed = detect_frames(source, LoadedDetector("slow", detector), Stopwatch())
    return [(number, int(image[0, 0, 0]), len(found)) for number, image, found in feed]


def take_all(source: Source, detector: object, taken: list[int]) -> None:
    """Note the numbers of the frames that come."""
    for number, _, _ in detect_frames(source, LoadedDetector("slow", detector), Stopwatch()):
        taken.append(number)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20])
def test_frames_come_in_order_with_their_own_detections(count):
    assert found_in(Source(count), Slow()) == [(k, k, k) for k in range(1, count + 1)]


def test_a_failure_comes_after_the_frames_before_it():
    taken: list[int] = []
    with pytest.raises(DetectorError, match="failed in frame 7: ValueError: broken"):
        take_all(Source(20), Slow(7), taken)
    assert taken == [1, 2, 3, 4, 5, 6]


def test_the_end_of_the_source_by_an_error_comes_after_its_frames():
    taken: list[int] = []
    with pytest.raises(OSError, match="unplugged"):
        take_all(Source(5, OSError("unplugged")), Slow(), taken)
    assert taken == [1, 2, 3, 4, 5]


def test_only_a_few_frames_are_taken_ahead():
    source, detector = Source(1000), Slow()
    feed = detect_frames(source, LoadedDetector("slow", detector), Stopwatch())
    assert [number for number, _, _ in islice(feed, 10)] == list(range(1, 11))
    feed.close()
    assert source.given < 30
    assert max(detector.asked) <= 10 + COUNT


def test_a_live_source_is_detected_frame_by_frame():
    source, detector = Source(10), Slow()
    source.live = True
    for number, _, _ in detect_frames(source, LoadedDetector("slow", detector), Stopwatch()):
        assert detector.asked == list(range(1, number + 1))
        assert source.given == number
