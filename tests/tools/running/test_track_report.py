"""`siamlink track --report`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_each_source_has_a_report_with_its_ground_truth(siamlink: Run, sequence: Callable[..., Path]) -> None:
    folder = sequence("east")
    asked = ("track", folder, "-o", "out", "--no-video", "--report", "--set", "appearance=none")
    assert siamlink(*asked).code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["east.html", "east.json", "east.txt"]
    text = Path("out/east.html").read_text()
    assert "<title>east - siamlink report</title>" in text
    assert '"IDSW":0' in text
    assert re.search('"source":"data:video/mp4', text)
    again = siamlink(*asked)
    assert (again.code, "exists; --overwrite replaces it" in again.err) == (2, True)


def test_online_tracks_have_a_report_that_says_what_is_missing(siamlink: Run, here: Path) -> None:
    asked = ("track", "walk.mp4", "-o", "out", "--no-video", "--report", "--mode", "online", "--detections", "det.txt")
    assert siamlink(*asked).code == 0
    assert "the links are not explained: this needs mode offline, not online" in Path("out/walk.html").read_text()


@pytest.mark.slow
def test_several_at_once_have_reports(siamlink: Run, sequence: Callable[..., Path]) -> None:
    folders = [sequence("east"), sequence("west")]
    asked = ("--no-video", "--report", "--set", "appearance=none", "--jobs", 2)
    assert siamlink("track", *folders, "-o", "out", *asked).code == 0
    assert len(list(Path("out").glob("*.html"))) == 2


def test_where_there_is_nothing_to_read_again_the_report_is_refused(siamlink: Run, here: Path) -> None:
    printed = siamlink("track", "walk.mp4", "-o", "-", "--report", "--detections", "det.txt")
    assert (printed.code, printed.line) == (
        2,
        "siamlink: -o - prints the tracks of one source after the other: it excludes --report",
    )
