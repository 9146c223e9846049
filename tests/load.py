"""What large inputs cost, each by the program in a process of its own: the figures of docs/reliability.md.

    python tests/load.py [CASE]

Prints what came of it, seconds, CPU seconds and the most memory held.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import format_rows

PROGRAM = [sys.executable, "-c", "from siamlink.tools.cli import main; main()"]
WIDTH, HEIGHT = 1920, 1080


def crowd(people: int, frames: int, height: float) -> Detections:
    """People in rows and columns who each walk to and fro and are found with a jitter of half a pixel."""
    random = np.random.default_rng(0)
    columns = int(np.ceil(np.sqrt(2 * people * WIDTH / HEIGHT)))
    person = np.arange(people)
    start = np.column_stack([person % columns * WIDTH / columns, person // columns * 2 * HEIGHT / columns])
    walked = np.abs(np.arange(frames) % 80 - 40)[:, None, None] * random.normal(0, 1, (people, 2))
    corner = (start + walked + random.normal(0, 0.5, (frames, people, 2))).reshape(-1, 2)
    box = np.hstack([corner, corner + (height / 2, height)])
    return Detections(np.repeat(np.arange(1, frames + 1), people), box, np.ones(len(box)), np.zeros(len(box)))


def sequence(folder: Path, frames: int, detections: Detections) -> str:
    (folder / "det").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nframeRate=30\nseqLength={frames}\n")
    (folder / "det" / "det.txt").write_text(format_rows(detections))
    return str(folder)


def sequences(folder: Path) -> str:
    for number in range(200):
        sequence(folder / f"{number:03d}", 20, crowd(5, 20, 60))
    return str(folder)


CASES: dict[str, tuple[Callable[[Path], str], tuple[str, ...]]] = {
    f"{name}, {mode}": (make, ("--mode", mode))
    for mode in ("offline", "windowed", "online")
    for name, make in {
        "1,000 detections a frame, 30 frames": lambda folder: sequence(folder, 30, crowd(1000, 30, 20)),
        "10,000 frames without detections": lambda folder: sequence(folder, 10_000, Detections.empty()),
        "1,000,000 detections in 10,000 frames": lambda folder: sequence(folder, 10_000, crowd(100, 10_000, 60)),
    }.items()
} | {"200 sequences in one call": (sequences, ()), "200 sequences in one call, 2 jobs": (sequences, ("--jobs", "2"))}


def main() -> None:
    """Run the cases whose name contains the first argument."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, (make, options) in CASES.items():
        if wanted not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            source, output = make(Path(folder, "source")), Path(folder, "out")
            arguments = [*PROGRAM, "track", source, "-o", str(output), *options]
            begin = time.monotonic()
            to_null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
            process = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=to_null)
            _, status, used = os.wait4(process, 0)
            rows = sum(path.read_text().count("\n") for path in output.glob("*.txt"))
            seconds, cpu = time.monotonic() - begin, used.ru_utime + used.ru_stime
            code = os.waitstatus_to_exitcode(status)
            cost = f"{seconds:.0f} s, {cpu:.0f} CPU s, {used.ru_maxrss / 1024:.0f} MB"
            sys.stdout.write(f"{name}: exit code {code}, {rows} boxes of tracks; {cost}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
