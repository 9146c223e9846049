"""Trackers of matching auto give the tracks of the matching that they choose."""

from typing import Literal

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.linking.make_tracker import make_tracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.trackers import OfflineTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

Mode = Literal["offline", "windowed", "online"]
MODES: list[Mode] = ["offline", "windowed", "online"]


def people() -> Detections:
    return street(frame_count=50, seed=2).detections(miss_rate=0.1, false_rate=0.5)


def windows() -> Detections:
    """The same with boxes of one shape."""
    found = people()
    box = found.box.copy()
    box[:, 2] = box[:, 0] + (box[:, 3] - box[:, 1]) / 2.4
    return Detections(found.frame, box, np.linspace(0.2, 0.9, len(found)), found.label)


def track(detections: Detections, matcher: Matcher, at_once: bool, mode: Mode, matching: str) -> tuple[Tracks, str]:
    parameters = TrackerParameters(mode=mode, matching=matching)  # type: ignore[arg-type]
    tracker = make_tracker(TrackerSetup(30, parameters, matcher))
    if at_once:
        parts = list(tracker.update_many(detections))
    else:
        last = int(detections.frame.max())
        parts = [tracker.update(detections.in_frame(number), frame_number=number) for number in range(1, last + 1)]
    return Tracks.concatenate([*parts, tracker.finish()]), tracker.matching


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "frame by frame"])
@pytest.mark.parametrize("mode", MODES)
def test_tracks_are_those_of_the_chosen_matching(matcher: Matcher, mode: Mode, at_once: bool) -> None:
    for detections, expected in ((people(), "calibrated"), (windows(), "learned")):
        tracks, chosen = track(detections, matcher, at_once, mode, "auto")
        assert chosen == expected
        assert tracks.to_mot_text() == track(detections, matcher, at_once, mode, expected)[0].to_mot_text()


@pytest.mark.parametrize("mode", MODES)
def test_the_first_frames_may_be_empty(matcher: Matcher, mode: Mode) -> None:
    found = windows()
    later = Detections(found.frame + 7, found.box, found.score, found.label)
    tracks, chosen = track(later, matcher, False, mode, "auto")
    assert chosen == "learned"
    assert tracks.to_mot_text() == track(later, matcher, False, mode, "learned")[0].to_mot_text()


def test_nothing_comes_of_no_detections(matcher: Matcher) -> None:
    for mode in MODES:
        tracker = make_tracker(TrackerSetup(30, TrackerParameters(mode=mode), matcher))
        parts = [tracker.update(Detections.empty(), frame_number=number) for number in (1, 2, 3)]
        assert len(Tracks.concatenate([*parts, tracker.finish()])) == 0
        assert tracker.frame == 3


def test_a_matcher_that_is_given_is_used(matcher: Matcher) -> None:
    assert OfflineTracker(30, matcher=matcher).parameters.matching == "learned"
    assert OfflineTracker(30).parameters.fixed_matching is None


def test_settings_of_learned_matching_choose_it() -> None:
    assert TrackerParameters().fixed_matching is None
    assert TrackerParameters(levels=1).fixed_matching == "learned"
    assert TrackerParameters(solver="hungarian").fixed_matching == "learned"
    assert TrackerParameters(min_detections=5).fixed_matching == "learned"
    assert load_parameters(None, ["gate.max_gap_seconds=2"]).fixed_matching == "learned"
    assert load_parameters("paper").fixed_matching == "learned"
    for config in ("default", "fast", "windowed", "online"):
        assert load_parameters(config).fixed_matching is None
    assert TrackerParameters(matching="calibrated").fixed_matching == "calibrated"
