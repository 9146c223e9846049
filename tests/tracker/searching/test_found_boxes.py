"""Objects are found before their first and after their last detections, where they are, and not where they are not."""

import cv2
import numpy as np
import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.search.network import SearchNetwork
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.runs.options import no_progress
from siamlink.tracker.searching.found_boxes import FEW_EXAMPLES, NOT_TOLD, find_missed
from siamlink.tracker.tracks import Tracks

FRAMES, RATE, SIZE = 60, 10.0, (240, 480)
RANDOM = np.random.default_rng(11)


def texture(height: int, width: int, detail: float) -> np.ndarray:
    noise = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), detail), None, 0, 255, cv2.NORM_MINMAX)


BACKGROUND = texture(*SIZE, 6)
OBJECTS = [texture(60, 26, detail) for detail in (2.0, 3.0, 4.0, 2.5)]
LANES = [(5, 10, 2.0), (5, 130, 4.0), (440, 60, -3.0), (300, 170, -1.0)]
"""Left edge in frame 1, top edge, and pixels a frame to the right."""


def truth(index: int, frame: int) -> np.ndarray:
    left, top, speed = LANES[index]
    x = left + speed * (frame - 1)
    return np.array([x, top, x + 26, top + 60])


def picture(frame: int, hidden: int | None = None) -> np.ndarray:
    """A frame; from frame 51 on without one object."""
    image = BACKGROUND.copy()
    for index, shown in enumerate(OBJECTS):
        if index != hidden or frame <= 50:
            x, y = truth(index, frame)[:2].astype(int)
            image[y : y + 60, x : x + 26] = shown
    return image


def video(hidden: int | None = None):
    return (Frame(frame, (frame - 1) / RATE, picture(frame, hidden)) for frame in range(1, FRAMES + 1))


def tracks(first: int = 11, last: int = 50) -> Tracks:
    """All objects, detected in these frames."""
    rows = [(frame, index) for frame in range(first, last + 1) for index in range(len(LANES))]
    return Tracks(
        frame=np.array([frame for frame, _ in rows], np.int32),
        box=np.array([truth(index, frame) for frame, index in rows], np.float32),
        score=np.full(len(rows), 0.9, np.float32),
        label=np.full(len(rows), 2, np.int16),
        track_id=np.array([index + 1 for _, index in rows], np.int32),
        interpolated=np.zeros(len(rows), bool),
    )


def searched(given: Tracks, hidden: int | None = None) -> Tracks:
    network = SearchNetwork(SHIPPED)
    result = find_missed(given, network, lambda: video(hidden), RATE, FRAMES, SIZE[::-1], no_progress)
    assert not result.unused
    return result.tracks


@pytest.fixture(scope="module")
def complete() -> Tracks:
    return searched(tracks())


@pytest.mark.slow
def test_objects_are_found_a_second_before_and_after_their_detections(complete):
    found = complete[complete.found]
    for index in range(len(LANES)):
        own = found.of(index + 1)
        assert set(own.frame.tolist()) >= {*range(2, 11), *range(51, 60)}
    expected = np.array([truth(index - 1, frame) for frame, index in zip(found.frame, found.track_id, strict=True)])
    assert np.mean(iou_pairs(found.box, expected)) > 0.8
    assert iou_pairs(found.box, expected).min() > 0.5


@pytest.mark.slow
def test_found_boxes_are_marked_and_have_a_probability(complete):
    found = complete[complete.found]
    assert found.interpolated.all()
    assert (found.row == -1).all()
    assert (found.label == 2).all()
    assert (found.score >= 0.5).all()
    assert (found.score <= 1).all()
    rest = complete[~complete.found]
    assert rest.to_mot_text() == tracks().to_mot_text()


@pytest.mark.slow
def test_an_object_that_has_gone_is_not_found(complete):
    without = searched(tracks(), hidden=1)
    late = without.of(2)[without.of(2).frame > 50]
    assert not len(late)
    others = without[without.track_id != 2]
    assert set(others.of(1).frame.tolist()) == set(complete.of(1).frame.tolist())


@pytest.mark.slow
def test_nothing_is_searched_where_the_search_does_not_find_what_is_known():
    noise = (Frame(each, each / RATE, RANDOM.integers(0, 256, (*SIZE, 3), dtype=np.uint8)) for each in range(1, 61))
    given = tracks()
    result = find_missed(given, SearchNetwork(SHIPPED), lambda: noise, RATE, FRAMES, SIZE[::-1], no_progress)
    assert result.tracks is given
    assert result.unused == NOT_TOLD


def test_tracks_that_cannot_calibrate_stay_as_they_are_with_the_reason():
    few = tracks(first=20, last=24)
    result = find_missed(few, SearchNetwork(SHIPPED), video, RATE, FRAMES, SIZE[::-1], no_progress)
    assert result.tracks is few
    assert result.unused == FEW_EXAMPLES
    assert len(searched(Tracks.empty())) == 0
