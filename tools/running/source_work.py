"""The sources of a run as tasks for a runner."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.runners.work import Report, ShowNote
from siamlink.tools.running.job import Job
from siamlink.tools.running.notes import notes_on
from siamlink.tools.running.outcome import Outcome, Tracked
from siamlink.tools.running.prepare import prepare
from siamlink.tools.running.resume import run_with_cache
from siamlink.tracker.runs.inputs import TrackingInput

TrackSource = Callable[[TrackingInput, Job, LoadedDetector | None, Matcher, Progress, ShowNote], Outcome]
"""Tracks one source and writes its results; see `run_with_cache`."""


@dataclass(frozen=True)
class SourceTask:
    """A source to track; another process opens it again.

    Attributes:
        index: of the source in the run.
        origin: as `prepare` opens it.
        name: of its results.
        opened: the source, in the process that has opened it.
    """

    index: int
    origin: str
    name: str
    opened: TrackingInput | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process."""
        return type(self), (self.index, self.origin, self.name)


@dataclass(frozen=True)
class Loaded:
    """What a process has loaded for the sources that it tracks.

    Attributes:
        matcher: the models.
        detectors: for the next sources, one for each, as a detector may remember earlier frames.
    """

    matcher: Matcher
    detectors: list[LoadedDetector] = field(default_factory=list)


@dataclass(frozen=True)
class SourceWork:
    """Tracks sources and writes their results.

    Attributes:
        job: what to do with each.
        loaded: in the process that has loaded it; others load their own.
        track: tracks a source in this process; others track by `run_with_cache`.
    """

    job: Job
    loaded: Loaded | None = None
    track: TrackSource = run_with_cache
    unit = "sources"

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process."""
        return type(self), (self.job,)

    @property
    def folder(self) -> Path | None:
        """See `Work`."""
        return None if self.job.prints else self.job.output

    def name_of(self, task: SourceTask) -> str:
        """See `Work`."""
        return task.name

    def prepare(self) -> Callable[[SourceTask, Report], Tracked]:
        """See `Work`."""
        loaded = self.loaded or Loaded(self.job.parameters.load_matcher())
        return lambda task, report: self._track(task, loaded, report)

    def _track(self, task: SourceTask, loaded: Loaded, report: Report) -> Tracked:
        """Track a source; after the death of another process, results that it has left are replaced."""
        job = replace(self.job, overwrite=self.job.overwrite or report.attempt > 1)
        source = task.opened or prepare(task.origin, job)
        detector = None
        if source.detections is None:
            detector = loaded.detectors.pop() if loaded.detectors else job.load_detector()
        outcome = self.track(source, job, detector, loaded.matcher, report.progress, report.note)
        return Tracked.of(outcome, notes_on(outcome, job))
