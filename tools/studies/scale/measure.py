"""Whole runs of `siamlink track` over many small sources, measured."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.base.threads import core_count
from siamlink.detectors.mot.text import format_rows
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tools.studies.scale.points import Point
from siamlink.tools.synthetic.street import street

OBJECTS = 10
PROGRAM = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
done = subprocess.run([sys.executable, "-c", "from siamlink.tools.cli import main; main()", *sys.argv[1:]],
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([done.returncode, done.stderr, time.perf_counter() - begin, used.ru_utime + used.ru_stime,
                  used.ru_maxrss * unit]))
"""
"""Runs siamlink, and prints its exit code, messages, seconds, CPU seconds and peak memory; only on POSIX systems."""


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        workers: numbers of processes.
        videos: numbers of sources.
        frames: numbers of frames of each sequence of detections alone; the videos have as many as the first.
        detector: of the videos.
    """

    workers: Sequence[int]
    videos: Sequence[int]
    frames: Sequence[int]
    detector: str


def measure(plan: Plan, folder: Path, progress: Progress) -> Iterator[Point]:
    """Measure runs over sources that are made in a folder.

    Raises:
        SiamlinkError: a run fails.
    """
    runs = [("detections", frames) for frames in plan.frames] + [("videos", plan.frames[0])]
    note = counted(core_count(), "core")
    total, done = len(runs) * len(plan.videos) * len(plan.workers), 0
    for kind, frames in runs:
        sources = _sources(kind, frames, max(plan.videos), folder / f"{kind}-{frames}")
        for videos in plan.videos:
            for workers in plan.workers:
                progress("measure", done, total)
                done += 1
                output = folder / f"results-{kind}-{frames}-{videos}-{workers}"
                options = ["--no-video", "--jobs", str(workers), "-o", str(output)]
                options += ["--config", "fast"] if kind == "detections" else ["--detector", plan.detector]
                wall, cpu, peak = _run(["track", *map(str, sources[:videos]), *options])
                size = sum(path.stat().st_size for path in output.iterdir())
                yield Point(kind, workers, videos, frames, OBJECTS, wall, cpu, peak, size, note)


def _sources(kind: str, frames: int, count: int, folder: Path) -> list[Path]:
    """Sources of one kind: the same one under several names, as its content does not matter."""
    folder.mkdir(parents=True)
    if kind == "videos":
        street(frames).write_sequence(folder / "street", lambda *_: None)
        [video] = (folder / "street").glob("*.mp4")
        paths = [folder / f"video{number:05}.mp4" for number in range(count)]
        for path in paths:
            path.hardlink_to(video)
        return paths
    from siamlink.detectors.detections import Detections

    walkers = Walkers(people=OBJECTS)
    text = format_rows(Detections.concatenate([found for found, _ in walkers.frames(frames)]))
    info = f"frameRate={walkers.frame_rate:g}\nseqLength={frames}\nimWidth={walkers.width}\nimHeight={walkers.height}\n"
    paths = [folder / f"walkers{number:05}" for number in range(count)]
    for path in paths:
        (path / "det").mkdir(parents=True)
        (path / "det" / "det.txt").write_text(text, encoding="ascii")
        (path / "seqinfo.ini").write_text(f"[Sequence]\nname={path.name}\n{info}", encoding="ascii")
    return paths


def _run(arguments: list[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak bytes of a run of the program."""
    done = subprocess.run(  # noqa: S603 - this program
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    code, errors, wall, cpu, peak = json.loads(done.stdout)
    if code:
        raise SiamlinkError(f"a measured run ended with {code}: {' '.join(errors.split())[-300:]}")
    return wall, cpu, peak
