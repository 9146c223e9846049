"""The commands `siamlink segment` and `siamlink join`, as the jobs of a cluster run them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
OPTIONS = ("--detector", "blobs.py:Blobs", "--set", "matching=learned")
FOLDER = Path("out/.east.segments")


@pytest.mark.usefixtures("street")
def test_detect_describe_and_join(interruptible: Run) -> None:
    assert interruptible("track", "east.mp4", "-o", "whole", "--no-video", *OPTIONS).code == 0
    whole = Path("whole/east.txt").read_bytes()
    join = ("join", "east.mp4", "-o", "out", "--no-video", "--overwrite", *OPTIONS)
    for text in ("is detected; not yet: 2/3, 3/3", "is detected; not yet: 3/3", "is described"):
        number = 3 - text.count("/3")
        done = interruptible("segment", "east.mp4", f"{number}/3", "-o", "out", *OPTIONS)
        assert (done.code, done.err) == (0, "")
        assert text in done.out
    done = interruptible(*join)
    assert done.code == 2
    assert "siamlink: east: there is no segment 1/3, 2/3; run 'siamlink segment east.mp4 K/3 -o out'" in done.err
    for number in (1, 2, 3):
        done = interruptible("segment", "east.mp4", f"{number}/3", "-o", "out", *OPTIONS)
        assert done.out == f"segment {number}/3 of east is described; when all are: run siamlink join\n"
    times = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    assert interruptible("segment", "east.mp4", "2/3", "-o", "out", *OPTIONS).code == 0
    assert {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == times, "nothing was done again"
    assert interruptible(*join).code == 0
    assert Path("out/east.txt").read_bytes() == whole
    for path in FOLDER.glob("appearance-*"):
        path.unlink()
    assert interruptible(*join).code == 0, "the appearance is described by join"
    assert Path("out/east.txt").read_bytes() == whole


@pytest.mark.usefixtures("street")
def test_without_appearance_one_step_is_enough(interruptible: Run) -> None:
    options = ("--detector", "blobs.py:Blobs", "--config", "fast")
    for number in (2, 1):
        done = interruptible("segment", "east.mp4", f"{number}/2", "-o", "out", *options)
    assert done.out == "segment 1/2 of east is detected, all are: run siamlink join\n"
    assert interruptible("join", "east.mp4", "-o", "out", "--no-video", *options).code == 0
    assert interruptible("track", "east.mp4", "-o", "whole", "--no-video", *options).code == 0
    assert Path("out/east.txt").read_bytes() == Path("whole/east.txt").read_bytes()
