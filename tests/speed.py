"""How fast tracking is: the table of docs/performance.md, beside other trackers in the same runs.

    python tests/speed.py DATA [--only TEXT] [--repeat N] [--video FILE --detector NAME]

DATA is a folder of MOT sequences. `--only` measures the rows whose name contains the text. The row with a detector
needs a video and a detector. Figures are medians; measure on an idle machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker import OnlineTracker, TrackerParameters

PROGRAM = [sys.executable, "-c", "from siamlink.tools.cli import main; main()"]
FOUR = ("PETS09-S2L1", "ADL-Rundle-6", "MOT16-09", "MOT17-09-FRCNN")
MATCHINGS = ("learned", "calibrated", "auto")
BARE = ("appearance=none",)
PEOPLE, WARM_UP, FRAMES = 30, 100, 400
"""Of the row about the delay."""


def bench(sources: list[str], options: list[str], settings: tuple[str, ...], repeat: int) -> dict[str, Any]:
    """The figures of `siamlink bench track`."""
    given = [word for setting in settings for word in ("--set", setting)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        command = [*PROGRAM, "bench", "track", *sources, *options, *given, "--repeat", str(repeat)]
        subprocess.run([*command, "--json", str(target)], check=True, stdout=subprocess.DEVNULL)
        figures: dict[str, Any] = json.loads(target.read_text())
        return figures


def beside_others(sources: list[str], options: list[str], settings: tuple[str, ...], repeat: int) -> str:
    """Frames a second, and those of other trackers if the package `trackers` is installed."""
    others = ["--other-trackers"] if find_spec("trackers") else []
    figures = bench(sources, [*options, *others], settings, repeat)
    every = [figures["siamlink"], *figures["peers"]]
    return ", ".join(f"{each['tracker']} {each['frames'] / each['tracking_seconds']:,.0f}" for each in every)


def whole(sources: list[str], settings: tuple[str, ...], repeat: int) -> str:
    """Frames a second of the whole program."""
    ours = bench(sources, [], settings, repeat)["siamlink"]
    return f"{ours['frames'] / ours['wall_seconds']:,.0f}"


def against_detection(video: str, detector: str, repeat: int) -> str:
    """Seconds of tracking with a detector, by those of `siamlink detect`."""
    track = bench([video], ["--detector", detector], (), repeat)["siamlink"]["wall_seconds"]
    seconds = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            command = [*PROGRAM, "detect", video, "--detector", detector, "-o", f"{folder}/boxes.txt"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - begin)
    detect = statistics.median(seconds)
    return f"{track / detect:.2f} times ({track:.1f} and {detect:.1f} s)"


def scaling(matching: str, *options: str) -> str:
    """Milliseconds of CPU a frame by the number of frames or people."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        command = [*PROGRAM, "study", "bench", "scaling", *options, "--set", f"matching={matching}"]
        subprocess.run([*command, "--json", str(target)], check=True, stdout=subprocess.DEVNULL)
        figures = json.loads(target.read_text())
    runs = [*figures["by_length"], *figures["by_people"]]
    return ", ".join(f"{run['way']} {run['people']} x {run['frames']}: {run['milliseconds']:.2f}" for run in runs)


def delay(settings: dict[str, Any], with_images: bool) -> str:
    """Milliseconds from a frame to its ids, median and 99 %."""
    tracker = OnlineTracker(30, TrackerParameters(mode="online", **settings), image_size=(1920, 1080))
    image = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8) if with_images else None
    seconds = []
    for detections, _ in Walkers(people=PEOPLE).frames(WARM_UP + FRAMES):
        begin = time.perf_counter()
        tracker.update(detections, image)
        seconds.append(time.perf_counter() - begin)
    median, high = 1000 * np.quantile(seconds[WARM_UP:], (0.5, 0.99))
    return f"median {median:.1f} ms, 99 % {high:.1f} ms"


def rows(data: Path, repeat: int, video: str | None, detector: str | None) -> dict[str, Callable[[], str]]:
    """How each row of the table is measured."""
    four, every = [str(data / name) for name in FOUR], [str(data)]
    table: dict[str, Callable[[], str]] = {}
    for matching in MATCHINGS:
        chosen = f"matching={matching}"
        for mode in ("online", "windowed"):
            settings = (*BARE, chosen, f"mode={mode}")
            table[f"{mode}, {matching}, four sequences, frames/s"] = partial(beside_others, four, [], settings, repeat)
        fast = ["--config", "fast"]
        table[f"offline fast, {matching}, frames/s"] = partial(beside_others, every, fast, (chosen,), repeat)
        table[f"200 people, {matching}, ms"] = partial(scaling, matching, "--people", "200", "--frames", "100")
        table[f"length, {matching}, ms"] = partial(scaling, matching, "--people", "5")
        bare = {"appearance": "none", "matching": matching}
        table[f"delay online, {matching}, {PEOPLE} people"] = partial(delay, bare, with_images=False)
    kalman = ("mode=online", "solver=hungarian")
    table["Kalman and Hungarian, four sequences, frames/s"] = partial(beside_others, four, fast, kalman, repeat)
    table["online with appearance, MOT16-09, frames/s"] = partial(whole, four[2:3], ("mode=online",), repeat)
    table[f"delay online with appearance, {PEOPLE} people"] = partial(delay, {"matching": "learned"}, with_images=True)
    if video and detector:
        table["with a detector, by detection alone"] = partial(against_detection, video, detector, repeat)
    return table


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--video")
    parser.add_argument("--detector")
    asked = parser.parse_args()
    for name, measure in rows(asked.data, asked.repeat, asked.video, asked.detector).items():
        if asked.only in name:
            print(f"| {name} | {measure()} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
