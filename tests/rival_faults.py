"""What the rival `trackers` does with the faults of docs/reliability.md, as a table: the last column there.

    python -m venv rival && rival/bin/pip install trackers==2.6.1
    rival/bin/python tests/rival_faults.py

Its program runs with the tracker SORT on the same kinds of input; of each case the table says the exit code, how many
frames of how many have tracks in the file it wrote, and the last line it printed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rival_fault_cases import CASES, GOOD, PROGRAM, SECONDS, Case, add_simple_cases, written


def run(made: Case, folder: Path) -> tuple[str, str]:
    """The exit code of a run and the last line it printed."""
    command = [sys.executable, *made.options[1:]] if made.options[0] == "-" else [*PROGRAM, *made.options]
    if made.file_limit:
        command = ["prlimit", f"--fsize={made.file_limit}", *command]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "OPENCV_LOG_LEVEL": "OFF", "COLUMNS": "200"}
    with subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        if made.interrupt:
            wait_for(folder / "out.txt", process)
            process.send_signal(signal.SIGINT)
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            return f"killed after {SECONDS} s", ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    mark = "traceback: " if "Traceback (most recent call last)" in said else ""
    return str(process.returncode), mark + (lines[-1] if lines else "")


def wait_for(path: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline and not (path.exists() and path.stat().st_size):
        time.sleep(0.02)


def left(folder: Path, before: dict[str, bytes]) -> Iterator[str]:
    """What a run wrote in its folder."""
    after = contents(folder)
    yield from (f"{name} REPLACED" for name in before if after[name] != before[name])
    out = folder / "out.txt"
    if out.exists():
        rows = [row.split(",") for row in out.read_text(errors="replace").splitlines()]
        frames = [row[0] for row in rows if row[0].lstrip("-").isdigit()]
        unsure = sum(1 for row in rows if len(row) > 1 and row[1] == "-1")
        odd = sum(1 for row in rows if "nan" in row or "inf" in row)
        yield f"out.txt: {len(rows)} rows, {len(set(frames))} frames" + (f" to {frames[-1]}" if frames else "")
        if unsure:
            yield f"{unsure} ids of -1"
        if odd:
            yield f"{odd} rows of nan or inf"
    yield from (f"{name}: {len(after[name])} bytes" for name in sorted(set(after) - set(before) - {"out.txt"}))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def main() -> None:
    """Run the cases, or those whose row contains the first argument."""
    add_simple_cases()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for row, make in CASES.items():
        if wanted not in row:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            written(folder, "good.txt", "\n".join(GOOD) + "\n")
            made = make(folder)
            before = contents(folder)
            code, said = run(made, folder)
            sys.stdout.write(f"{row} | {code} | {'; '.join(left(folder, before))} | {said[:160]}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
