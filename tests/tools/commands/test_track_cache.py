"""With --cache, frames are detected and described once; the results are those of a run without it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase, RecordStore

Run = Callable[..., Any]
SEES = ("--detector", "mine.py:Sees", "--no-video")
LAST = 24
"""The number of the last frame of the walkers."""


def detected() -> int:
    """In how many frames the detector was run."""
    return len(Path("looked.txt").read_text()) if Path("looked.txt").exists() else 0


def tracks(folder: str, name: str = "walk") -> bytes:
    return Path(folder, f"{name}.txt").read_bytes()


def fill(folder: Path, names: str, size: int) -> None:
    """Add entries of about this size; the first one is the oldest."""
    import numpy as np

    for name in names:
        with RecordDatabase(folder) as database:
            RecordStore(database, {"frames": name}, name).add(1, {"box": np.zeros(size, np.uint8)})


@pytest.mark.slow
def test_another_solver_setting_detects_nothing_again(siamlink: Run) -> None:
    windowed = ("--mode", "windowed")
    assert siamlink("track", "walk.mp4", "-o", "plain", *SEES, *windowed).code == 0
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, *windowed, "--cache", "cached").code == 0
    assert (detected(), tracks("first")) == (2 * LAST, tracks("plain"))
    for number, options in enumerate([windowed, ("--solver", "hungarian"), ("--mode", "online")]):
        done = siamlink("track", "walk.mp4", "-o", f"again{number}", *SEES, *options, "--cache", "cached")
        assert done.code == 0
        assert "walk: from the cache: detections of 24 frames" in done.err
        record = json.loads(Path(f"again{number}", "walk.json").read_text())
        assert record["counts"]["tracks"] == 2
        assert record["seconds"].keys().isdisjoint({"decode", "detect"})
    assert tracks("again0") == tracks("plain")
    assert detected() == 2 * LAST


@pytest.mark.slow
def test_records_belong_to_the_content_of_the_video(siamlink: Run, here: Path) -> None:
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, "--cache", "cached").code == 0
    (here / "walk.mp4").rename(here / "moved.mp4")
    assert siamlink("track", "moved.mp4", "-o", "out", *SEES, "--cache", "cached").code == 0
    assert detected() == LAST
    assert tracks("out", "moved") == tracks("first")
    (here / "moved.mp4").write_bytes((here / "moved.mp4").read_bytes() + b"\0")
    assert siamlink("track", "moved.mp4", "-o", "out", *SEES, "--cache", "cached", "--overwrite").code == 0
    assert detected() == 2 * LAST


def test_a_video_that_breaks_off_is_reported_each_time(siamlink: Run, here: Path, walk_bytes: dict[str, bytes]) -> None:
    (here / "cut.mkv").write_bytes(walk_bytes[".mkv"][: len(walk_bytes[".mkv"]) // 2])
    first, again = (
        siamlink("track", "cut.mkv", "-o", name, *SEES, "--cache", "cached", "--config", "fast")
        for name in ("one", "two")
    )
    assert (first.code, again.code) == (3, 3)
    assert first.line in again.err
    assert tracks("one", "cut") == tracks("two", "cut")
    assert 0 < detected() < LAST


def test_damaged_records_are_reported_and_their_frames_processed_again(siamlink: Run) -> None:
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, "--cache", "cached").code == 0
    with sqlite3.connect(Path("cached", DATABASE)) as database:
        key = database.execute("SELECT key FROM entry WHERE label LIKE '%mine.py:Sees'").fetchone()
        database.execute("UPDATE record SET data = zeroblob(9) WHERE frame IN (5, 7) AND key = ?", key)
    database.close()
    done = siamlink("track", "walk.mp4", "-o", "again", *SEES, "--cache", "cached")
    assert (done.code, tracks("again")) == (0, tracks("first"))
    assert "walk: 2 records were damaged; their frames are processed again" in done.err
    assert detected() == LAST + 2
    third = siamlink("track", "walk.mp4", "-o", "third", *SEES, "--cache", "cached")
    assert "damaged" not in third.err
    assert detected() == LAST + 2


def test_a_damaged_cache_is_reported_and_removed(siamlink: Run) -> None:
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, "--cache", "cached").code == 0
    Path("cached", DATABASE).write_bytes(b"damaged" * 9999)
    done = siamlink("track", "walk.mp4", "-o", "again", *SEES, "--cache", "cached")
    assert (done.code, tracks("again")) == (0, tracks("first"))
    assert f"walk: cached/{DATABASE} was damaged and is removed; not all frames are recorded" in done.err
    assert list(Path("cached").iterdir()) == []


@pytest.mark.slow
def test_two_processes_use_it_at_once(siamlink: Run) -> None:
    program = "from siamlink.tools.cli import main; main()"
    options = ["track", "walk.mp4", *SEES, "--set", "appearance=none", "--cache", "cached"]
    command = [sys.executable, "-c", program, *options]
    both = [
        subprocess.Popen([*command, "-o", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert tracks("one") == tracks("two")
    before = detected()
    assert siamlink(*options, "-o", "three").code == 0
    assert (detected(), tracks("three")) == (before, tracks("one"))


def test_an_interrupted_run_continues_from_the_cache(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES, "--cache", "cached")
    done = interruptible(*arguments)
    assert done.code == 130
    assert "the same command continues from what is recorded" in done.err
    assert not Path("out").exists()
    assert interruptible(*arguments).code == 0
    assert detected() == LAST


def test_a_cache_that_cannot_be_used_is_one_line_or_no_harm(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--cache", "det.txt")
    assert (done.code, done.line) == (2, "siamlink: cannot write det.txt: it is a file; name a folder for the results")
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--cache", "det.txt/below")
    fault = f"cannot use det.txt/below/{DATABASE}: Not a directory"
    assert (done.code, done.line) == (0, f"walk: {fault}; not all frames are recorded")
    Path("cached", DATABASE).mkdir(parents=True)
    done = siamlink("track", "walk.mp4", "-o", "other", *SEES, "--cache", "cached")
    fault = f"cannot use cached/{DATABASE}: unable to open database file"
    assert (done.code, done.line) == (0, f"walk: {fault}; not all frames are recorded")


def test_its_size_is_limited(siamlink: Run) -> None:
    fill(Path("cached"), "ab", 500_000)
    limit = ("--cache", "cached", "--cache-limit", "0.0007")
    assert siamlink("track", "walk.mp4", "-o", "out", *SEES, *limit).code == 0
    with RecordDatabase(Path("cached")) as database:
        labels = [entry.label for entry in database.entries()]
    assert labels[-1] == "b"
    assert "a" not in labels
    assert any("mine.py:Sees" in label for label in labels)
    assert sum(path.stat().st_size for path in Path("cached").iterdir()) < 700_000
