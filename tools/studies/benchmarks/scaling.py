"""Time per frame by the length of a video and by the number of people."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.processes import in_own_process, peak_megabytes
from siamlink.tools.console.tables import Table, table
from siamlink.tools.drawing.figures import drawn_figure
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker.parameters import TrackerParameters

FEW_PEOPLE, FEW_FRAMES = 10, 300
"""The number of people while the length varies, and usually the number of frames while the people vary."""


@dataclass(frozen=True)
class Measured:
    """The measures of one video in one way of tracking.

    Attributes:
        way: the name of the settings.
        people: number of people.
        frames: number of frames.
        milliseconds: CPU time per frame, of all cores together.
        peak_megabytes: peak memory of the process; None if not known.
    """

    way: str
    people: int
    frames: int
    milliseconds: float
    peak_megabytes: float | None


@dataclass(frozen=True)
class ScalingBenchmark:
    """Videos of several lengths with few people, and short videos with more people."""

    by_length: tuple[Measured, ...]
    by_people: tuple[Measured, ...]

    def tables(self) -> list[Table]:
        """Milliseconds per frame, and memory by length."""
        tables = [_table("frames", self.by_length, memory=True), _table("people", self.by_people, memory=False)]
        return [each for each in tables if each.rows]

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def draw(self, path: Path) -> None:
        """Draw the milliseconds per frame by length and by people."""
        with drawn_figure(path, 9, 3.4) as figure:
            for axes, name, runs in zip(
                figure.subplots(1, 2), ("frames", "people"), (self.by_length, self.by_people), strict=True
            ):
                for way in dict.fromkeys(run.way for run in runs):
                    own = [run for run in runs if run.way == way]
                    axes.plot([getattr(run, name) for run in own], [run.milliseconds for run in own], "o-", label=way)
                axes.set(xlabel=name, ylabel="CPU milliseconds per frame", xscale="log", yscale="log")
                axes.grid(which="both")
            axes.legend()


def measure(
    lengths: Sequence[int],
    crowds: Sequence[int],
    ways: Mapping[str, TrackerParameters],
    progress: Progress,
    crowd_frames: int = FEW_FRAMES,
) -> ScalingBenchmark:
    """Track videos of walkers from their detections alone, each in its own process.

    Args:
        lengths: numbers of frames of the videos with `FEW_PEOPLE`.
        crowds: numbers of people in the other videos.
        ways: the settings, by name.
        progress: receives the progress.
        crowd_frames: the number of frames of the other videos.
    """
    videos = [(FEW_PEOPLE, frames) for frames in lengths] + [(people, crowd_frames) for people in crowds]
    runs: list[Measured] = []
    for people, frames in videos:
        for way, parameters in ways.items():
            progress("measure", len(runs), len(videos) * len(ways))
            runs.append(in_own_process(_track, way, people, frames, parameters))
    place = len(lengths) * len(ways)
    return ScalingBenchmark(tuple(runs[:place]), tuple(runs[place:]))


def _track(way: str, people: int, frames: int, parameters: TrackerParameters) -> Measured:
    from siamlink.detectors.detections import Detections
    from siamlink.tracker.runs.inputs import TrackingInput
    from siamlink.tracker.runs.options import TrackingOptions
    from siamlink.tracker.runs.track import track_input

    walkers, matcher = Walkers(people=people), parameters.load_matcher()
    for part in (walkers.frames(FEW_FRAMES // 10), walkers.frames(frames)):  # the first loads the libraries
        detections = Detections.concatenate([found for found, _ in part])
        source = TrackingInput("walkers", walkers.frame_rate, None, None, detections)
        begin = time.process_time()
        track_input(source, TrackingOptions(parameters, matcher=matcher))
        taken = time.process_time() - begin
    return Measured(way, people, frames, 1000 * taken / frames, peak_megabytes())


def _table(name: str, runs: tuple[Measured, ...], memory: bool) -> Table:
    ways = list(dict.fromkeys(run.way for run in runs))
    headings = [f"{way}, ms" for way in ways] + ([f"{way}, MB" for way in ways] if memory else [])
    rows = []
    for value in dict.fromkeys(getattr(run, name) for run in runs):
        row = [run for run in runs if getattr(run, name) == value]
        peaks = [f"{run.peak_megabytes:,.0f}" if run.peak_megabytes else "" for run in row] if memory else []
        rows.append((f"{value:,}", *(f"{run.milliseconds:.2f}" for run in row), *peaks))
    return table((name, *headings), rows)
