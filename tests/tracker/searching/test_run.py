"""A run searches where the settings ask for it and the images can be read again."""

from typing import Any

import numpy as np
import pytest

from siamlink.detectors.base.errors import ModelError
from siamlink.tracker import track
from siamlink.tracker.runs import search
from siamlink.tracker.searching.found_boxes import Searched
from siamlink.tracker.tracks import Tracks

BOXES = [[[10 + 2 * frame, 10, 40 + 2 * frame, 90, 0.9]] for frame in range(30)]
IMAGES = [np.full((120, 160, 3), 90, np.uint8) for _ in BOXES]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of each search; it finds nothing."""
    calls: list[tuple[Any, ...]] = []

    def find_missed(tracks: Tracks, *rest: Any) -> Searched:
        calls.append(rest)
        return Searched(tracks, "of a reason")

    monkeypatch.setattr(search, "find_missed", find_missed)
    return calls


def test_the_images_are_read_again_from_the_first(asked):
    result = track(
        IMAGES, detections=BOXES, frame_rate=10, gaps={"search": True}, matching="learned", appearance="none"
    )
    ((_, frames, rate, last_frame, size, _),) = asked
    assert [frame.number for frame in frames()] == list(range(1, 31))
    assert (rate, last_frame, size) == (10, 30, (160, 120))
    assert result.counts.found == 0
    assert result.search_unused == "of a reason"


@pytest.mark.parametrize(
    "settings", [{}, {"gaps": {"search": True, "interpolate": False}}, {"gaps": {"search": False}}]
)
def test_nothing_is_searched_unasked(asked, settings):
    track(IMAGES, detections=BOXES, frame_rate=10, matching="learned", appearance="none", **settings)
    assert not asked


def test_images_that_can_be_read_once_are_not_searched(asked):
    track(iter(IMAGES), detections=BOXES, frame_rate=10, gaps={"search": True}, matching="learned", appearance="none")
    assert not asked


def test_a_network_that_cannot_search_is_an_error_before_anything_is_detected(monkeypatch):
    def refuse(_: Any) -> None:
        raise ModelError("cannot search")

    def detect(_: Any) -> list[list[float]]:
        pytest.fail("detected in vain")

    monkeypatch.setattr(search, "SearchNetwork", refuse)
    with pytest.raises(ModelError, match="cannot search"):
        track(IMAGES, detect, frame_rate=10, gaps={"search": True}, matching="learned", appearance="none")
