"""Constraints from earlier to corrected identities: none where nothing changed, and enough where something did."""

import numpy as np

from siamlink.detectors.detections import Detections
from siamlink.tools.importing.constraints import Matched, constraints_text, keep_apart, match
from siamlink.tracker.tracks import Tracks

FRAMES = np.repeat(np.arange(1, 7), 2)
"""Two boxes a frame."""


def boxes() -> Detections:
    left = np.tile([0, 100], 6) + FRAMES
    corner = np.column_stack([left, 0 * left])
    return Detections(FRAMES, np.hstack([corner, corner + [30, 60]]), np.ones(12), np.zeros(12))


def named(matched: Matched) -> list[tuple[str, int, int, int, int]]:
    frame, earlier = matched.boxes.frame.tolist(), matched.earlier.tolist()
    return [(kind, frame[a], earlier[a], frame[b], earlier[b]) for kind, a, b in matched.lines]


def test_what_is_as_before_needs_no_constraint() -> None:
    ids = np.tile([1, 2], 6)
    assert Matched(boxes(), ids, ids + 10).lines == []
    assert Matched(boxes(), ids, np.zeros(12, np.int64)).lines == []


def test_a_swap_is_two_joins_two_splits_and_what_stays_together() -> None:
    earlier = np.tile([1, 2], 6)
    corrected = np.where(FRAMES < 4, earlier, 3 - earlier)
    lines = named(Matched(boxes(), earlier, corrected))
    assert [line[1] for line in lines] == sorted(line[1] for line in lines)
    assert sorted(lines, key=lambda line: (line[1], line[2], line[0])) == [
        ("must", 1, 1, 3, 1),
        ("must", 1, 2, 3, 2),
        ("cannot", 3, 1, 4, 1),
        ("must", 3, 1, 4, 2),
        ("cannot", 3, 2, 4, 2),
        ("must", 3, 2, 4, 1),
        ("must", 4, 1, 6, 1),
        ("must", 4, 2, 6, 2),
    ]


def test_two_tracks_of_one_object_are_joined_and_one_of_two_is_split() -> None:
    earlier = np.where(np.tile([1, 2], 6) == 1, np.where(FRAMES < 4, 1, 3), 2)
    joined = np.tile([1, 2], 6)
    assert ("must", 3, 1, 4, 3) in named(Matched(boxes(), earlier, joined))
    assert [line for line in named(Matched(boxes(), joined, earlier)) if line[0] == "cannot"] == [
        ("cannot", 3, 1, 4, 1)
    ]


def test_boxes_belong_to_the_corrected_track_that_overlaps_them_best() -> None:
    found = boxes()
    moved = found.box + np.array([3, 0, 3, 0], np.float32)
    tracks = Tracks(FRAMES, moved, np.ones(12), np.zeros(12), np.tile([5, 6], 6), np.zeros(12, bool))
    matched = match(found, np.arange(1, 13), tracks[tracks.frame > 1])
    assert matched.corrected.tolist() == [-1, -1, *[5, 6] * 5]
    kinds = [line[0] for line in matched.lines]
    assert kinds == ["must"] * 8


def test_tracks_that_follow_one_another_soon_are_kept_apart() -> None:
    corrected = np.where(np.tile([1, 2], 6) == 1, np.where(FRAMES < 4, 1, 3), 2)
    lines = keep_apart(Matched(boxes(), np.arange(1, 13), corrected), frame_rate=1.0)
    assert lines == [("cannot", 4, 6)]
    text = constraints_text("a.txt", FRAMES, corrected, lines)
    assert text == "tracks a.txt\ncannot 3 1 4 3\n"
