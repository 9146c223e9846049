"""Each word of the corrections, in what it makes of three walkers, offline and in mode windowed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.detections import Detections
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections, read_corrections
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.track import track_input

FRAMES, ROWS = 40, (100, 300, 500)
"""How many frames there are, and the tops of the three walkers."""
MATCHINGS = {
    "calibrated": {"matching": "calibrated"},
    "learned": {"matching": "learned"},
    "learned, one level": {"matching": "learned", "levels": 1},
}
MODES = {
    f"{mode} {name}": TrackerParameters(mode=mode, **matching, latency_seconds=0.5, gaps={"smooth": False})
    for mode in ("offline", "windowed")
    for name, matching in MATCHINGS.items()
}
Track = Callable[..., TrackingResult]


def walkers() -> Detections:
    """Three walkers side by side; the second is not detected from frame 20 to 23, the last ends with frame 30."""
    boxes = [
        (frame, 100 + 4 * frame, top, 0.9 - 0.1 * row)
        for frame in range(1, FRAMES + 1)
        for row, top in enumerate(ROWS)
        if not (row == 1 and 20 <= frame <= 23) and not (row == 2 and frame > 30)
    ]
    frame, left, top, score = np.array(boxes).T
    return Detections(frame, np.column_stack([left, top, left + 50, top + 120]), score, np.zeros(len(frame)))


def ids(result: TrackingResult, top: int, interpolated: bool = False) -> dict[int, int]:
    """The id of a walker by frame."""
    tracks = result.tracks
    own = np.abs(tracks.box[:, 1] - top) < 50
    own &= interpolated | ~tracks.interpolated
    return dict(zip(tracks.frame[own].tolist(), tracks.track_id[own].tolist(), strict=True))


@pytest.fixture(scope="module")
def linked() -> Callable[..., TrackingResult]:
    """Tracks detections; the models are loaded once."""
    matcher = TrackerParameters().load_matcher()

    def link(mode: str, detections: Detections, known: Corrections | tuple[()] = ()) -> TrackingResult:
        source = TrackingInput("walk", 30.0, FRAMES, None, detections, True, known=known)
        return track_input(source, TrackingOptions(MODES[mode], matcher=matcher))

    return link


@pytest.fixture(scope="module", params=sorted(MODES))
def earlier(request: pytest.FixtureRequest, linked: Callable[..., TrackingResult]) -> tuple[str, TrackingResult]:
    """A mode, and the tracks of the walkers in it."""
    result = linked(request.param, walkers())
    assert [ids(result, top)[8] for top in ROWS] == [1, 2, 3]
    assert result.counts.tracks == 3
    return request.param, result


@pytest.fixture
def retrack(earlier: tuple[str, TrackingResult], linked: Callable[..., TrackingResult], tmp_path: Path) -> Track:
    """Tracks the walkers again with lines that correct their tracks, with other detections if these are given."""
    mode, result = earlier
    result.save(tmp_path)

    def tracked(*lines: str, detections: Detections | None = None) -> TrackingResult:
        path = tmp_path / "fix.txt"
        path.write_text("\n".join(["tracks walk.txt", *lines]))
        return linked(mode, walkers() if detections is None else detections, read_corrections(path))

    return tracked


def test_swap_exchanges_two_identities_from_a_frame_on(retrack: Track) -> None:
    result = retrack("swap 15 1 2")
    first, second, third = (ids(result, top) for top in ROWS)
    assert {frame: first[frame] for frame in first} == {f: 1 if f < 15 else 2 for f in range(1, FRAMES + 1)}
    assert {frame: second[frame] for frame in second} == {f: 2 if f < 15 else 1 for f in second}
    assert set(third.values()) == {3}
    assert result.counts.tracks == 3


def test_two_swaps_end_as_they_began(retrack: Track) -> None:
    result = retrack("swap 10 1 2", "swap 30 1 2")
    first = ids(result, ROWS[0])
    assert first == {frame: 2 if 10 <= frame < 30 else 1 for frame in range(1, FRAMES + 1)}


def test_a_swap_with_a_track_that_ended_begins_a_new_one(retrack: Track) -> None:
    result = retrack("swap 35 1 3")
    first, third = ids(result, ROWS[0]), ids(result, ROWS[2])
    assert {number for frame, number in first.items() if frame >= 35} == {3}
    assert set(third.values()) == {3}
    assert {number for frame, number in first.items() if frame < 35} == {1}


def test_a_swap_with_a_track_that_is_nowhere_near_is_a_split(retrack: Track) -> None:
    first = ids(retrack("swap 32 1 3", "swap 36 1 3"), ROWS[0])
    parts = [{first[frame] for frame in frames} for frames in (range(10, 32), range(32, 36), range(36, 39))]
    assert all(len(part) == 1 for part in parts)
    assert parts[:2] == [{1}, {3}]
    assert parts[2] != {3}


def test_split_begins_a_new_identity(retrack: Track) -> None:
    result = retrack("split 12 1", "split 40 1")
    first = ids(result, ROWS[0])
    parts = [{first[frame] for frame in frames} for frames in (range(1, 12), range(12, 40), range(40, 41))]
    assert all(len(part) == 1 for part in parts)
    assert len(set.union(*parts)) == 3
    assert len(first) == FRAMES


def test_merge_joins_two_tracks(
    earlier: tuple[str, TrackingResult], linked: Callable[..., TrackingResult], tmp_path: Path
) -> None:
    """The first walker is somewhere else from frame 20 on, after three frames without him."""
    found = walkers()
    first = found.box[:, 1] == ROWS[0]
    box = found.box + np.where(first & (found.frame >= 20), 900, 0)[:, None] * [1, 0, 1, 0]
    jumping = Detections(found.frame, box, found.score, found.label)[~first | (abs(found.frame - 18) > 1)]
    mode, path = earlier[0], tmp_path / "fix.txt"
    apart = linked(mode, jumping)
    one, other = (ids(apart, ROWS[0])[frame] for frame in (16, 30))
    assert one != other
    apart.save(tmp_path)
    path.write_text(f"tracks walk.txt\nmerge {other} {one}\n")
    assert set(ids(linked(mode, jumping, read_corrections(path)), ROWS[0]).values()) == {1}


def test_a_false_track_is_left_out(retrack: Track) -> None:
    result = retrack("false 1")
    assert ids(result, ROWS[0], interpolated=True) == {}
    assert result.counts.tracks == 2
    assert result.counts.left_out["correction"] == FRAMES
    assert result.counts.detections == len(walkers())
    assert result.frame_count == FRAMES


def test_false_boxes_are_left_out(retrack: Track) -> None:
    result = retrack("false 1 3 5", "false 30 3")
    assert {*range(10, 29)} <= set(ids(result, ROWS[2], interpolated=True)) <= {*range(6, 30)}
    assert 1 <= result.counts.left_out["correction"] <= 6


@pytest.mark.parametrize("mode", [mode for mode in MODES if "learned" in mode])
def test_duplicates_of_false_boxes_are_left_out(
    linked: Callable[..., TrackingResult], tmp_path: Path, mode: str
) -> None:
    """Else the detector's second box of the same would take its place."""
    found = walkers()
    double = Detections(found.frame, found.box + 5, found.score - 0.25, found.label)
    both = Detections.concatenate([found, double])
    linked(mode, both).save(tmp_path)
    path = tmp_path / "fix.txt"
    path.write_text("tracks walk.txt\nfalse 10 3 30\n")
    result = linked(mode, both, read_corrections(path))
    assert max(ids(result, ROWS[2], interpolated=True), default=0) < 10
    assert result.counts.left_out["correction"] == 2 * 21
    assert result.counts.detections == len(both)


