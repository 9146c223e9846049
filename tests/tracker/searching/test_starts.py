"""Where walks begin."""

import numpy as np
import pytest

from siamlink.tracker.searching.starts import MOST_KNOWN, cut_off, known_starts, open_ends
from siamlink.tracker.tracks import Tracks

RATE, SIZE = 10.0, (400, 200)


def moving(frames: list[int], speed: float = 3.0, track_id: int = 1, interpolated: tuple[int, ...] = ()) -> Tracks:
    """A track that moves to the right, by so many pixels a frame."""
    left = speed * np.array(frames, float)
    count = len(frames)
    return Tracks(
        frame=np.array(frames, np.int32),
        box=np.column_stack([left, np.full(count, 10.0), left + 20, np.full(count, 60.0)]).astype(np.float32),
        score=np.ones(count, np.float32),
        label=np.zeros(count, np.int16),
        track_id=np.full(count, track_id, np.int32),
        interpolated=np.isin(frames, interpolated),
    )


def test_both_ends_of_a_track_are_open_with_the_speed_away_from_it():
    backwards, forwards = open_ends(moving([*range(20, 41)]), RATE, 100, SIZE)
    assert (backwards.frame, backwards.direction, backwards.frames) == (20, -1, 10)
    assert (forwards.frame, forwards.direction, forwards.frames) == (40, 1, 10)
    assert backwards.speed == pytest.approx([-3, 0])
    assert forwards.speed == pytest.approx([3, 0])
    assert forwards.box.tolist() == [120, 10, 140, 60]
    assert forwards.others is None


def test_no_walk_leaves_the_video_or_is_longer_than_its_track():
    assert [(each.frame, each.frames) for each in open_ends(moving([*range(1, 21)]), RATE, 23, SIZE)] == [(20, 3)]
    assert [each.frames for each in open_ends(moving([30, 31, 32]), RATE, 100, SIZE)] == [2, 2]
    assert open_ends(moving([30]), RATE, 100, SIZE) == []


def test_extrapolated_boxes_are_no_ends():
    tracks = moving([*range(20, 44)], interpolated=(41, 42, 43))
    assert [each.frame for each in open_ends(tracks, RATE, 100, SIZE)] == [20, 40]


def test_known_walks_lead_through_detections_in_both_directions():
    starts = known_starts(moving([*range(1, 31)]), RATE, SIZE)
    assert len(starts) == MOST_KNOWN
    assert {each.direction for each in starts} == {1, -1}
    for each in starts:
        assert each.others == frozenset()
        assert 1 <= each.frame + each.direction * each.frames <= 30
        assert each.speed[0] * each.direction >= 0
    assert known_starts(moving([*range(1, 9)]), RATE, SIZE) == []


def test_no_known_walk_leads_through_a_gap():
    gap = tuple(range(12, 40))
    starts = known_starts(moving([*range(1, 52)], interpolated=gap), RATE, SIZE)
    for each in starts:
        reached = range(
            min(each.frame, each.frame + each.direction * 10), max(each.frame, each.frame + each.direction * 10)
        )
        assert len({*reached} - {*gap}) >= 5


def test_tracks_elsewhere_in_the_first_frame_certainly_show_other_objects():
    own, beside, same = (
        moving([*range(1, 31)]),
        moving([*range(1, 16)], track_id=2),
        moving([*range(1, 31)], track_id=3),
    )
    apart = beside.with_box(beside.box + 100)
    starts = known_starts(Tracks.concatenate([own, apart, same]), RATE, SIZE)
    for each in (each for each in starts if each.track_id == 1):
        assert each.others == ({2} if each.frame <= 15 else frozenset())


def test_a_box_that_ends_within_a_twentieth_of_its_side_of_the_border_is_cut_off():
    whole = [1.01, 2.51, 20, 49]  # a twentieth of the sides is 1 and 2.5 pixels
    boxes = np.array([whole, whole, whole, whole, whole], np.float32)
    boxes[1, [0, 2]] = 0.9, 19.9
    boxes[2, [1, 3]] = 2.4, 51.9
    boxes[3, [0, 2]] = 380.1, 399.1
    boxes[4, [1, 3]] = 147.6, 197.6
    assert cut_off(boxes, SIZE).tolist() == [False, True, True, True, True]


def test_no_walk_begins_where_the_border_cuts_off_the_object():
    """A track that comes in at the left and leaves at the right; the strips at its ends are no templates."""
    track = moving([*range(1, 41)], speed=10)
    leaving = track.with_box(np.clip(track.box - [25, 0, 25, 0], 0, [365, 200, 365, 200]).astype(np.float32))
    assert [each.direction for each in open_ends(leaving[2:-2], RATE, 60, (365, 200))] == [-1]
    assert [each.direction for each in open_ends(leaving[2:-2], RATE, 60, (400, 200))] == [-1, 1]
    assert open_ends(leaving[1:-2], RATE, 60, (365, 200)) == []


def test_no_known_walk_begins_at_the_border():
    track = moving([*range(1, 31)])
    at_the_bottom = track.with_box(track.box + np.array([0, 140, 0, 140], np.float32))
    assert known_starts(at_the_bottom, RATE, SIZE) == []
    assert len(known_starts(at_the_bottom, RATE, (400, 203))) == MOST_KNOWN
