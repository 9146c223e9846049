"""The list to work through: least sure links, crossings, tracks that begin or end inside the picture."""

from collections.abc import Callable
from typing import Any

import numpy as np

from siamlink.tools.report.review import MOST_OF_A_KIND, review
from siamlink.tools.report.track_rows import TrackRows
from siamlink.tracker.tracks import Tracks

Make = Callable[..., Tracks]


def listed(
    tracks: Tracks, appearance: Any = None, last: int = 100, rate: float | None = 10.0, loss: Any = None
) -> list[dict[str, Any]]:
    """The entries of the list, for a picture of 640 x 480."""
    rows = TrackRows(tracks)
    start = rows.links.start
    unknown = np.full(len(start), np.nan)
    similarity, losses = (unknown if each is None else np.array(each, float) for each in (appearance, loss))
    items, _ = review(rows, rows.probability[start], losses, similarity, (1, last), (640, 480), rate)
    return [item.entry() for item in items]


def of_kind(entries: list[dict[str, Any]], kind: str) -> list[tuple[int, int | None, list[int]]]:
    return [(each["frame"], each["until"], each["tracks"]) for each in entries if each["kind"] == kind]


def test_the_least_sure_link_comes_first(tracks_on: Make) -> None:
    path = [(1, 0, 50), (2, 0, 50), (3, 0, 50), (6, 0, 50)]
    tracks = tracks_on({3: path, 9: path}, link_probability=[0.9, 0.4, 0.2, np.nan, 0.5, np.nan, 0.1, np.nan])
    entries = [each for each in listed(tracks) if each["kind"] == "link"]
    assert [(each["tracks"], each["link"], each["frame"], each["until"]) for each in entries] == [
        ([9], 5, 3, 6),
        ([3], 2, 3, 6),
        ([3], 1, 2, 3),
    ]
    assert entries[0]["text"] == (
        "Track 9 is linked from frame 3 to 6 over 2 frames without detection with probability 0.10."
    )


def test_links_without_which_others_are_nearly_as_likely_follow(tracks_on: Make) -> None:
    path = [(1, 0, 50), (2, 0, 50), (3, 0, 50), (4, 0, 50)]
    tracks = tracks_on({3: path}, link_probability=[0.9, 0.4, 0.99, np.nan])
    entries = [each for each in listed(tracks, loss=[0.3, 0.1, 0.02]) if each["kind"] == "link"]
    assert [each["link"] for each in entries] == [1, 2, 0]
    assert entries[1]["text"] == (
        "Track 3 is linked from frame 3 to 4; without this link, other tracks are nearly as likely (loss 0.02)."
    )


def crossing(turned_back: bool) -> dict[int, list[tuple[int, float, float]]]:
    """Two tracks that meet in the middle: each goes on, or turns back there as if they were exchanged."""
    first = [(frame, 300.0 + 5 * (frame - 20), 240.0) for frame in range(1, 41)]
    second = [(frame, 300.0 - 5 * (frame - 20), 243.0) for frame in range(1, 41)]
    if turned_back:
        first[20:], second[20:] = second[20:], first[20:]
    return {1: first, 2: second}


def test_tracks_that_turn_back_where_they_meet_may_be_exchanged(tracks_on: Make) -> None:
    assert of_kind(listed(tracks_on(crossing(turned_back=False))), "crossing") == []
    ((first, last, tracks),) = of_kind(listed(tracks_on(crossing(turned_back=True))), "crossing")
    assert tracks == [1, 2]
    assert first < 20 <= last < 24


def test_a_crossing_is_the_same_at_any_frame_rate_and_size(tracks_on: Make) -> None:
    paths = crossing(turned_back=True)
    larger = {number: [(f, 4 * x, 4 * y) for f, x, y in path] for number, path in paths.items()}
    entries = listed(tracks_on(larger, side=80), rate=None)
    assert len(of_kind(entries, "crossing")) == 1


def test_an_unusual_change_of_appearance_is_listed_once(tracks_on: Make) -> None:
    tracks = tracks_on({4: [(frame, 0.0, 50.0) for frame in range(1, 302)]})
    similar = [0.9, 0.88, 0.91, 0.9, 0.89] * 60
    assert of_kind(listed(tracks, similar), "appearance") == []
    similar[16], similar[17] = 0.31, 0.3
    assert of_kind(listed(tracks, similar), "appearance") == [(18, 19, [4])]
    unknown = similar[:18] + [np.nan] * 282
    assert of_kind(listed(tracks, unknown), "appearance") == [], "too few are known to say what is usual"


def test_tracks_that_end_at_the_border_or_with_the_video_are_not_suspicious(tracks_on: Make) -> None:
    leaving = [(frame, 640.0 - 8 * (30 - frame), 240.0) for frame in range(1, 31)]
    to_the_end = [(frame, 200.0, 240.0) for frame in range(1, 101)]
    stops = [(frame, 400.0, 100.0) for frame in range(1, 31)]
    late = [(frame, 100.0, 400.0) for frame in range(50, 101)]
    entries = listed(tracks_on({1: leaving, 2: to_the_end, 3: stops, 4: late}))
    assert of_kind(entries, "ends_inside") == [(30, None, [3])]
    assert of_kind(entries, "begins_inside") == [(50, None, [4])]


def test_an_end_and_the_beginning_near_it_are_one_entry(tracks_on: Make) -> None:
    before = [(frame, 300.0, 200.0) for frame in range(1, 31)]
    after = [(frame, 315.0, 200.0) for frame in range(38, 101)]
    elsewhere = [(frame, 500.0, 300.0) for frame in range(33, 101)]
    entries = listed(tracks_on({1: before, 2: after, 3: elsewhere}))
    assert of_kind(entries, "ends_inside") == [(30, 38, [1, 2])]
    assert of_kind(entries, "begins_inside") == [(33, None, [3])]


def test_of_many_only_the_first_are_listed_and_a_note_says_so(tracks_on: Make) -> None:
    count = MOST_OF_A_KIND + 3
    tracks = tracks_on({1: [(frame, 0.0, 50.0) for frame in range(1, count + 2)]}, link_probability=[0.1] * (count + 1))
    rows = TrackRows(tracks)
    unknown = np.full(count, np.nan)
    items, notes = review(rows, np.full(count, 0.1), unknown, unknown, (1, 500), None, None)
    assert sum(item.kind == "link" for item in items) == MOST_OF_A_KIND
    assert notes == [f"the list has the first {MOST_OF_A_KIND} of {count} least sure links"]
