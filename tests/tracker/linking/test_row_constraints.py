"""Tracks under constraints: whatever is demanded without contradiction holds at the end, at one level and at two."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siamlink import tracker
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.constraints import Constraint, cannot_link, group_detections, must_link
from siamlink.detectors.base.errors import ConfigError, ConstraintError
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, occlusion, street
from siamlink.tracker.linking.linker import ScoredPairs, link_detections, link_scored, score_pairs
from siamlink.tracker.parameters import TrackerParameters
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


@pytest.fixture(scope="module")
def scored(found: Detections, shipped: Matcher) -> ScoredPairs:
    return score_pairs(found, 30, shipped, TWO, Stopwatch())


def identity(tracks: Tracks, detections: Detections, row: int) -> int:
    """The track of a detection, 0 for none."""
    same = (tracks.frame == detections.frame[row]) & (tracks.box == detections.box[row]).all(axis=1)
    return int(tracks.track_id[same & ~tracks.interpolated].max(initial=0))


def holds(constraint: Constraint, tracks: Tracks, detections: Detections) -> bool:
    a, b = (identity(tracks, detections, row) for row in (constraint.a, constraint.b))
    return 0 < a == b if constraint.together else a != b or a == 0


@pytest.mark.parametrize("parameters", [ONE, TWO], ids=["one level", "two levels"])
@settings(max_examples=25)
@given(drawn=st.data())
def test_what_is_demanded_holds(
    scored: ScoredPairs, shipped: Matcher, parameters: TrackerParameters, drawn: st.DataObject
) -> None:
    detections = scored.detections
    row = st.integers(0, len(detections) - 1)
    constraints = [
        kind(a, b)
        for a, b, kind in drawn.draw(
            st.lists(st.tuples(row, row, st.sampled_from([must_link, cannot_link])), max_size=6)
        )
    ]
    try:
        groups = group_detections(detections.frame, constraints)
    except ConstraintError:
        assume(False)
    tracks = link_scored(replace(scored, groups=groups), VideoInfo(30, 40), shipped, parameters, Stopwatch())
    assert [each.origin for each in constraints if not holds(each, tracks, detections)] == []
    pairs = np.column_stack([tracks.frame, tracks.track_id])
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert np.unique(tracks.track_id).tolist() == list(range(1, tracks.count + 1))


def row_of(tracks: Tracks, detections: Detections, number: int, place: int) -> int:
    """The first, or other, detection of a track."""
    own = tracks[(tracks.track_id == number) & ~tracks.interpolated]
    (row,) = np.flatnonzero((detections.frame == own.frame[place]) & (detections.box == own.box[place]).all(axis=1))
    return int(row)


def test_who_was_hidden_for_longer_than_any_link_comes_back_as_the_same(shipped: Matcher, score: Callable) -> None:
    scene = occlusion()
    detections = scene.detections()
    tracks = link_detections(detections, 30, shipped, ONE)
    assert (tracks.count, score(scene.truth(), tracks).IDSW) == (2, 1)
    constraint = must_link(row_of(tracks, detections, 1, 5), row_of(tracks, detections, 2, -5))
    corrected = link_detections(detections, 30, shipped, ONE, constraints=[constraint])
    assert (corrected.count, score(scene.truth(), corrected).IDSW) == (1, 0)
    assert corrected.frame.tolist() == list(range(corrected.frame[0], 121)), "what lay between is filled in"


@pytest.mark.parametrize("parameters", [ONE, TWO], ids=["one level", "two levels"])
def test_who_is_not_the_same_gets_another_id(shipped: Matcher, parameters: TrackerParameters) -> None:
    detections = crossing().detections()
    tracks = link_detections(detections, 30, shipped, parameters)
    begin, end = (row_of(tracks, detections, 1, place) for place in (40, -40))
    corrected = link_detections(detections, 30, shipped, parameters, constraints=[cannot_link(begin, end)])
    assert tracks.count == 2
    assert 0 < identity(corrected, detections, begin) != identity(corrected, detections, end) > 0
    other_begin, other_end = (row_of(tracks, detections, 2, place) for place in (40, -40))
    swap = [must_link(begin, other_end), must_link(other_begin, end)]
    swapped = link_detections(detections, 30, shipped, parameters, constraints=swap)
    assert swapped.count == 2
    assert identity(swapped, detections, begin) != identity(swapped, detections, end)


def test_a_track_is_kept_however_short_and_unlikely_for_the_sake_of_its_detections(shipped: Matcher) -> None:
    detections = crossing().detections(false_rate=3.0)
    for parameters in (ONE, TWO):
        strict = parameters.model_copy(update={"min_detections": 1000})
        assert link_detections(detections, 30, shipped, strict).count == 0
        alone = np.flatnonzero(detections.score < np.quantile(detections.score, 0.1))
        a, b = alone[0], alone[detections.frame[alone] > detections.frame[alone[0]]][0]
        tracks = link_detections(detections, 30, shipped, strict, constraints=[must_link(a, b)])
        assert tracks.count == 1
        assert identity(tracks, detections, a) == identity(tracks, detections, b) == 1


@pytest.mark.parametrize("kind", [must_link, cannot_link])
def test_a_detection_that_is_named_is_not_suppressed(shipped: Matcher, kind: Callable) -> None:
    once = crossing().detections()
    worse = Detections(once.frame, once.box + 1, once.score - 0.5, once.label)
    both = Detections.concatenate([once, worse])
    first, last = (np.flatnonzero(both.score < once.score.min())[place] for place in (0, -1))
    plain = score_pairs(both, 30, shipped, TWO, Stopwatch())
    named = score_pairs(both, 30, shipped, TWO, Stopwatch(), constraints=[kind(first, last)])
    assert plain.detections.score.min() >= once.score.min()
    assert len(named.detections) == len(plain.detections) + 2
    assert (named.detections.box[named.groups.named] == both.box[[first, last]]).all()


def test_contradictions_are_named(shipped: Matcher, found: Detections) -> None:
    with pytest.raises(ConstraintError, match=r"must_link\(0, 9\) and cannot_link\(9, 0\): two detections must"):
        link_detections(found, 30, shipped, TWO, constraints=[must_link(0, 9), cannot_link(9, 0)])


@pytest.mark.parametrize(
    ("settings_", "chosen"), [({"mode": "online"}, "online"), ({"solver": "hungarian"}, "hungarian")]
)
def test_only_the_exact_solver_obeys(tmp_path: Path, settings_: dict[str, str], chosen: str) -> None:
    crossing(frame_count=10).write_sequence(tmp_path / "Crossing")
    opened = open_input(tmp_path / "Crossing", Detections.empty(), constraints=[must_link(0, 1)])
    with pytest.raises(ConfigError, match=f"constraints need mode offline and solver lp, not {chosen}"):
        track_input(opened, TrackingOptions(TrackerParameters(**settings_)))


def test_one_call_takes_rows_of_the_detections(tmp_path: Path) -> None:
    scene = crossing(frame_count=60)
    scene.write_sequence(tmp_path / "Crossing")
    detections, fast = scene.detections(), tracker.load_parameters("fast", ["gaps.smooth=false"])
    result = tracker.track(tmp_path / "Crossing", None, detections, fast)
    begin, end = (row_of(result.tracks, result.detections, 1, place) for place in (0, -1))
    parted = tracker.track(tmp_path / "Crossing", None, detections, fast, constraints=[tracker.cannot_link(begin, end)])
    assert holds(cannot_link(begin, end), parted.tracks, detections)
    same = tracker.track(tmp_path / "Crossing", None, detections, fast, constraints=[tracker.must_link(begin, end)])
    assert same.tracks.to_mot_text() == result.tracks.to_mot_text()
