"""With --cache a video is looked at once; the results are those of a run without."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.running.cache import Cache
from siamlink.tracker.cache.record_store import RecordStore, files_of

Run = Callable[..., Any]
SEES = ("--detector", "mine.py:Sees", "--no-video")
LAST = 24
"""The number of the last frame of the walkers."""


def looks() -> int:
    """How often the detector has looked."""
    return len(Path("looked.txt").read_text()) if Path("looked.txt").exists() else 0


def tracks(folder: str, name: str = "walk") -> bytes:
    return Path(folder, f"{name}.txt").read_bytes()


def fill(folder: Path, names: str, size: int = 1000) -> None:
    """Entries of about this size; the first one was used first."""
    import numpy as np

    for age, name in enumerate(names):
        with RecordStore(folder, {"frames": name}, name) as store:
            store.add(1, {"box": np.zeros(size, np.uint8)})
        for path in files_of(folder, store.key):
            os.utime(path, (1e9 + age, 1e9 + age))


def test_another_solver_setting_costs_no_look(siamlink: Run) -> None:
    windowed = ("--mode", "windowed")
    assert siamlink("track", "walk.mp4", "-o", "plain", *SEES, *windowed).code == 0
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, *windowed, "--cache", "kept").code == 0
    assert (looks(), tracks("first")) == (2 * LAST, tracks("plain"))
    for number, options in enumerate([windowed, ("--solver", "hungarian"), ("--mode", "online")]):
        done = siamlink("track", "walk.mp4", "-o", f"again{number}", *SEES, *options, "--cache", "kept")
        assert done.code == 0
        assert "walk: known already: detections of 24 frames" in done.err
        record = json.loads(Path(f"again{number}", "walk.json").read_text())
        assert record["counts"]["tracks"] == 2
        assert record["seconds"].keys().isdisjoint({"decode", "detect"})
    assert tracks("again0") == tracks("plain")
    assert looks() == 2 * LAST


def test_the_video_is_known_by_its_content(siamlink: Run, here: Path) -> None:
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, "--cache", "kept").code == 0
    (here / "walk.mp4").rename(here / "moved.mp4")
    assert siamlink("track", "moved.mp4", "-o", "out", *SEES, "--cache", "kept").code == 0
    assert looks() == LAST
    assert tracks("out", "moved") == tracks("first")
    (here / "moved.mp4").write_bytes((here / "moved.mp4").read_bytes() + b"\0")
    assert siamlink("track", "moved.mp4", "-o", "out", *SEES, "--cache", "kept", "--overwrite").code == 0
    assert looks() == 2 * LAST


def test_a_video_that_breaks_off_is_said_to_each_time(siamlink: Run, here: Path, walk_bytes: dict[str, bytes]) -> None:
    (here / "cut.mkv").write_bytes(walk_bytes[".mkv"][: len(walk_bytes[".mkv"]) // 2])
    first, again = (siamlink("track", "cut.mkv", "-o", name, *SEES, "--cache", "kept") for name in ("one", "two"))
    assert (first.code, again.code) == (3, 3)
    assert first.line in again.err
    assert tracks("one", "cut") == tracks("two", "cut")
    assert 0 < looks() < LAST


def test_damage_is_said_and_looked_at_again(siamlink: Run) -> None:
    assert siamlink("track", "walk.mp4", "-o", "first", *SEES, "--cache", "kept").code == 0
    path = next(path for path in files_of(Path("kept")) if b"mine.py:Sees" in path.read_bytes())
    data = bytearray(path.read_bytes())
    data[-len(data) // 3] ^= 8
    path.write_bytes(data)
    done = siamlink("track", "walk.mp4", "-o", "again", *SEES, "--cache", "kept")
    assert (done.code, tracks("again")) == (0, tracks("first"))
    assert "walk: 1 records of what was kept are damaged; those frames are looked at again" in done.err
    assert looks() == LAST + 1
    third = siamlink("track", "walk.mp4", "-o", "third", *SEES, "--cache", "kept")
    assert "damaged" not in third.err
    assert looks() == LAST + 1


def test_two_processes_use_it_at_once(siamlink: Run) -> None:
    program = "from siamlink.tools.cli import main; main()"
    options = ["track", "walk.mp4", *SEES, "--set", "appearance=none", "--cache", "kept"]
    command = [sys.executable, "-c", program, *options]
    both = [
        subprocess.Popen([*command, "-o", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert tracks("one") == tracks("two")
    before = looks()
    assert siamlink(*options, "-o", "three").code == 0
    assert (looks(), tracks("three")) == (before, tracks("one"))


def test_an_interrupted_run_goes_on_from_the_cache(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES, "--cache", "kept")
    done = interruptible(*arguments)
    assert done.code == 130
    assert "what was seen is kept in kept; the same command goes on from there" in done.err
    assert not Path("out").exists()
    assert interruptible(*arguments).code == 0
    assert looks() == LAST


def test_a_cache_that_cannot_be_used_is_one_line_or_no_harm(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--cache", "det.txt")
    assert (done.code, done.line) == (2, "siamlink: cannot write det.txt: it is a file; name a folder for the results")
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--cache", "det.txt/below")
    assert "cannot write det.txt/below: Not a directory" in done.line


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    fill(tmp_path, "abcd")
    cache = Cache(tmp_path)
    assert [entry.label for entry in cache.entries()] == ["d", "c", "b", "a"]
    size = cache.entries()[0].size
    with RecordStore(tmp_path, {"frames": "a"}, "a"):
        Cache(tmp_path, 2 * size + 10).trim()
    assert [entry.label for entry in cache.entries()] == ["a", "d"]
    Cache(tmp_path, 0).trim()
    assert list(tmp_path.iterdir()) == []


def test_its_size_is_bounded(siamlink: Run) -> None:
    limit = ("--cache", "kept", "--cache-limit", "0")
    assert siamlink("track", "walk.mp4", "-o", "out", *SEES, *limit).code == 0
    assert list(Path("kept").iterdir()) == []


def test_it_is_listed_and_cleared_of_what_is_its_own(siamlink: Run) -> None:
    fill(Path("kept"), "ab", 500_000)
    Path("kept/mine.seen.txt").write_text("mine")
    Path("kept/my.notes.seen").write_text("mine")
    done = siamlink("cache", "info", "kept")
    assert [line.split()[:2] for line in done.out.splitlines()[2:4]] == [["b", "0.50"], ["a", "0.50"]]
    assert done.out.splitlines()[-1] == "2 entries, 1.00 MB in kept"
    done = siamlink("cache", "clear", "kept")
    assert (done.code, done.out) == (0, "removed 2 entries, 1.00 MB from kept\n")
    assert sorted(path.name for path in Path("kept").iterdir()) == ["mine.seen.txt", "my.notes.seen"]


@pytest.mark.parametrize("command", ["info", "clear"])
def test_a_cache_that_is_not_there(siamlink: Run, command: str) -> None:
    done = siamlink("cache", command, "nowhere")
    assert (done.code, done.line) == (2, "siamlink: there is no folder nowhere")
