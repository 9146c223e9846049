"""Time of tracking by stage, and of other trackers on the same detections."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.benchmark.peer_trackers import PEERS, track_by_peer
from siamlink.tools.console.processes import in_own_process, peak_megabytes
from siamlink.tools.console.tables import Table, table

if TYPE_CHECKING:
    from siamlink.tools.running.job import Job
    from siamlink.tracker.parameters import TrackerParameters

OURS = "siamlink"
LOAD, WRITE = "load", "write"
Work = Callable[[str, list[str], "Job", float], tuple[int, dict[str, float], float]]
"""Tracks sources by the tracker of a name: frames, seconds by stage, and seconds from the detections to the tracks."""


@dataclass(frozen=True)
class Measured:
    """One tracker on all sources: one run, or the medians of several. Seconds are wall-clock time.

    Attributes:
        tracker: its name.
        frames: of all sources together.
        seconds: by stage; stages overlap.
        tracking_seconds: from the detections, or the frames if there are none, to the tracks.
        wall_seconds: of the whole process, from its start to its last result.
        cpu_seconds: CPU time of the whole process.
        peak_megabytes: peak memory of the process, Python and libraries included; None if not known.
    """

    tracker: str
    frames: int
    seconds: dict[str, float]
    tracking_seconds: float
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float | None


@dataclass(frozen=True)
class TrackBenchmark:
    """The medians of siamlink, and of the other trackers if they were measured."""

    repeats: int
    ours: Measured
    peers: tuple[Measured, ...] = ()

    def tables(self) -> list[Table]:
        """The figures for a terminal."""
        return [self._stages(), *([self._trackers()] if self.peers else [])]

    def json(self) -> str:
        """The figures for a program; `ratio` is the tracking time divided by that of siamlink."""
        peers = [{**asdict(peer), "ratio": self._ratio(peer)} for peer in self.peers]
        return json.dumps({"repeats": self.repeats, OURS: asdict(self.ours), "peers": peers}, indent=2) + "\n"

    def _ratio(self, peer: Measured) -> float:
        return peer.tracking_seconds / self.ours.tracking_seconds

    def _stages(self) -> Table:
        ours, total = self.ours, self.ours.wall_seconds
        stages = [
            (stage, *_speed(seconds, f"{100 * seconds / total:.1f} %", ours.frames))
            for stage, seconds in ours.seconds.items()
        ]
        sums = [
            ("tracking", *_speed(ours.tracking_seconds, "", ours.frames)),
            ("total", *_speed(total, "", ours.frames)),
        ]
        peak = f", peak memory {ours.peak_megabytes:,.0f} MB" if ours.peak_megabytes else ""
        return Table(
            ("stage", "seconds", "share", "frames/s"),
            (*stages, *sums),
            caption=f"{counted(ours.frames, 'frame')}, medians of {counted(self.repeats, 'run')}; "
            f"{ours.cpu_seconds:.2f} CPU s{peak}",
            sections=frozenset({len(stages)}),
        )

    def _trackers(self) -> Table:
        rows = []
        for each in (self.ours, *self.peers):
            peak = f"{each.peak_megabytes:,.0f}" if each.peak_megabytes else ""
            rows.append((each.tracker, *_speed(each.tracking_seconds, f"{self._ratio(each):.2f}", each.frames), peak))
        headings = ("tracker", "seconds", "ratio", "frames/s", "peak MB")
        return table(headings, rows, caption="from the same detections to tracks")


def measure(
    sources: list[str],
    parameters: "TrackerParameters",
    detector: str | None,
    video: bool,
    repeats: int,
    others: bool,
    progress: Progress,
) -> TrackBenchmark:
    """Track all sources several times, each time in a fresh process; results go to a temporary folder.

    Args:
        sources: as `siamlink track` takes them.
        parameters: settings of the tracker.
        detector: the name of a detector; None: public detections, else the default detector.
        video: whether annotated videos are drawn.
        repeats: number of runs; the medians are reported.
        others: whether other trackers are measured, too.
        progress: receives the progress.

    Raises:
        SiamlinkError: a source cannot be tracked.
        ConfigError: a source is live, or the other trackers are to be measured and are not installed, or there are no
            detections to give them.
    """
    from siamlink.tools.running.job import Job
    from siamlink.tools.running.prepare import check_sources, expand_sources, prepare

    if others and find_spec("trackers") is None:
        raise ConfigError("--other-trackers needs the package trackers: pip install 'trackers>=2.6.1,<3'")
    with TemporaryDirectory(prefix="siamlink-") as folder:
        job = Job(Path(folder), parameters, detector, video=video, overwrite=True)
        expanded = expand_sources(sources)
        inputs = [prepare(source, job) for source in expanded]
        check_sources(inputs)
        for source in inputs:
            if source.live:
                raise ConfigError(f"{source.name} is live, so that runs would differ: measure a recording of it")
            if others and source.detections is None:
                raise ConfigError(
                    f"{source.name} has no detections: --other-trackers compares on MOT sequences with det.txt"
                )
        works: dict[str, Work] = {OURS: _track, **(dict.fromkeys(PEERS, track_by_peer) if others else {})}
        measured: dict[str, list[Measured]] = {name: [] for name in works}
        for turn in range(repeats):
            for done, (name, work) in enumerate(works.items(), turn * len(works)):
                progress("measure", done, repeats * len(works))
                measured[name].append(in_own_process(_measured, work, name, expanded, job, time.time()))
    ours, *peers = map(_median, measured.values())
    return TrackBenchmark(repeats, ours, tuple(peers))


def _measured(work: Work, name: str, sources: list[str], job: "Job", start: float) -> Measured:
    """Do the work in a fresh process; `start` is when the process was started."""
    frames, seconds, tracking = work(name, sources, job, start)
    return Measured(name, frames, seconds, tracking, time.time() - start, time.process_time(), peak_megabytes())


def _track(_: str, sources: list[str], job: "Job", start: float) -> tuple[int, dict[str, float], float]:
    """Track as `siamlink track` does; see `Work`. The stage `write` is the time outside of all other stages."""
    from siamlink.tools.running.prepare import prepare
    from siamlink.tools.running.run import run

    inputs, matcher = [prepare(source, job) for source in sources], job.parameters.load_matcher()
    frames, seconds, tracking, written = 0, {LOAD: time.time() - start}, 0.0, 0.0
    for source in inputs:
        begin = time.perf_counter()
        detector = job.load_detector() if source.detections is None else None
        loaded = time.perf_counter()
        outcome = run(source, job, detector, matcher, lambda *_: None)
        seconds[LOAD] += loaded - begin
        for stage, taken in outcome.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + taken
        tracking += outcome.wall_seconds - outcome.seconds.get("draw", 0.0)
        written += time.perf_counter() - loaded - outcome.wall_seconds
        frames += outcome.result.frame_count
    return frames, {**seconds, WRITE: written}, tracking


def _median(runs: list[Measured]) -> Measured:
    first, peaks = runs[0], [run.peak_megabytes for run in runs if run.peak_megabytes is not None]
    return Measured(
        tracker=first.tracker,
        frames=first.frames,
        seconds={stage: statistics.median(run.seconds[stage] for run in runs) for stage in first.seconds},
        tracking_seconds=statistics.median(run.tracking_seconds for run in runs),
        wall_seconds=statistics.median(run.wall_seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        peak_megabytes=statistics.median(peaks) if peaks else None,
    )


def _speed(seconds: float, relation: str, frames: int) -> tuple[str, str, str]:
    return f"{seconds:.3f}", relation, f"{frames / max(seconds, 1e-9):,.0f}"
