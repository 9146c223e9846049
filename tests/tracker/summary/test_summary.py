"""Summaries of tracks that were made by hand."""

import json
import math

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.summary.geometry import Line, Zone
from siamlink.tracker.summary.summary import summarise
from siamlink.tracker.table import csv_text
from siamlink.tracker.tracks import Tracks

RATE = 10.0
NAMES = ClassNames({0: "person", 2: "car"})
GATE = Line("gate", (0, 150), (400, 150))
YARD = Zone("yard", ((0, 140), (400, 140), (400, 400), (0, 400)))


def walk(track_id: int, feet: list[tuple[float, float]], first: int = 1, **columns: object) -> Tracks:
    """A track with boxes of 20 x 40 pixels above places of the feet, in consecutive frames."""
    count = len(feet)
    box = [[x - 10, y - 40, x + 10, y] for x, y in feet]
    standard = {
        "frame": np.arange(first, first + count),
        "score": np.full(count, 0.5),
        "label": np.zeros(count),
        "interpolated": np.zeros(count, bool),
    }
    return Tracks(box=box, track_id=np.full(count, track_id), **{**standard, **columns})


@pytest.fixture
def tracks() -> Tracks:
    down = walk(1, [(100, 100 + 10 * step) for step in range(11)])
    still = walk(
        7,
        [(300, 150)] * 4,
        first=6,
        label=[2, 2, 0, 2],
        score=[0.9, 0.8, 0.7, 0.1],
        interpolated=[False, False, False, True],
    )
    return Tracks.concatenate([down, still])


def test_each_track_in_numbers(tracks) -> None:
    down, still = summarise(tracks, RATE, NAMES).tracks
    assert (down.track_id, down.class_name, down.first_frame, down.last_frame, down.boxes) == (1, "person", 1, 11, 11)
    assert (down.first_time, down.last_time, down.seconds) == (0.0, 1.0, 1.1)
    assert (down.path_pixels, down.speed_pixels, down.speed_heights) == (100, 100, 2.5)
    assert (still.track_id, still.class_id, still.class_name) == (7, 2, "car")
    assert (still.interpolated_share, still.path_pixels, still.speed_pixels, still.speed_heights) == (0.25, 0, 0, 0)
    assert still.mean_score == pytest.approx(0.8), "of its detections alone"
    assert (still.first_time, still.seconds) == (0.5, 0.4)


def test_classes_are_counted(tracks) -> None:
    third = walk(8, [(50, 50)] * 2, first=30)
    classes = summarise(Tracks.concatenate([tracks, third]), RATE, NAMES).classes
    assert [(each.class_name, each.tracks, each.boxes, each.most_at_once) for each in classes] == [
        ("person", 2, 13, 1),
        ("car", 1, 4, 1),
    ]


def test_crossings_have_direction_frame_and_time(tracks) -> None:
    up = walk(3, [(200, 160), (200, 140), (200, 160)], first=5)
    summary = summarise(Tracks.concatenate([tracks, up]), RATE, NAMES, lines=[GATE])
    assert [(each.track_id, each.direction, each.frame, each.time) for each in summary.crossings] == [
        (3, "out", 6, 0.5),
        (1, "in", 7, 0.6),
        (3, "in", 7, 0.6),
    ]
    assert summary.line_counts("gate") == (2, 1)
    assert summarise(tracks, RATE, lines=["gate=0,150,400,150"]).line_counts("gate") == (1, 0)
    assert {each.class_name for each in summary.crossings} == {"person"}
    assert repr(summary) == "Summary(3 tracks: 2 person, 1 car; gate: 2 in, 1 out)"


def test_the_margin_and_the_anchor_change_what_crosses(tracks) -> None:
    assert summarise(tracks, RATE, lines=[GATE], margin=60).line_counts("gate") == (0, 0)
    (crossing,) = summarise(tracks, RATE, lines=[GATE], anchor="centre").crossings
    assert crossing.frame == 9, "its centre is 20 pixels above its feet, and at 150 in frame 8"


def test_visits_say_how_long_and_whether_the_track_came_in_and_went_out(tracks) -> None:
    through = walk(3, [(200, 130), (200, 140), (200, 145), (200, 130), (200, 150)], first=5)
    summary = summarise(Tracks.concatenate([tracks, through]), RATE, NAMES, zones=[YARD])
    assert [
        (each.track_id, each.first_frame, each.last_frame, each.seconds, each.entered, each.left)
        for each in summary.visits
    ] == [
        (1, 5, 11, 0.7, True, False),
        (3, 6, 7, 0.2, True, True),
        (7, 6, 9, 0.4, False, False),
        (3, 9, 9, 0.1, True, False),
    ]
    assert summary.columns()["yard seconds"].tolist() == [0.7, pytest.approx(0.3), 0.4]


