"""Constraints with calibrated costs: whatever is demanded without contradiction holds, offline and in a window."""

from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraint, cannot_link, must_link
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, street
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.row_constraints import FINAL_TRACKS_CONTRADICT
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

RATE = 30
MODES = {
    "offline": {},
    "0.3 s": {"mode": "windowed", "latency_seconds": 0.3, "step_share": 0.5},
    "1 s": {"mode": "windowed", "latency_seconds": 1.0},
    "0 s": {"mode": "windowed", "latency_seconds": 0.0},
}
FEW = street(frame_count=20, seed=5).detections(miss_rate=0.3)
"""Few people, badly detected, and false alarms."""


def track(
    detections: Detections, matcher: Matcher, constraints: list[Constraint] | None = None, mode: str = "offline"
) -> Tracks:
    """Tracks whose boxes are those of their detections."""
    parameters = TrackerParameters(matching="calibrated", gaps={"smooth": False}, **MODES[mode])
    tracker = CalibratedTracker(TrackerSetup(RATE, parameters, matcher), constraints=constraints or [])
    return Tracks.concatenate([*tracker.update_many(detections), tracker.finish()])


@pytest.mark.parametrize("mode", ["offline", "0.3 s", pytest.param("0 s", marks=pytest.mark.slow)])
@settings(max_examples=10, deadline=None)
@given(drawn=st.data())
def test_constraints_hold(judge: Any, matcher: Matcher, mode: str, drawn: st.DataObject) -> None:
    constraints = judge.draw(drawn, FEW)
    try:
        tracks = track(FEW, matcher, constraints, mode)
    except ConstraintError as refused:  # a track that was final before could be what a later frame forbids
        if mode == "offline" or str(refused) != FINAL_TRACKS_CONTRADICT:
            raise
        event("refused")
        return
    judge.check(constraints, tracks, FEW)


@pytest.fixture(scope="module")
def two_that_cross() -> Detections:
    return crossing().detections()


def rows_of(judge: Any, tracks: Tracks, detections: Detections, number: int, *frames: int) -> list[int]:
    """The detections of a track in some frames."""
    rows = np.flatnonzero(np.isin(detections.frame, frames)).tolist()
    return [row for row in rows if judge.identity(tracks, detections, row) == number]


@pytest.mark.parametrize("mode", ["offline", "1 s"])
def test_identities_that_must_be_exchanged_are(
    judge: Any, two_that_cross: Detections, matcher: Matcher, mode: str
) -> None:
    found = two_that_cross
    tracks = track(found, matcher)
    assert tracks.count == 2
    (begin, end), (other_begin, other_end) = (rows_of(judge, tracks, found, number, 15, 90) for number in (1, 2))
    swap = [must_link(begin, other_end), must_link(other_begin, end)]
    swapped = track(found, matcher, swap, mode)
    assert mode != "offline" or (swapped.count, len(swapped)) == (2, len(tracks))
    assert all(judge.holds(each, swapped, found) for each in [*swap, cannot_link(begin, end)])


def test_a_constraint_that_holds_anyway_changes_nothing(
    judge: Any, two_that_cross: Detections, matcher: Matcher
) -> None:
    tracks = track(two_that_cross, matcher)
    begin, end = rows_of(judge, tracks, two_that_cross, 1, 15, 90)
    (other,) = rows_of(judge, tracks, two_that_cross, 2, 40)
    constrained = track(two_that_cross, matcher, [must_link(begin, end), cannot_link(other, end)])
    assert constrained.to_mot_text() == tracks.to_mot_text()


def test_a_gap_longer_than_any_link_is_bridged_and_interpolated(matcher: Matcher) -> None:
    frame = np.r_[1:30, 130:160]
    left = 100 + 4.0 * frame
    found = Detections(
        frame, np.column_stack([left, left * 0 + 100, left + 40, left * 0 + 200]), 0.9 - 0.001 * frame, 0 * frame
    )
    assert track(found, matcher).count == 2
    for mode in ("offline", "1 s"):
        tracks = track(found, matcher, [must_link(28, 29)], mode)
        assert tracks.count == 1
        if mode == "offline":
            assert tracks.frame.tolist() == list(range(1, 160))


@pytest.mark.parametrize("mode", ["offline", "1 s"])
def test_a_false_alarm_that_must_be_linked_is_in_a_track(judge: Any, matcher: Matcher, mode: str) -> None:
    found = crossing().detections(false_rate=3.0)
    tracks = track(found, matcher)
    weak = [row for row in np.flatnonzero(found.frame > 10).tolist() if not judge.identity(tracks, found, row)]
    a = weak[0]
    b = next(row for row in weak if found.frame[row] > found.frame[a] + 5)
    constrained = track(found, matcher, [must_link(a, b)], mode)
    assert judge.identity(constrained, found, a) == judge.identity(constrained, found, b) > 0


def test_contradictions_are_named(two_that_cross: Detections, matcher: Matcher) -> None:
    with pytest.raises(ConstraintError, match=r"must_link\(0, 9\) and cannot_link\(9, 0\): two detections must"):
        track(two_that_cross, matcher, [must_link(0, 9), cannot_link(9, 0)])
    with pytest.raises(ConstraintError, match=r"must_link\(0, 1\): two detections of frame 1 would be in one track"):
        track(two_that_cross, matcher, [must_link(0, 1)])
    with pytest.raises(ConstraintError, match=r"must_link\(0, 99999\): there is no detection 99999"):
        track(two_that_cross, matcher, [must_link(0, 99999)])
