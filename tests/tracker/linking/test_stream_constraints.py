"""Constraints on a stream while it is tracked: on detections whose frames are not final, and on final tracks."""

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import cannot_link
from siamlink.detectors.base.errors import ConfigError, ConstraintError
from siamlink.tracker.linking.row_constraints import RowConstraints
from siamlink.tracker.linking.trackers import WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

MATCHINGS = {"learned": {"levels": 2}, "one level": {"matching": "learned", "levels": 1}, "calibrated": {}}
Rows = list[list[float]]


def rows(frame: int, *tops: float) -> Rows:
    """Walkers side by side, all to the right."""
    jitter = np.random.default_rng(frame).normal(0, 0.5, len(tops))
    return [
        [100 + 3 * frame, top + j, 150 + 3 * frame, top + j + 120, 0.9] for top, j in zip(tops, jitter, strict=True)
    ]


def windowed(matching: str, matcher: Matcher | None = None, **settings: object) -> WindowedTracker:
    """A tracker whose tracks are final after half a second, of 30 frames a second."""
    values = {"matching": matching, **MATCHINGS.get(matching, {}), "latency_seconds": 0.5, **settings}
    parameters = TrackerParameters(**values, gaps={"smooth": False})
    return WindowedTracker(30, parameters, None if matching == "calibrated" else matcher)


def feed(tracker: WindowedTracker, first: int, last: int, *tops: float) -> list[Tracks]:
    return [tracker.update(rows(frame, *tops), frame_number=frame) for frame in range(first, last + 1)]


def id_of(parts: list[Tracks], frame: int, row: int) -> int:
    """The id of a detection; 0 if it is in no track."""
    tracks = Tracks.concatenate(parts)
    return int(tracks.track_id[(tracks.frame == frame) & (tracks.row == row)].sum())


@pytest.fixture(params=sorted(MATCHINGS))
def begun(request: pytest.FixtureRequest, matcher: Matcher) -> tuple[WindowedTracker, list[Tracks]]:
    """A tracker that has seen two walkers for 60 frames, of which the first 45 at least are final."""
    tracker = windowed(request.param, matcher)
    parts = feed(tracker, 1, 60, 100, 400)
    assert 45 <= tracker.final_frame < 60
    assert (id_of(parts, 40, 0), id_of(parts, 40, 1)) == (1, 2)
    return tracker, parts


def ended(begun: tuple[WindowedTracker, list[Tracks]]) -> list[Tracks]:
    """All tracks, after 30 frames more; the final ones have not changed."""
    tracker, parts = begun
    parts = [*parts, *feed(tracker, 61, 90, 100, 400), tracker.finish()]
    assert (id_of(parts, 40, 0), id_of(parts, 40, 1)) == (1, 2)
    return parts


def test_without_constraints_nothing_changes(begun: tuple[WindowedTracker, list[Tracks]]) -> None:
    parts = ended(begun)
    assert (id_of(parts, 60, 0), id_of(parts, 60, 1)) == (1, 2)


def test_a_detection_belongs_to_a_track(begun: tuple[WindowedTracker, list[Tracks]]) -> None:
    begun[0].must((60, 0), 2)
    parts = ended(begun)
    assert id_of(parts, 60, 0) == id_of(parts, 85, 0) == 2
    assert id_of(parts, 60, 1) != 2


def test_a_detection_does_not_belong_to_a_track(begun: tuple[WindowedTracker, list[Tracks]]) -> None:
    begun[0].cannot((60, 0), 1)
    parts = ended(begun)
    assert id_of(parts, 60, 0) > 2
    assert id_of(parts, 60, 1) == 2


def test_two_detections_that_are_not_final(begun: tuple[WindowedTracker, list[Tracks]]) -> None:
    begun[0].must((58, 0), (60, 1))
    begun[0].cannot((60, 1), (60, 0))
    parts = ended(begun)
    assert id_of(parts, 58, 0) == id_of(parts, 60, 1) > 0