def test_true_keeps_a_box_that_would_be_none(retrack: Track, tmp_path: Path) -> None:
    alone = Detections([10], [[1500.0, 100, 1550, 220]], [0.35], [0])
    detections = Detections.concatenate([walkers(), alone])
    assert not (retrack(detections=detections).tracks.box[:, 0] > 1000).any()
    (tmp_path / "lost.txt").write_text("10,8,1500,100,50,120,0.35,-1,-1,-1\n")
    result = retrack("tracks lost.txt", "true 10 8", detections=detections)
    assert result.counts.tracks == 4
    kept = result.tracks[result.tracks.box[:, 0] > 1000]
    assert kept.frame.tolist() == [10]


CONTRADICTIONS = [
    (["swap 15 1 2", "must 14 1 15 1"], "line 2 and line 3: two detections of frame 1 would be in one track"),
    (["split 15 1", "must 3 1 30 1"], "line 2 and line 3: two detections must, and cannot, be in one track"),
    (["split 15 1", "tracks parts.txt", "merge 9 1"], "line 2 and line 4: two detections must, and cannot, be in"),
    (["must 3 1 4 1", "false 4 1"], "line 2 and line 3: a box is in a track, and a false alarm"),
    (["false 1", "true 4 1"], "line 3 and line 2: a box is in a track, and a false alarm"),
    (["split 15 1", "false 1 1 14"], "id 1 was not detected before frame 15"),
]


@pytest.mark.parametrize(("lines", "message"), CONTRADICTIONS)
def test_lines_that_contradict_each_other_are_named(
    retrack: Track, tmp_path: Path, lines: list[str], message: str
) -> None:
    rows = [line.split(",") for line in (tmp_path / "walk.txt").read_text().splitlines()]
    parts = [[f, "9" if i == "1" and int(f) >= 15 else i, *rest] for f, i, *rest in rows]
    (tmp_path / "parts.txt").write_text("".join(",".join(row) + "\n" for row in parts))
    with pytest.raises(FormatError, match=message):
        retrack(*lines)


def test_a_track_may_be_corrected_twice(retrack: Track) -> None:
    """A line cuts the tracks that it names, so that another one speaks only of its own part."""
    result = retrack("swap 10 1 2", "split 30 2", "cannot 34 1 35 1", "cannot 35 1 36 1", "must 34 1 36 1")
    first, second = ids(result, ROWS[0]), ids(result, ROWS[1])
    assert {first[frame] for frame in range(10, 35)} == {2}
    assert first[36] == 2
    assert first.get(35) != 2
    assert {second[frame] for frame in (*range(10, 20), *range(24, 30))} == {1}
    assert len({second[frame] for frame in range(30, 41)} - {1, 2}) == 1


def test_the_record_counts_the_lines_by_their_word(retrack: Track, tmp_path: Path) -> None:
    retrack("swap 10 1 2", "false 3", "false 5 2", "true 7 1")
    path = tmp_path / "fix.txt"
    record = {"file": str(path), "must": 0, "cannot": 0, "swap": 1, "false": 2, "true": 1}
    assert read_corrections(path).record() == record
