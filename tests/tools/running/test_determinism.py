"""The same input gives the same bytes, whatever the number of threads and jobs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUNS = {
    "offline": (),
    "windowed": ("--config", "windowed", "--no-video", "--set", "matching=learned"),
    "online": ("--mode", "online", "--no-video"),
}
"""Offline and windowed with appearance."""
PROGRAM = f"""
import sys
from siamlink.tools.cli import app
folder, jobs = sys.argv[1:]
for name, options in {RUNS}.items():
    options = [*options, "--jobs", jobs if name == "offline" else "1"]
    app(["track", "sequences", "-o", f"{{folder}}/{{name}}", *options], standalone_mode=False)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, streets_with_frames: Path) -> Path:
    """What processes of their own make of two streets with 1, 2 and 4 threads, the last of them in two jobs."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "sequences").symlink_to(streets_with_frames)
    for threads, jobs in (("1", "1"), ("2", "1"), ("4", "2")):
        environment = {**os.environ, "OMP_NUM_THREADS": threads}
        command = [sys.executable, "-c", PROGRAM, threads, jobs]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
    return folder


@pytest.mark.parametrize("name", RUNS)
def test_the_number_of_threads_and_jobs_changes_no_byte(results: Path, name: str) -> None:
    for street in ("east", "west"):
        record = json.loads((results / "1" / name / f"{street}.json").read_text())
        assert record["counts"]["boxes"] > 20
        assert name == "online" or record["appearance"]["described"] > 0, "appearance was used"
        for suffix in (".txt", ".mp4") if name == "offline" else (".txt",):
            files = [results / threads / name / f"{street}{suffix}" for threads in ("1", "2", "4")]
            assert len({path.read_bytes() for path in files}) == 1
