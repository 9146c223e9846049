"""Crossings of lines and visits to zones, against tracks that were made by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError
from siamlink.tracker.summary.geometry import (
    Line,
    Zone,
    anchor_points,
    crossings,
    inside,
    parse_line,
    parse_zone,
)

GATE = Line("gate", (100, 200), (300, 200))
IN, OUT = True, False


@pytest.mark.parametrize(
    ("corners", "crosses"),
    [
        ([(0, 0), (9, 0), (9, 9), (0, 9)], False),
        ([(0, 0), (9, 9), (9, 0), (0, 9)], True),
        ([(0, 0), (9, 0), (0, 9), (9, 9)], True),
        ([(0, 0), (9, 0), (4, 9)], False),
        ([(0, 0), (9, 0), (9, 9), (5, 2), (0, 9)], False),
        ([(0, 0), (9, 0), (9, 9), (5, 0), (0, 9)], False),
        ([(0, 0), (9, 0), (9, 9), (5, -2), (0, 9)], True),
    ],
    ids=["square", "corners out of order", "bow", "triangle", "dent", "touch", "dent across a side"],
)
def test_a_zone_knows_whether_its_sides_cross(corners, crosses) -> None:
    assert Zone("z", tuple(corners)).crosses_itself is crosses


def crossed(*places: tuple[float, float], line: Line = GATE, margin: float = 0) -> list[tuple[int, bool]]:
    return [tuple(each) for each in crossings(np.array(places, float).reshape(-1, 2), line, margin)]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(200, 190), (200, 210)], [(1, IN)]),
        ([(200, 210), (200, 190)], [(1, OUT)]),
        ([(200, 190), (200, 195), (200, 205), (200, 195)], [(2, IN), (3, OUT)]),
        ([], []),
        ([(200, 190)], []),
    ],
    ids=["in", "out", "in and out", "no places", "one place"],
)
def test_who_gets_to_the_other_side_has_crossed_the_line(places, expected) -> None:
    assert crossed(*places) == expected


@pytest.mark.parametrize(
    "places",
    [
        [(200, 190), (200, 200), (200, 190)],
        [(150, 190), (160, 200), (180, 200), (200, 200), (210, 190)],
        [(100, 190), (100, 200), (100, 190)],
    ],
    ids=["a touch", "along the line", "a touch of its end"],
)
def test_who_touches_the_line_and_returns_has_not_crossed_it(places) -> None:
    assert crossed(*places) == []


def test_who_stops_on_the_line_crosses_it_when_leaving_on_the_other_side() -> None:
    assert crossed((200, 190), (200, 200), (210, 200), (210, 210)) == [(3, IN)]
    assert crossed((200, 210), (200, 200), (200, 200), (200, 190)) == [(3, OUT)]


@pytest.mark.parametrize("end", [(200, 190), (200, 210)])
def test_who_starts_or_ends_on_the_line_has_not_crossed_it(end) -> None:
    assert crossed((200, 200), end) == []
    assert crossed((200, 200), (210, 200), end) == []
    assert crossed(end, (200, 200)) == []


def test_only_the_line_between_its_points_counts() -> None:
    assert crossed((50, 190), (50, 210)) == []
    assert crossed((310, 190), (310, 210), (200, 190)) == [(2, OUT)], "around its end and back through it"
    assert crossed((100, 190), (100, 210)) == [(1, IN)], "its first point belongs to it"
    assert crossed((300, 190), (300, 210)) == [(1, IN)], "so does its last"
    assert crossed((90, 190), (120, 210)) == [(1, IN)], "the path meets the line at x = 105"
    assert crossed((80, 190), (110, 210)) == [], "and here at x = 95, beside it"


def test_who_slides_along_the_extension_into_the_line_crosses_where_he_leaves_it() -> None:
    assert crossed((50, 190), (50, 200), (150, 200), (150, 210)) == [(3, IN)]
    assert crossed((150, 190), (150, 200), (50, 200), (50, 210)) == []


def test_a_grazing_path_crosses_as_often_as_it_changes_sides() -> None:
    places = [(110 + 10 * step, 200 + (1 if step % 2 else -1)) for step in range(6)]
    assert crossed(*places) == [(1, IN), (2, OUT), (3, IN), (4, OUT), (5, IN)]
    assert crossed(*places, margin=2) == []
    assert crossed((100, 190), *places, (200, 210), margin=2) == [(7, IN)]


def test_fast_objects_cross_between_two_frames_and_slanted_lines_have_sides_too() -> None:
    assert crossed((200, 0), (200, 5000)) == [(1, IN)]
    up = Line("up", (0, 100), (0, 0))
    assert crossed((-5, 50), (5, 50), line=up) == [(1, IN)], "upwards, the right side is the right of the picture"
    slanted = Line("slanted", (0, 0), (100, 100))
    assert crossed((60, 40), (40, 60), line=slanted) == [(1, IN)]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 2)), max_size=12))
def test_crossings_alternate_on_an_endless_line_and_their_balance_is_the_change_of_sides(places) -> None:
    found = crossed(*places, line=Line("endless", (-100, 0), (100, 0)))
    directions = [inwards for _, inwards in found]
    assert all(one != other for one, other in pairwise(directions))
    sides = [y for _, y in places if y]
    change = (sides[-1] > 0) - (sides[0] > 0) if sides else 0
    assert sum(directions) - sum(not each for each in directions) == change


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 2)), max_size=12))
def test_the_way_back_crosses_the_same_line_as_often_in_the_other_direction(places) -> None:
    line = Line("short", (2, 0), (4, 0))
    steps = [(x + 0.5, y) for x, y in places if y]  # no step ends on the line
    there, back = crossed(*steps, line=line), crossed(*steps[::-1], line=line)
    assert [inwards for _, inwards in there] == [not inwards for _, inwards in back[::-1]]


YARD = Zone("yard", ((0, 0), (10, 0), (10, 10), (0, 10)))


def test_a_zone_has_its_edges_and_corners() -> None:
    points = [(5, 5), (0, 5), (10, 5), (5, 0), (5, 10), (0, 0), (10, 10), (-1, 5), (11, 5), (5, -1), (5, 11), (-1, 10)]
    assert inside(np.array(points, float), YARD).tolist() == [True] * 7 + [False] * 5
    assert inside(np.zeros((0, 2)), YARD).tolist() == []


@pytest.mark.parametrize("turn", [1, -1])
def test_zones_may_be_of_any_shape_in_either_order(turn) -> None:
    arrow = Zone("arrow", ((0, 0), (10, 5), (0, 10), (4, 5))[::turn])
    points = np.array([(5, 5), (3, 5), (1, 1), (9, 5), (2, 8)], float)
    assert inside(points, arrow).tolist() == [True, False, True, True, True]
    bow = Zone("bow", ((0, 0), (10, 10), (10, 0), (0, 10))[::turn])
    assert inside(np.array([(9, 5), (1, 5), (5, 1), (5, 9), (5, 5)], float), bow).tolist() == [
        *(True, True, False, False, True)
    ]


def test_the_anchor_is_where_a_person_stands_or_the_centre() -> None:
    box = np.array([[10, 20, 30, 80]], np.float32)
    assert anchor_points(box, "bottom").tolist() == [[20, 80]]
    assert anchor_points(box, "centre").tolist() == [[20, 50]]


def test_lines_and_zones_from_text() -> None:
    assert parse_line("100,200,300,200", 1) == Line("line 1", (100, 200), (300, 200))
    assert parse_line("main gate = 100, 2e2,300,-200.5", 1) == Line("main gate", (100, 200), (300, -200.5))
    assert parse_zone("yard=0,0,10,0,10,10,0,10", 2) == YARD
    assert parse_zone("0,0,10,0,10,10", 2).name == "zone 2"


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_line, "1,2,3", r"a line is \[NAME=\]X1,Y1,X2,Y2 in pixels, not '1,2,3'"),
        (parse_line, "1,2,3,4,5,6", "a line is"),
        (parse_line, "gate", "a line is"),
        (parse_line, "", "a line is"),
        (parse_line, "1,2,3,x", "a line is"),
        (parse_line, "=1,2,3,4", "no printable name"),
        (parse_line, "a\nb=1,2,3,4", "no printable name"),
        (parse_line, "1,2,1,2", "line 'line 1' needs two different points"),
        (parse_line, "1,2,nan,2", "a coordinate that is not finite"),
        (parse_zone, "1,2,3,4", "a zone is .* three corners or more"),
        (parse_zone, "1,2,3,4,5", "a zone is"),
        (parse_zone, "0,0,5,5,10,10", "no area: its corners are on one line"),
        (parse_zone, "0,0,5,5,0,0,5,5", "three different corners"),
        (parse_zone, "yard=0,0,5,inf,7,7", "zone 'yard' has a coordinate that is not finite"),
    ],
)
def test_what_is_no_line_or_zone_is_named(parse, text, message) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(text, 1)
