"""When loops are compiled, what is said about it, and where there are none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from siamlink.detectors.base import machine_code
from siamlink.detectors.base.machine_code import COMPILING, LEAST_FRAMES, Foresight, Savings

TWO_LOOPS = """
from siamlink.detectors.base.machine_code import machine_code


@machine_code()
def doubled(number):
    return 2 * number


@machine_code("int")
def one(number):
    return doubled(number) + 1


@machine_code("int")
def two(number):
    return doubled(number) + 2
"""
TRACKING = """
import sys
import numpy as np
from siamlink.detectors.base.machine_code import Savings
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.track import track

frame = np.repeat(np.arange(1, 41), 3)
left = 100.0 * np.tile(np.arange(3), 40) + frame
box = np.column_stack([left, left * 0 + 50, left + 30, left * 0 + 120])
detections, images = Detections(frame, box, np.ones(120), np.zeros(120)), [np.zeros((150, 400, 3), np.uint8)] * 40
for mode in ("online", "offline"):
    assert len(track(images, detections=detections, mode=mode, matching="learned", appearance="none").tracks)
print(Savings.seconds > 0, "numba" in sys.modules)
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program that finds modules in a folder, where Numba keeps what it compiles."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kept")}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_there_is_none_without_numba(monkeypatch):
    monkeypatch.setattr(machine_code, "find_spec", lambda _: None)
    assert machine_code.load.__wrapped__("siamlink.detectors.box_loops") is None


@pytest.mark.parametrize(
    "error",
    [
        ImportError("Numba needs NumPy 2.4 or less"),
        RuntimeError("cannot cache function"),
        EOFError("Ran out of input"),
        OSError("No space left on device"),
    ],
)
def test_there_is_none_where_it_cannot_be_compiled(error, monkeypatch):
    def fail(_):
        raise error

    monkeypatch.setattr(machine_code, "import_module", fail)
    assert machine_code.load.__wrapped__("siamlink.detectors.box_loops") is None


@pytest.mark.parametrize(
    ("rows", "loaded"),
    [([8, 8, 8], [False, False, True]), ([0] * 5, [False, False, False, True, True]), ([30, 0], [True, True])],
)
def test_numpy_works_until_the_loops_would_have_saved_the_time_to_load_them(rows, loaded, monkeypatch):
    for name, value in {"LOADING_SECONDS": 2.0, "SECONDS_PER_CALL": 0.5, "SECONDS_PER_ROW": 0.05}.items():
        monkeypatch.setattr(machine_code, name, value)
    monkeypatch.setattr(Savings, "seconds", 0.0)
    monkeypatch.setattr(machine_code, "load", lambda module: module)
    assert [machine_code.compiled("loops", count) == "loops" for count in rows] == loaded


@pytest.mark.parametrize(
    ("frame", "last", "loaded"),
    [(20, 100, True), (21, 100, False), (LEAST_FRAMES - 1, 1000, False), (100, 100, False), (500, 0, False)],
)
def test_they_are_loaded_early_in_a_run_in_which_they_will_save_more_than_that_takes(frame, last, loaded, monkeypatch):
    """Half a second was saved until the frame; where the last frame is 0, it is not known."""
    monkeypatch.setattr(machine_code, "LOADING_SECONDS", 2.0)
    monkeypatch.setattr(Savings, "seconds", 1.0)  # by earlier runs
    foresight = Foresight()
    Savings.seconds += 0.5
    foresight.reached(frame, last)
    assert (Savings.seconds >= 2) == loaded


def test_they_are_loaded_at_the_start_of_a_run_whose_frames_do_not_wait(monkeypatch):
    monkeypatch.setattr(machine_code, "LOADING_SECONDS", 2.0)
    monkeypatch.setattr(Savings, "seconds", 0.0)
    Foresight(live=True)
    assert Savings.seconds == 2


def test_a_short_video_does_not_load_numba(tmp_path):
    done = run(TRACKING, tmp_path)
    assert (done.stdout.split(), done.stderr) == (["True", "False"], "")


@pytest.mark.slow
def test_compiling_is_announced_in_one_line_and_loading_is_not(tmp_path):
    """What was kept may be damaged: then there are no compiled functions."""
    (tmp_path / "two_loops.py").write_text(TWO_LOOPS)
    code = "from siamlink.detectors.base.machine_code import load; m = load('two_loops'); print(m and m.one(m.two(1)))"
    for said in (f"{COMPILING}\n", ""):
        done = run(code, tmp_path)
        assert (done.stdout, done.stderr) == ("9\n", said)
    kept = list((tmp_path / "kept").rglob("*.nbi"))
    assert len(kept) == 2
    for file in kept:
        file.write_bytes(b"nonsense")
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")