def test_frames_without_a_box_count_as_time_and_as_a_straight_path() -> None:
    gap = walk(1, [(100, 100), (100, 180)], frame=[1, 5])
    summary = summarise(gap, RATE, lines=[GATE], zones=[YARD])
    (track,) = summary.tracks
    assert (track.seconds, track.path_pixels, track.speed_pixels, track.boxes) == (0.5, 80, 200, 2)
    assert [(each.direction, each.frame) for each in summary.crossings] == [("in", 5)]
    assert [(each.first_frame, each.seconds) for each in summary.visits] == [(5, 0.1)]


def test_without_a_frame_rate_there_are_no_times(tracks) -> None:
    summary = summarise(tracks, None, None, [GATE], [YARD])
    track = summary.tracks[0]
    assert (track.first_time, track.last_time, track.seconds, track.speed_pixels, track.speed_heights) == (None,) * 5
    assert track.path_pixels == 100
    assert track.class_name == ""
    assert (summary.crossings[0].time, summary.visits[0].seconds) == (None, None)
    assert math.isnan(summary.columns()["yard seconds"][0])
    assert json.loads(json.dumps(summary.to_dict()))["visits"][0]["seconds"] is None


def test_a_single_box_has_no_speed_and_no_tracks_have_no_rows() -> None:
    (track,) = summarise(walk(1, [(5, 50)]), RATE).tracks
    assert (track.seconds, track.path_pixels, track.speed_pixels) == (0.1, 0, None)
    nothing = summarise(Tracks.empty(), RATE, NAMES, [GATE], [YARD])
    assert (nothing.tracks, nothing.classes, nothing.crossings, nothing.visits) == ((), (), (), ())
    assert csv_text(nothing.columns()).startswith("track_id,class_id,class_name,first_frame,")
    assert repr(nothing) == "Summary(0 tracks; gate: 0 in, 0 out)"


def test_a_class_that_is_not_known_is_not_shown() -> None:
    one = walk(7, [(100, 100)] * 2)
    assert repr(summarise(one)) == "Summary(1 track)"
    assert repr(summarise(one, class_names=ClassNames({0: "hen"}))) == "Summary(1 track: 1 hen)"


def test_the_table_and_the_json_hold_all_of_it(tracks) -> None:
    summary = summarise(tracks, RATE, NAMES, [GATE], [YARD])
    lines = csv_text(summary.columns()).splitlines()
    assert lines[0] == (
        "track_id,class_id,class_name,first_frame,last_frame,first_time,last_time,seconds,boxes,interpolated_share,"
        "mean_score,path_pixels,speed_pixels,speed_heights,gate in,gate out,yard seconds"
    )
    assert lines[1] == "1,0,person,1,11,0.0000,1.0000,1.1,11,0,0.5,100,100,2.5,1,0,0.7"
    record = json.loads(json.dumps(summary.to_dict()))
    assert set(record) == {"frame_rate", "tracks", "classes", "lines", "crossings", "zones", "visits"}
    assert record["lines"] == [{"name": "gate", "start": [0, 150], "end": [400, 150], "in": 1, "out": 0}]
    assert record["crossings"][0]["time"] == 0.6
    assert len(record["visits"]) == 2


def test_notebooks_show_a_table_whose_text_is_escaped(tracks) -> None:
    names = ClassNames({0: "<script>alert(1)</script>", 2: "car"})
    html = summarise(tracks, RATE, names)._repr_html_()
    assert html.count("<tr>") == 3
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    many = Tracks.concatenate([walk(each, [(5, 50)]) for each in range(1, 31)])
    assert summarise(many).columns()["track_id"].tolist() == list(range(1, 31))
    assert "and 10 more" in summarise(many)._repr_html_()


def test_a_line_alone_needs_no_list(tracks) -> None:
    for one in ("gate=0,150,400,150", Line("gate", (0, 150), (400, 150))):
        assert summarise(tracks, RATE, lines=one).line_counts("gate") == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lines": [GATE, GATE]}, "two lines or zones are called 'gate'"),
        ({"anchor": "feet"}, "the anchor is bottom or centre, not 'feet'"),
        ({"margin": -1}, "the margin is a number of pixels from 0 up"),
        ({"margin": float("nan")}, "the margin is"),
        ({"lines": ["gate=1,2,3"]}, "a line is"),
        ({"lines": "1,2,3"}, "a line is .* not '1,2,3'"),
        ({"lines": [(0, 150, 400, 150)]}, r"a line is a text or a Line, not tuple \(0, 150, 400, 150\)"),
        ({"zones": 5}, "a zone is a text or a Zone, not int 5"),
        ({"frame_rate": 0}, "frame rate must be a number above 0"),
    ],
)
def test_what_cannot_be_asked_for_is_named(tracks, arguments, message) -> None:
    with pytest.raises(ConfigError, match=message):
        summarise(tracks, **arguments)
