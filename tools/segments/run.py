"""A video tracked in segments: they are detected and described by themselves, and linked as one video."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ConfigError, InputError, SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.open import live_title
from siamlink.tools.runners.runner import Crew, Runner
from siamlink.tools.runners.work import Report, ShowNote
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.run import run
from siamlink.tools.segments.describe import DescribedInSegments
from siamlink.tools.segments.segment_file import Arrays, DamagedFile
from siamlink.tools.segments.segmented import SegmentedVideo
from siamlink.tools.segments.work import Models, SegmentTask, SegmentWork
from siamlink.tracker.cache.frame_cache import FrameCache
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import ToDescribe

DescribeAhead = Callable[[ToDescribe], None]


@dataclass(frozen=True)
class TrackInSegments:
    """Tracks sources in segments; it is called like `run_with_cache`.

    Attributes:
        count: how many segments each source has.
        runner: where they are done.
    """

    count: int
    runner: Runner

    def __call__(
        self,
        source: TrackingInput,
        job: Job,
        detector: LoadedDetector | None,
        matcher: Matcher,
        progress: Progress,
        note: ShowNote,
    ) -> Outcome:
        """Track one source and write its results; a run that was interrupted goes on with the segments that it lacks.

        Raises:
            SiamlinkError: as `run`, or a segment cannot be done.
        """
        if not has_segments(source, job, matcher):
            note(f"{source.name}: nothing is decoded before it is linked, so it is not cut into segments")
            return run(source, job, detector, matcher, progress)
        video = SegmentedVideo(source, job, Models(job, matcher, detector), self.count)
        with opened_crew(video, self.runner) as crew:
            outcome = SegmentedRun(video, crew, Report(progress, note)).track()
        shutil.rmtree(video.folder, ignore_errors=True)
        return outcome


def check_not_live(sources: Sequence[str]) -> None:
    """Check before sources are opened that none is a camera or a stream.

    Raises:
        InputError: one is.
    """
    for source in sources:
        if title := live_title(source):
            raise InputError(f"{title} is live: segments are for video files, image folders and MOT sequences")


def has_segments(source: TrackingInput, job: Job, matcher: Matcher) -> bool:
    """Whether a source has images that are needed before the tracks are known.

    Raises:
        ConfigError: it is not to be tracked offline.
        InputError: it is no file.
    """
    if job.parameters.mode != "offline":
        raise ConfigError(f"segments are for mode offline, not for mode {job.parameters.mode}")
    if source.frames is None or (source.detections is not None and matcher.appearance is None):
        return False
    if not source.frames.files:
        raise InputError(f"{source.name} is read by URL: segments are for files")
    return True


@contextmanager
def opened_crew(video: SegmentedVideo, runner: Runner) -> Iterator[Crew[SegmentTask, None]]:
    """Workers for the segments of a video."""
    source = video.source._replace(detections=None)  # they may need much memory, and processes get a copy
    with runner.crew(SegmentWork(source, video.job, video.folder, video.models)) as crew:
        yield crew


@dataclass(frozen=True)
class SegmentedRun:
    """One run over a video in segments.

    Attributes:
        video: the video.
        crew: does segments.
        report: takes progress and notes.
    """

    video: SegmentedVideo
    crew: Crew[SegmentTask, None]
    report: Report

    def track(self) -> Outcome:
        """Do the segments that are missing, link all of them, and write the results.

        Raises:
            SiamlinkError: as `run`, or a segment cannot be done.
        """
        video, source, models = self.video, self.video.source, self.video.models
        cache, ahead = self.described(self.detected())
        opened = source._replace(cache=cache)
        outcome = run(opened, video.job, models.detector, models.loaded_matcher(), self.report.progress, ahead)
        return replace(outcome, source=source)

    def detected(self) -> FrameCache:
        """A cache with the detections of all segments, unless they are given."""
        if self.video.source.detections is not None:
            return self.video.source.cache
        return self.video.detected(self.video.checked(self.completed(self.video.detect_tasks())))

    def described(self, cache: FrameCache) -> tuple[FrameCache, DescribeAhead | None]:
        """The cache, and what puts the appearance by all segments into it; None where the run itself describes."""
        appearances = self.video.models.loaded_matcher().appearances
        unknown = [each.name for each in appearances.values() if each.fingerprint is None]
        for name in unknown:
            self.report.note(f"appearance '{name}' has no fingerprint: it is described in one piece")
        if unknown or not appearances:
            return cache, None
        described = DescribedInSegments(appearances)

        def ahead(needed: ToDescribe) -> None:
            for record in self.video.checked(self.completed(self.video.describe_tasks(needed))):
                described.add(record, needed.appearance)

        return described.joined(cache), ahead

    def completed(self, tasks: Sequence[SegmentTask]) -> list[Arrays]:
        """What came of the tasks, in their order; those that are missing are done.

        Raises:
            SiamlinkError: one of them fails; the others are done nevertheless.
        """
        records, damaged = list[Arrays | None](), list[SegmentTask]()
        for task in tasks:
            try:
                records.append(task.file.read())
            except DamagedFile:
                self.report.note(f"segment {task.segment} of {self.video.source.name} was damaged; it is done again")
                records.append(None)
                damaged.append(task)
        missing = [task for task, record in zip(tasks, records, strict=True) if record is None]
        if missing:
            self.check_missing(tasks, [task for task in missing if task not in damaged])
            self._do(missing)
        return [task.file.written() if record is None else record for task, record in zip(tasks, records, strict=True)]

    def check_missing(self, tasks: Sequence[SegmentTask], missing: Sequence[SegmentTask]) -> None:
        """Check whether those of the tasks that are missing can be done here."""
        if missing and len(missing) < len(tasks):
            self.report.note(f"{self.video.source.name}: {len(tasks) - len(missing)} of {len(tasks)} segments are done")

    def _do(self, tasks: Sequence[SegmentTask]) -> None:
        failed: SiamlinkError | None = None
        with closing(self.crew.run(tasks, self.report.progress, self.report.note)) as done:
            for task, error in done:
                if error and failed is None:
                    failed = SiamlinkError(f"segment {task.segment}: {error}")
        if failed:
            raise failed
