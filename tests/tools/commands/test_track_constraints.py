"""The command `siamlink track` with corrections of earlier tracks."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Make = Callable[..., Path]
OPTIONS = ("--no-video", "--config", "fast", "--set", "gaps.smooth=false")
WALK = ("track", "walk.mp4", "--detector", "mine.py:Walkers", *OPTIONS)


@pytest.fixture
def earlier(siamlink: Run) -> Path:
    """Tracks of the two walkers."""
    assert siamlink(*WALK, "-o", "earlier").code == 0
    return Path("earlier/walk.txt")


def ids(path: str | Path, frame: int) -> dict[str, str]:
    """The id by the top of the box, which tells the walkers apart."""
    rows = [line.split(",") for line in Path(path).read_text().splitlines()]
    return {row[3]: row[1] for row in rows if row[0] == str(frame)}


def test_a_person_corrects_tracks(siamlink: Run, earlier: Path) -> None:
    before = earlier.read_bytes()
    one, other = ids(earlier, 6).values()
    Path("fix.txt").write_text(f"tracks {earlier}\nmust 6 {one} 18 {other}  # they swapped\nmust 6 {other} 18 {one}\n")
    result = siamlink(*WALK, "-o", "out", "--constraints", "fix.txt")
    assert (result.code, result.err) == (0, "")
    assert ids(earlier, 6) == ids(earlier, 18)
    begin, end = ids("out/walk.txt", 6), ids("out/walk.txt", 18)
    assert [begin[top] for top in begin] == [end[top] for top in reversed(begin)]
    record = json.loads(Path("out/walk.json").read_text())
    assert record["constraints"] == {"file": "fix.txt", "must": 2, "cannot": 0}
    assert json.loads(Path("earlier/walk.json").read_text())["constraints"] is None
    assert earlier.read_bytes() == before


def test_corrections_that_are_fulfilled_change_nothing(siamlink: Run, earlier: Path, sequence: Make) -> None:
    one, other = ids(earlier, 6).values()
    Path("fix.txt").write_text(f"tracks earlier/walk.txt\nmust 6 {one} 18 {one}\ncannot 6 {one} 18 {other}\n")
    assert siamlink(*WALK, "-o", "out", "--constraints", "fix.txt").code == 0
    assert Path("out/walk.txt").read_bytes() == earlier.read_bytes()


def test_false_alarms_are_left_out_of_the_tracks_and_counted(siamlink: Run, earlier: Path) -> None:
    one, other = ids(earlier, 6).values()
    Path("fix.txt").write_text(f"tracks earlier/walk.txt\nfalse {one}\ntrue 6 {other}\n")
    result = siamlink(*WALK, "-o", "out", "--constraints", "fix.txt")
    assert (result.code, result.err) == (0, "")
    assert list(ids("out/walk.txt", 6)) == list(ids(earlier, 6))[1:]
    record, before = (json.loads(Path(path).read_text()) for path in ("out/walk.json", "earlier/walk.json"))
    boxes = [line.split(",") for line in earlier.read_text().splitlines()]
    false = sum(row[1] == one and row[9] == "-1" for row in boxes)
    assert record["constraints"] == {"file": "fix.txt", "must": 0, "cannot": 0, "false": 1, "true": 1}
    assert record["counts"]["left_out"]["correction"] == false
    assert record["counts"]["detections"] == before["counts"]["detections"]
    assert record["counts"]["tracks"] == 1
    assert record["input"]["frames"] == before["input"]["frames"]


def test_an_interpolated_box_is_an_error_before_anything_is_detected(siamlink: Run, earlier: Path) -> None:
    rows = [line.split(",") for line in earlier.read_text().splitlines()]
    marked = [[*row[:9], "1" if row[:2] == ["8", "1"] else row[9]] for row in rows]
    earlier.write_text("".join(",".join(row) + "\n" for row in marked))
    Path("fix.txt").write_text("tracks earlier/walk.txt\nfalse 8 1\n")
    result = siamlink("track", "walk.mp4", "--detector", "none.py:None", "-o", "out", "--constraints", "fix.txt")
    where = "it was detected in frames 7 and 9"
    message = f"siamlink: fix.txt, line 2: id 1 was not detected in frame 8 but interpolated there; {where}"
    assert (result.code, result.line) == (2, message)


BAD_OPTIONS = [
    (("--mode", "online"), "siamlink: constraints need mode offline or windowed and solver lp, not mode online"),
    (
        ("--solver", "hungarian"),
        "siamlink: constraints need mode offline or windowed and solver lp, not solver hungarian",
    ),
    (("--constraints", "none.txt"), "siamlink: cannot read none.txt: No such file or directory"),
    (("-o", "earlier", "--overwrite"), "siamlink: earlier/walk.txt is the input and is not replaced; write somewhere"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_impossible_constraints_are_an_error_before_the_work(
    siamlink: Run, earlier: Path, options: tuple[str, ...], message: str
) -> None:
    before = earlier.read_bytes()
    Path("fix.txt").write_text("tracks earlier/walk.txt\nmust 6 1 18 1\n")
    result = siamlink(*WALK, "-o", "out", "--constraints", "fix.txt", *options)
    assert (result.code, result.out) == (2, "")
    assert result.line.startswith(message)
    assert not Path("out").exists()
    assert earlier.read_bytes() == before


def test_corrections_belong_to_one_source(siamlink: Run, earlier: Path) -> None:
    Path("again.mp4").write_bytes(Path("walk.mp4").read_bytes())
    result = siamlink(*WALK, "again.mp4", "-o", "out", "--constraints", "fix.txt")
    assert (result.code, result.line) == (2, "siamlink: --constraints fix.txt belongs to one source, but 2 are given")


BAD_LINES = [
    ("must 6 1 18 7", "siamlink: fix.txt, line 2: there is no id 7 in earlier/walk.txt"),
    ("must 6 1 99 1", "siamlink: fix.txt, line 2: id 1 is not in frame 99 of earlier/walk.txt; it is in frame 24"),
    ("must 6 1 6 2", "siamlink: {walk}fix.txt: line 2: two detections of frame 6 would be in one track"),
    (
        "must 6 1 18 1\nmust 18 1 20 1\nmust 9 2 10 2\ncannot 20 1 6 1",
        "siamlink: {walk}fix.txt: line 2, line 3 and line 5: two detections must, and cannot, be in one track",
    ),
]


@pytest.mark.parametrize("given", [True, False], ids=["detections given", "detector"])
@pytest.mark.parametrize(("lines", "message"), BAD_LINES)
def test_a_line_that_cannot_be_is_named(siamlink: Run, earlier: Path, lines: str, message: str, given: bool) -> None:
    """At once where the detections are there already, else when they have been found."""
    Path("fix.txt").write_text(f"tracks earlier/walk.txt\n{lines}\n")
    scores = itertools.cycle((0.9, 0.8))
    found = [f"{line[: line.index(',1,-1')]},{next(scores)}\n" for line in Path("det.txt").read_text().splitlines()]
    Path("found.txt").write_text("".join(found))
    options = ("track", "walk.mp4", *OPTIONS, "--detections", "found.txt") if given else WALK
    result = siamlink(*options, "-o", "out", "--constraints", "fix.txt")
    assert (result.code, result.out) == (2, "")
    assert result.line.startswith(message.format(walk="" if given else "walk: "))
    assert not Path("out").exists()