def test_a_track_that_has_left_the_window_goes_on(matcher: Matcher) -> None:
    """The first walker disappears; 100 frames later somebody comes, and it is him."""
    tracker = windowed("one level", matcher)
    parts = [*feed(tracker, 1, 40, 100, 400), *feed(tracker, 41, 140, 400), *feed(tracker, 141, 150, 400, 700)]
    tracker.must((150, 1), 1)
    parts += [*feed(tracker, 151, 180, 400, 700), tracker.finish()]
    assert id_of(parts, 150, 1) == id_of(parts, 170, 1) == 1
    assert id_of(parts, 150, 0) == 2


def test_what_must_be_apart_stays_so_when_the_first_detection_has_left_the_window() -> None:
    """Detections 0 and 1 are final in track 1; 0 has left, so 2 must be kept apart from 1."""
    known = RowConstraints([cannot_link(0, 2)])
    known.add(np.array([1, 2], np.int32), np.arange(2))
    known.remember(np.array([1, 1], np.int32))
    known.forget(1)
    known.add(np.array([3], np.int32), np.arange(1))
    groups = known.groups(np.array([2, 3], np.int32), np.array([1, 0], np.int32))
    assert {tuple(sorted(pair)) for pair in groups.apart.tolist()} == {tuple(sorted(groups.group.tolist()))}


REFUSED = [
    (((40, 0), 2), "frame 40 is final and does not change; name the track of the box by its id"),
    (((60, 0), (40, 1)), "frame 40 is final and does not change; name the track of the box by its id"),
    (((60, 2), 1), "frame 60 has 2 detections, and none has the row 2"),
    (((61, 0), 1), "there are no detections of frame 61"),
    (((60, 0), 3), "no track with final boxes has the id 3"),
    (((60, 0), (60, 0)), r"must\(\(60, 0\), \(60, 0\)\): both are the same"),
    (((60, 0), (60, 1)), r"must\(\(60, 0\), \(60, 1\)\): two detections of frame 60 would be in one track"),
    (((60, 0, 1), 1), r"expected \(frame, row\) or the id of a track, not \(60, 0, 1\)"),
]


def test_what_cannot_be_is_refused_and_changes_nothing(matcher: Matcher) -> None:
    tracker = windowed("one level", matcher)
    parts = feed(tracker, 1, 60, 100, 400)
    for arguments, message in REFUSED:
        with pytest.raises(ConstraintError, match=message):
            tracker.must(*arguments)
    tracker.must((60, 0), 1)
    with pytest.raises(ConstraintError, match=r"must\(\(60, 0\), 1\) and cannot\(\(60, 0\), 1\): two "):
        tracker.cannot((60, 0), 1)
    assert id_of(ended((tracker, parts)), 60, 0) == 1


def test_a_detection_that_was_suppressed_is_refused(matcher: Matcher) -> None:
    tracker = windowed("one level", matcher)
    tracker.update([*rows(1, 100, 400), *rows(1, 101)])
    with pytest.raises(ConstraintError, match="a detection was dropped, as a better one shows the same"):
        tracker.must((1, 2), (1, 1))


def test_matching_is_chosen_by_the_video_and_frames_are_those_of_the_caller() -> None:
    tracker = WindowedTracker(30, TrackerParameters(latency_seconds=0.5, appearance="none"))
    parts = [tracker.update(rows(k, 100, 400), frame_number=10 * k, timestamp=k / 30) for k in range(1, 61)]
    tracker.must((600, 0), 2)
    parts += [tracker.update(rows(k, 100, 400), frame_number=10 * k, timestamp=k / 30) for k in range(61, 80)]
    assert id_of([*parts, tracker.finish()], 600, 0) == 2


def test_only_the_exact_solver_obeys() -> None:
    tracker = WindowedTracker(30, TrackerParameters(solver="hungarian"))
    tracker.update(rows(1, 100, 400))
    with pytest.raises(ConfigError, match="constraints need mode offline or windowed and solver lp, not solver"):
        tracker.must((1, 0), (1, 1))
