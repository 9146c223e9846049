"""The command `siamlink track` with several sources at once."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow
Run = Callable[..., Any]
BRITTLE = """
import os
from mine import Walkers

class Brittle(Walkers):
    def detect(self, image):
        if image.max() == 0:
            raise RuntimeError("too dark")
        if image.min() == 255:
            os._exit(1)
        return super().detect(image)
"""
FAULTY = Path(__file__).parents[1] / "faulty_detectors.py"


def test_results_are_those_of_one_by_one_and_errors_stay_with_their_source(siamlink: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    (here / "brittle.py").write_text(BRITTLE)
    for name, grey in (("black", 0), ("white", 255)):
        (here / name).mkdir()
        Image.fromarray(np.full((120, 160, 3), grey, np.uint8)).save(here / name / "1.png")
    options = ("--detector", "brittle.py:Brittle")
    assert siamlink("track", "walk.mp4", "again.mp4", "-o", "one", *options).code == 0
    sources = ("white", "walk.mp4", "black", "missing.mp4", "again.mp4")
    done = siamlink("track", *sources, "-o", "many", "--jobs", 2, *options)
    assert done.code == 2
    assert [line.split()[:3] for line in done.out.splitlines()[2:4]] == [["walk", "24", "48"], ["again", "24", "48"]]
    lines = done.err.splitlines()
    assert lines.count("white: its process died; it is done again") == 2
    reasons = {line.split(": ")[1]: line for line in lines if line.startswith("siamlink: ")}
    assert sorted(reasons) == ["black", "no such file or folder", "white"]
    assert "too dark" in reasons["black"]
    assert "its process died, 3 times" in reasons["white"]
    assert sorted(path.suffix for path in Path("many").iterdir()) == sorted([".json", ".mp4", ".txt"] * 2)
    for path in Path("one").iterdir():
        if path.suffix != ".json":
            assert path.read_bytes() == (here / "many" / path.name).read_bytes()


def test_a_process_that_is_killed_is_replaced_and_the_results_are_the_same(siamlink: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    shutil.copy(FAULTY, here)
    assert siamlink("track", "walk.mp4", "again.mp4", "-o", "one", "--detector", "mine.py:Walkers").code == 0
    done = siamlink(
        "track", "walk.mp4", "again.mp4", "-o", "many", "--jobs", 2, "--detector", "faulty_detectors.py:Killed"
    )
    assert done.code == 0
    assert len(done.err.splitlines()) == 1
    assert done.err.endswith(": its process died (SIGKILL); it is done again\n")
    for path in Path("one").iterdir():
        if path.suffix != ".json":
            assert path.read_bytes() == (here / "many" / path.name).read_bytes()


def test_a_live_source_has_no_jobs(siamlink: Run, stream: str) -> None:
    done = siamlink("track", stream, "-o", "out", "--mode", "online", "--detector", "mine.py:Walkers", "--jobs", 2)
    assert (done.code, done.line) == (2, "siamlink: gate is live: track it without --jobs")
    assert not Path("out").exists()


def test_what_a_cluster_cannot_do_is_one_line(siamlink: Run, stream: str) -> None:
    ray = ("-o", "out", "--mode", "online", "--detector", "mine.py:Walkers", "--runner", "ray")
    done = siamlink("track", stream, *ray)
    assert (done.code, done.line) == (2, "siamlink: gate is live: track it without --runner ray")
    done = siamlink("track", "walk.mp4", *ray, "--cache", "cached")
    assert (done.code, done.line) == (
        2,
        "siamlink: --cache is a database for the processes of one machine: it excludes --runner ray",
    )
    assert not Path("out").exists()


def test_a_detector_that_does_not_load_ends_the_run(siamlink: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    done = siamlink("track", "walk.mp4", "again.mp4", "-o", "out", "--detector", "nosuch", "--jobs", 2)
    assert done.code == 2
    assert "there is no detector 'nosuch'" in done.line
    assert not Path("out").exists()


@pytest.mark.alone
def test_ctrl_c_ends_all_and_earlier_results_stay(here: Path) -> None:
    if not hasattr(os, "killpg"):
        pytest.skip("this system has no process groups")
    shutil.copy(FAULTY, here)
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    (here / "out").mkdir()
    (here / "out" / "walk.txt").write_text("earlier")
    program = "from siamlink.tools.cli import main; main()"
    command = [sys.executable, "-c", program, "track", "walk.mp4", "again.mp4", "-o", "out", "--overwrite"]
    command += ["--detector", "faulty_detectors.py:slow", "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 120
        while len(list(here.glob("started-*"))) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    note = "start with --resume to be able to continue after an interruption\n"
    assert (process.returncode, stdout, stderr) == (130, "", note + "siamlink: interrupted\n")
    assert {path.name: path.read_text() for path in (here / "out").iterdir()} == {"walk.txt": "earlier"}
    for started in here.glob("started-*"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(started.name.split("-")[1]), 0)
