"""Corrections take from the record of the earlier tracks what is not given again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
FIRST = ("track", "walk.mp4", "--detector", "mine.py:Walkers", "--no-video", "--config", "fast", "--confidence", "0.1")
NO_SOURCE = "siamlink: give a SOURCE, or --constraints for tracks that have the record of their run beside them"


@pytest.fixture
def earlier(siamlink: Run) -> Path:
    """Tracks of the two walkers in mode windowed, and a correction that takes one of them away."""
    options = "--mode", "windowed", "--set", "gaps.smooth=false", "--frame-rate", "10"
    assert siamlink(*FIRST, *options, "-o", "earlier").code == 0
    Path("fix.txt").write_text("tracks earlier/walk.txt\ncannot 6 1 18 2\n")
    return Path("earlier/walk.txt")


def record(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(path).read_text())
    return content


@pytest.mark.parametrize("source", [(), ("walk.mp4",)])
def test_what_is_not_given_is_as_in_the_earlier_run(siamlink: Run, earlier: Path, source: tuple[str, ...]) -> None:
    result = siamlink("track", *source, "-o", "out", "--no-video", "--constraints", "fix.txt")
    assert (result.code, result.err) == (0, "")
    assert Path("out/walk.txt").read_bytes() == earlier.read_bytes()
    before, after = record("earlier/walk.json"), record("out/walk.json")
    for part in ("config", "detector", "input"):
        assert after[part] == before[part]


def test_a_given_option_that_differs_is_said_in_one_line(siamlink: Run, earlier: Path) -> None:
    given = "--mode", "offline", "--set", "gaps.interpolate=false", "--frame-rate", "12", "--confidence", "0.2"
    result = siamlink("track", "walk.mp4", "-o", "out", "--no-video", "--constraints", "fix.txt", *given)
    changed = "mode=offline, gaps.interpolate=False, confidence=0.2, frame_rate=12"
    assert (result.code, result.err) == (0, f"note: other than earlier/walk.json says: {changed}\n")
    after = record("out/walk.json")
    assert (after["config"]["mode"], after["config"]["gaps"]["smooth"], after["input"]["frame_rate"]) == (
        "offline",
        False,
        12,
    )


def test_a_configuration_replaces_all_settings(siamlink: Run, earlier: Path) -> None:
    result = siamlink("track", "-o", "out", "--no-video", "--constraints", "fix.txt", "--config", "fast")
    assert result.err == "note: other than earlier/walk.json says: mode=offline, gaps.smooth=True\n"


def test_a_file_of_detections_is_found_by_the_record(siamlink: Run, earlier: Path) -> None:
    assert siamlink("track", "walk.mp4", "--detections", "det.txt", "--no-video", "-o", "given").code == 0
    Path("fix.txt").write_text("tracks given/walk.txt\ntrue 6 1\n")
    result = siamlink("track", "-o", "out", "--no-video", "--constraints", "fix.txt")
    assert (result.code, result.err) == (0, "")
    assert record("out/walk.json")["input"]["detections"] == "det.txt"
    Path("det.txt").rename("moved.txt")
    result = siamlink("track", "-o", "again", "--no-video", "--constraints", "fix.txt")
    where = "neither from this folder nor from given"
    assert result.code == 2
    assert result.line == f"siamlink: det.txt of given/walk.json is not there, {where}: give --detections"
    options = "--detections", "moved.txt"
    result = siamlink("track", "-o", "again", "--no-video", "--constraints", "fix.txt", *options)
    assert (result.code, result.err) == (0, "note: other than given/walk.json says: detections=moved.txt\n")


def test_without_constraints_a_source_is_needed(siamlink: Run) -> None:
    result = siamlink("track", "-o", "out")
    assert (result.code, result.line) == (2, NO_SOURCE)


def test_without_a_record_all_options_are_needed(siamlink: Run, earlier: Path) -> None:
    Path("earlier/walk.json").unlink()
    result = siamlink("track", "-o", "out", "--constraints", "fix.txt")
    needed = "siamlink: give a SOURCE, as fix.txt names no tracks with their record beside them"
    assert (result.code, result.line) == (2, needed)
    result = siamlink(*FIRST, "--frame-rate", "10", "-o", "out", "--constraints", "fix.txt")
    assert (result.code, result.err) == (0, "")


def test_a_source_that_is_gone_must_be_given(siamlink: Run, earlier: Path) -> None:
    Path("walk.mp4").rename("walker.mp4")
    result = siamlink("track", "-o", "out", "--constraints", "fix.txt")
    where = "neither from this folder nor from earlier"
    assert result.code == 2
    assert result.line == f"siamlink: walk.mp4 of earlier/walk.json is not there, {where}: give a SOURCE"
