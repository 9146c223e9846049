"""How fast tracking is: the table of docs/performance.md, beside other trackers in the same runs.

    python tests/speed.py DATA [--only TEXT ...] [--repeat N] [--video FILE --detector NAME]

DATA is a folder of MOT sequences. `--only` measures the rows whose name contains one of the texts. The row with a
detector needs a video and a detector. Figures are medians; measure on an idle machine. All rows take about a quarter of
an hour. The other trackers are measured if the package `trackers` is installed.
"""

import argparse
import json
import resource
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

from siamlink.tools.benchmark.peer_trackers import PEERS
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker import OnlineTracker, TrackerParameters, WindowedTracker

PROGRAM = [sys.executable, "-c", "from siamlink.tools.cli import main; main()"]
FOUR = ("PETS09-S2L1", "ADL-Rundle-6", "MOT16-09", "MOT17-09-FRCNN")
BARE = ("appearance=none",)
PEOPLE, WARM_UP, FRAMES = 30, 100, 400
"""Of the row about the delay."""
RIVALS = ("SORT", "ByteTrack")
"""The other trackers that are measured on synthetic people: the fastest two."""


def bench(sources: list[str], options: list[str], settings: tuple[str, ...], repeat: int) -> dict[str, Any]:
    """The figures of `siamlink bench track`."""
    given = [word for setting in settings for word in ("--set", setting)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        command = [*PROGRAM, "bench", "track", *sources, *options, *given, "--repeat", str(repeat)]
        subprocess.run([*command, "--json", str(target)], check=True, stdout=subprocess.DEVNULL)
        figures: dict[str, Any] = json.loads(target.read_text())
        return figures


def linking(sources: list[str], options: list[str], settings: tuple[str, ...], repeat: int, rivals: bool = True) -> str:
    """Frames a second, and those of other trackers."""
    others = ["--other-trackers"] if rivals and find_spec("trackers") else []
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


def scaling(matching: str, ways: str, **options: str) -> str:
    """Milliseconds of CPU a frame by the number of frames or people, and megabytes."""
    given = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        command = [*PROGRAM, "study", "bench", "scaling", "--only", ways, *given, "--set", f"matching={matching}"]
        subprocess.run([*command, "--json", str(target)], check=True, stdout=subprocess.DEVNULL)
        figures = json.loads(target.read_text())
    runs = [*figures["by_length"], *figures["by_people"]]
    return ", ".join(
        f"{run['way']} {run['people']} x {run['frames']}: {run['milliseconds']:.2f} ({run['peak_megabytes']:,.0f} MB)"
        for run in runs
    )


def crowd(matching: str, rivals: bool) -> str:
    """Milliseconds of CPU a frame with 200 people; online in fewer frames."""
    ways = "offline,windowed" if matching == "calibrated" else "offline,windowed,Hungarian"
    many = scaling(matching, ways, frames="none", people="200", crowd_frames="200")
    online = scaling(matching, "online", frames="none", people="200", crowd_frames="60")
    return ", ".join([many, online, *(rivals_with(200, 60) if rivals else ())])


def length(matching: str) -> str:
    """Milliseconds of CPU a frame of a short and a long video; online of a shorter one."""
    long = scaling(matching, "offline,windowed,Hungarian", frames="1000,100000", people="none")
    return ", ".join([long, scaling(matching, "online", frames="1000,10000", people="none"), *rivals_with(10, 1000)])


def rivals_with(people: int, frames: int) -> list[str]:
    """Milliseconds of CPU a frame of other trackers on the same people."""
    if not find_spec("trackers"):
        return []
    import trackers

    detections = [found.to_supervision() for found, _ in Walkers(people=people).frames(frames)]
    texts = []
    for name in RIVALS:
        kind, settings = PEERS[name]
        tracker, begin = getattr(trackers, kind)(frame_rate=Walkers().frame_rate, **settings), time.process_time()
        for each in detections:
            tracker.update(each)
        texts.append(f"{name} {people} x {frames}: {1000 * (time.process_time() - begin) / frames:.2f}")
    return texts


def stream(settings: dict[str, Any], frames: int) -> str:
    """Milliseconds of CPU a frame, and megabytes in memory, where nothing is kept of what was tracked."""
    tracker = WindowedTracker(Walkers().frame_rate, TrackerParameters(mode="windowed", **settings))
    texts, third, begin = [], frames // 3, time.process_time()
    for number, (detections, _) in enumerate(Walkers(people=10).frames(frames), 1):
        tracker.update(detections)
        if number % third == 0:
            taken, begin = time.process_time() - begin, time.process_time()
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            texts.append(f"{1000 * taken / third:.2f} ({pages * resource.getpagesize() / 2**20:.0f} MB)")
    return f"thirds of {frames} frames: {', '.join(texts)}"


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
    fast, single = ["--config", "fast"], max(1, repeat // 2)
    table: dict[str, Callable[[], str]] = {}
    for mode in ("online", "windowed"):
        settings = (*BARE, f"mode={mode}", "matching=learned")
        table[f"{mode}, learned, four sequences, frames/s"] = partial(linking, four, [], settings, repeat)
    kalman = ("mode=online", "solver=hungarian")
    table["Kalman and Hungarian, four sequences, frames/s"] = partial(linking, four, fast, kalman, repeat)
    table["offline fast, learned, frames/s"] = partial(linking, every, fast, ("matching=learned",), repeat)
    for matching in ("calibrated", "auto"):
        chosen = f"matching={matching}"
        for mode in ("online", "windowed"):
            settings = (*BARE, f"mode={mode}", chosen)
            name = f"{mode}, {matching}, four sequences, frames/s"
            table[name] = partial(linking, four, [], settings, single, rivals=False)
        table[f"offline fast, {matching}, frames/s"] = partial(linking, every, fast, (chosen,), single, rivals=False)
    for matching in ("learned", "calibrated"):
        table[f"200 people, {matching}, ms"] = partial(crowd, matching, rivals=matching == "learned")
    table["length, learned, ms"] = partial(length, "learned")
    table["stream, windowed, learned, nothing kept, ms"] = partial(
        stream, {"appearance": "none", "matching": "learned"}, 9000
    )
    for matching in ("learned", "calibrated", "auto"):
        bare = {"appearance": "none", "matching": matching}
        table[f"delay online, {matching}, {PEOPLE} people"] = partial(delay, bare, with_images=False)
    table[f"delay online with appearance, {PEOPLE} people"] = partial(delay, {"matching": "learned"}, with_images=True)
    table["online with appearance, MOT16-09, frames/s"] = partial(whole, four[2:3], ("mode=online",), single)
    if video and detector:
        table["with a detector, by detection alone"] = partial(against_detection, video, detector, single)
    return table


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--video")
    parser.add_argument("--detector")
    asked = parser.parse_args()
    for name, measure in rows(asked.data, asked.repeat, asked.video, asked.detector).items():
        if any(text in name for text in asked.only):
            begin, figures = time.perf_counter(), measure()
            print(f"| {name} | {figures} | {time.perf_counter() - begin:.0f} s |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
