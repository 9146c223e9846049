"""The same input gives the same bytes, whatever the number of threads."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = "from siamlink.tools.cli import main; import sys; sys.argv = ['siamlink', *sys.argv[1:]]; main()"


def test_the_number_of_threads_changes_no_byte(here: Path) -> None:
    for threads in ("1", "2"):
        command = [sys.executable, "-c", PROGRAM, "track", "walk.mp4", "-o", threads, "--detector", "mine.py:Walkers"]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": threads})
    for name in ("walk.txt", "walk.mp4"):
        assert Path("1", name).read_bytes() == Path("2", name).read_bytes()
        assert Path("1", name).stat().st_size > 100
