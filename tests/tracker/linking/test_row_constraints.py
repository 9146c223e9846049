"""Tracks under constraints: whatever is demanded without contradiction holds, offline and in a window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from siamlink import tracker
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import cannot_link, must_link
from siamlink.detectors.base.errors import ConfigError, ConstraintError
from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, occlusion, street
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.row_constraints import FINAL_TRACKS_CONTRADICT, RowConstraints
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

RAW = {"smooth": False}
"""Tracks have the very boxes of their detections."""
ONE, TWO = TrackerParameters(levels=1, gaps=RAW), TrackerParameters(gaps=RAW)


@pytest.fixture(scope="module")
def shipped() -> Matcher:
    return Matcher.load(levels=2)


@pytest.fixture(scope="module")
def found() -> Detections:
    """Few people, seen badly, and false alarms."""
    return street(frame_count=40, seed=5).detections(miss_rate=0.3)


Link = Callable[..., Tracks]


WINDOWED = [
    {"mode": "windowed", "latency_seconds": seconds, "step_share": step, "levels": levels, "gaps": RAW}
    for seconds, step, levels in ((0.0, 0.25, 1), (0.1, 1.0, 2), (0.3, 0.25, 1), (0.3, 0.25, 2), (1.0, 0.5, 2))
]


def check_constraints(
    judge: Any, found: Detections, shipped: Matcher, parameters: TrackerParameters, drawn: st.DataObject
) -> None:
    """All constraints hold, no id is twice in a frame, and ids count from 1."""
    detections = suppress_overlaps(found, parameters.overlap_limit)
    constraints = judge.draw(drawn, detections)
    linker = LinearProgramTracker(TrackerSetup(30, parameters, shipped), constraints=constraints)
    parts = [linker.update(detections.in_frame(k), frame_number=k) for k in range(1, 41)]
    tracks = Tracks.concatenate([*parts, linker.finish()])
    judge.check(constraints, tracks, detections)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [ONE, TWO], ids=["one level", "two levels"])
@settings(max_examples=25)
@given(drawn=st.data())
def test_constraints_hold(
    judge: Any, found: Detections, shipped: Matcher, parameters: TrackerParameters, drawn: st.DataObject
) -> None:
    check_constraints(judge, found, shipped, parameters, drawn)


@pytest.mark.slow
@pytest.mark.parametrize("window", WINDOWED, ids=lambda each: f"{each['latency_seconds']} s, {each['levels']} levels")
@settings(max_examples=10, deadline=None)
@given(drawn=st.data())
def test_constraints_hold_in_a_window(
    judge: Any, found: Detections, shipped: Matcher, window: dict[str, Any], drawn: st.DataObject
) -> None:
    try:
        check_constraints(judge, found, shipped, TrackerParameters(**window), drawn)
    except ConstraintError as refused:  # a track that was final before could be what a later frame forbids
        if str(refused) != FINAL_TRACKS_CONTRADICT:
            raise
        event("refused")


@pytest.mark.slow
@pytest.mark.parametrize("levels", [1, 2])
@settings(max_examples=10, deadline=None)
@given(drawn=st.data())
def test_in_a_window_over_everything_constraints_give_the_bytes_of_offline_tracking(
    judge: Any, found: Detections, shipped: Matcher, link_detections: Link, levels: int, drawn: st.DataObject
) -> None:
    constraints = judge.draw(drawn, found)
    offline = link_detections(found, 30, shipped, TrackerParameters(levels=levels), constraints=constraints)
    whole = TrackerParameters(levels=levels, mode="windowed", latency_seconds=100)
    windowed = link_detections(found, 30, shipped, whole, constraints=constraints)
    assert windowed.to_mot_text() == offline.to_mot_text() != ""


def row_of(tracks: Tracks, detections: Detections, number: int, place: int) -> int:
    """The first, or other, detection of a track."""
    own = tracks[(tracks.track_id == number) & ~tracks.interpolated]
    (row,) = np.flatnonzero((detections.frame == own.frame[place]) & (detections.box == own.box[place]).all(axis=1))
    return int(row)


def test_must_link_bridges_a_gap_longer_than_any_link(link_detections: Link, shipped: Matcher, score: Callable) -> None:
    scene = occlusion()
    detections = scene.detections()
    tracks = link_detections(detections, 30, shipped, ONE)
    assert (tracks.count, score(scene.truth(), tracks).IDSW) == (2, 1)
    constraint = must_link(row_of(tracks, detections, 1, 5), row_of(tracks, detections, 2, -5))
    corrected = link_detections(detections, 30, shipped, ONE, constraints=[constraint])
    assert (corrected.count, score(scene.truth(), corrected).IDSW) == (1, 0)
    assert corrected.frame.tolist() == list(range(corrected.frame[0], 121)), "what lay between is filled in"


@pytest.mark.parametrize("parameters", [ONE, TWO], ids=["one level", "two levels"])
def test_cannot_link_splits_a_track(
    judge: Any, link_detections: Link, shipped: Matcher, parameters: TrackerParameters
) -> None:
    detections = crossing().detections()
    tracks = link_detections(detections, 30, shipped, parameters)
    begin, end = (row_of(tracks, detections, 1, place) for place in (40, -40))
    corrected = link_detections(detections, 30, shipped, parameters, constraints=[cannot_link(begin, end)])
    assert tracks.count == 2
    assert 0 < judge.identity(corrected, detections, begin) != judge.identity(corrected, detections, end) > 0
    other_begin, other_end = (row_of(tracks, detections, 2, place) for place in (40, -40))
    swap = [must_link(begin, other_end), must_link(other_begin, end)]
    swapped = link_detections(detections, 30, shipped, parameters, constraints=swap)
    assert swapped.count == 2
    assert judge.identity(swapped, detections, begin) != judge.identity(swapped, detections, end)


def test_a_track_with_constrained_detections_is_never_dropped(
    judge: Any, link_detections: Link, shipped: Matcher
) -> None:
    detections = crossing().detections(false_rate=3.0)
    for parameters in (ONE, TWO):
        strict = parameters.model_copy(update={"min_detections": 1000})
        assert link_detections(detections, 30, shipped, strict).count == 0
        alone = np.flatnonzero(detections.score < np.quantile(detections.score, 0.1))
        a, b = alone[0], alone[detections.frame[alone] > detections.frame[alone[0]]][0]
        tracks = link_detections(detections, 30, shipped, strict, constraints=[must_link(a, b)])
        assert tracks.count == 1
        assert judge.identity(tracks, detections, a) == judge.identity(tracks, detections, b) == 1


@pytest.mark.parametrize("kind", [must_link, cannot_link])
def test_a_detection_that_is_named_is_not_suppressed(shipped: Matcher, kind: Callable) -> None:
    once = crossing().detections()
    worse = Detections(once.frame, once.box + 1, once.score - 0.5, once.label)
    both = Detections.concatenate([once, worse])
    first, last = (np.flatnonzero(both.score < once.score.min())[place] for place in (0, -1))
    plain, named = (
        LinearProgramTracker(TrackerSetup(30, TWO, shipped), constraints=constraints)
        for constraints in ((), [kind(first, last)])
    )
    for each in (plain, named):
        list(each.update_many(both))
    assert named.window_count == plain.window_count + 2


def test_contradictions_are_named(link_detections: Link, shipped: Matcher, found: Detections) -> None:
    with pytest.raises(ConstraintError, match=r"must_link\(0, 9\) and cannot_link\(9, 0\): two detections must"):
        link_detections(found, 30, shipped, TWO, constraints=[must_link(0, 9), cannot_link(9, 0)])


@pytest.mark.parametrize(
    ("wrong", "chosen"), [({"mode": "online"}, "mode online"), ({"solver": "hungarian"}, "solver hungarian")]
)
def test_only_the_exact_solver_obeys(tmp_path: Path, wrong: dict[str, str], chosen: str) -> None:
    crossing(frame_count=10).write_sequence(tmp_path / "Crossing")
    source = open_input(tmp_path / "Crossing", Detections.empty(), constraints=[must_link(0, 1)])
    with pytest.raises(ConfigError, match=f"constraints need mode offline or windowed and solver lp, not {chosen}"):
        track_input(source, TrackingOptions(TrackerParameters(**wrong)))


@pytest.mark.parametrize("mode", ["offline", "windowed"])
def test_corrections_of_images_that_are_read_once_need_the_detections_they_speak_of(mode: str) -> None:
    source = open_input(iter([np.zeros((40, 60, 3), np.uint8)]), constraints=Corrections())
    with pytest.raises(ConfigError, match="corrections of images that can be read once only need the detections they"):
        track_input(source, TrackingOptions(TrackerParameters(mode=mode)))


@pytest.mark.parametrize("mode", ["offline", "windowed"])
def test_rows_that_never_come_are_named_at_the_end(shipped: Matcher, found: Detections, mode: str) -> None:
    parameters = TrackerParameters(mode=mode, latency_seconds=0.2)
    linker = LinearProgramTracker(TrackerSetup(30, parameters, shipped), constraints=[must_link(0, len(found))])
    list(linker.update_many(found))
    last = len(found) - 1
    message = rf"must_link\(0, {last + 1}\): there is no detection {last + 1}; rows are 0 to {last}"
    with pytest.raises(ConstraintError, match=message):
        linker.finish()


def test_two_detections_of_one_frame_are_refused_when_they_come(shipped: Matcher, found: Detections) -> None:
    first, second = np.flatnonzero(found.frame == 20)[:2].tolist()
    constraints = [must_link(0, first), must_link(0, second)]
    linker = LinearProgramTracker(TrackerSetup(30, TrackerParameters(**WINDOWED[0]), shipped), constraints=constraints)
    for frame in range(1, 20):
        linker.update(found.in_frame(frame), frame_number=frame)
    with pytest.raises(ConstraintError, match=r"must_link\(0, \d+\) and must_link.*: two detections of frame 20"):
        linker.update(found.in_frame(20), frame_number=20)
    assert linker.frame == 19


@pytest.mark.parametrize("wrong", [3, "must_link(0, 1)", must_link(-1, 4), must_link(2, 2)])
def test_only_constraints_are_accepted(wrong: object) -> None:
    with pytest.raises(
        ConstraintError, match=r"expected must_link|there is no detection -1|both rows are the same detection"
    ):
        RowConstraints([wrong])  # type: ignore[list-item]


def test_a_constraint_outlives_its_detection_in_the_window() -> None:
    """The first detection was final in track 5 and is dropped; a later one must be in track 5, another one cannot."""
    constraints = RowConstraints([must_link(0, 3), cannot_link(0, 2)])
    constraints.add(np.array([1, 1], np.int32), np.array([0, 1]))
    constraints.remember(np.array([5, 6], np.int32))
    constraints.forget(1)
    constraints.add(np.array([9, 9], np.int32), np.array([0, 1]))
    held = np.array([5, 0, 0], np.int32)
    groups = constraints.groups(np.array([1, 9, 9], np.int32), held)
    assert groups.group[0] == groups.group[2] != groups.group[1]
    assert groups.apart.tolist() == [[groups.group[2], groups.group[1]]]
    assert constraints.demanded_tracks(held).tolist() == [0, 0, 5]


def test_one_call_takes_rows_of_the_detections(judge: Any, tmp_path: Path) -> None:
    scene = crossing(frame_count=60)
    scene.write_sequence(tmp_path / "Crossing")
    detections, fast = scene.detections(), tracker.load_parameters("fast", ["gaps.smooth=false"])
    result = tracker.track(tmp_path / "Crossing", None, detections, fast)
    begin, end = (row_of(result.tracks, result.detections, 1, place) for place in (0, -1))
    parted = tracker.track(tmp_path / "Crossing", None, detections, fast, constraints=[tracker.cannot_link(begin, end)])
    assert judge.holds(cannot_link(begin, end), parted.tracks, detections)
    same = tracker.track(tmp_path / "Crossing", None, detections, fast, constraints=[tracker.must_link(begin, end)])
    assert same.tracks.to_mot_text() == result.tracks.to_mot_text()
