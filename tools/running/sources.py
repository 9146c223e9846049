"""The loop over the sources of one run: one after the other, or several at once."""

from collections.abc import Iterator
from contextlib import closing, nullcontext

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.console.files import clear_abandoned_staging, results_folder
from siamlink.tools.console.terminal import download_bar, show_error, show_note, stage_bars
from siamlink.tools.runners.runner import Runner
from siamlink.tools.running.classes_note import classes_note
from siamlink.tools.running.job import Job
from siamlink.tools.running.live import rate_notes
from siamlink.tools.running.outcome import Tracked
from siamlink.tools.running.prepare import check_sources, prepare
from siamlink.tools.running.resume import is_finished, resumable, run_with_cache
from siamlink.tools.running.source_work import Loaded, SourceTask, SourceWork, TrackSource
from siamlink.tracker.runs.inputs import TrackingInput


def track_sources(
    sources: list[str], job: Job, runner: Runner, track: TrackSource = run_with_cache
) -> Iterator[tuple[int, Tracked | None]]:
    """Track sources and write their results; errors and remarks go to the terminal, a line for each.

    Args:
        sources: as `prepare` opens them.
        job: what to do with each.
        runner: where they are tracked.
        track: tracks one of them; other than by default only in this process.

    Yields:
        The index of each source that did not fail, with what is said of it; None if an earlier run finished it.

    Raises:
        ConfigError: the sources cannot be tracked in one run.
        SiamlinkError: the detector or the models cannot be loaded.
    """
    keeps = job.resume or runner.option is None
    opened = _open_all(sources, job, keeps)
    inputs = [source for _, source in opened]
    check_sources(inputs, runner.option)
    if not inputs:
        return
    loaded = Loaded(job.parameters.load_matcher())
    finished = _finished(inputs, job, loaded.matcher) if job.resume else set[str]()
    tasks = [
        SourceTask(index, origin, source.name, source if keeps else None)
        for index, (origin, source) in enumerate(opened)
    ]
    for task in tasks:
        if task.name in finished:
            show_note(f"{task.name}: finished before; its results stay")
            yield task.index, None
    if any(source.detections is None for source in inputs if source.name not in finished):
        detector = _detector(job)  # one that cannot be loaded ends the run; a download is made only once
        if note := classes_note(detector, job.detector_options):
            show_note(note)
        loaded.detectors.append(detector)
    folder = nullcontext() if job.prints else results_folder(job.output)
    name = inputs[0].name if len(inputs) == 1 else ""
    with folder, resumable(inputs, job, show_note), stage_bars(name, job.prints) as progress:
        work, remaining = SourceWork(job, loaded, track), [task for task in tasks if task.name not in finished]
        with closing(runner.run(work, remaining, progress, show_note)) as tracked:
            for task, answer in tracked:
                if isinstance(answer, SiamlinkError):
                    show_error(f"{task.name}: {answer}")
                    continue
                for note in answer.notes:
                    show_note(note)
                yield task.index, answer


def _finished(inputs: list[TrackingInput], job: Job, matcher: Matcher) -> set[str]:
    """The names of what the interrupted run has finished; the temporary files of its processes are removed."""
    clear_abandoned_staging(job.output)
    detector = _detector(job) if any(source.detections is None for source in inputs) else None
    return {source.name for source in inputs if is_finished(source, job, detector, matcher)}


def _open_all(sources: list[str], job: Job, keeps: bool) -> list[tuple[str, TrackingInput]]:
    """The sources that can be tracked, with what was opened; each of the others is reported as an error.

    Args:
        sources: as `prepare` opens them.
        job: what to do with each.
        keeps: whether they are tracked as opened here; else their detections, which may need much memory, are not kept.
    """
    opened: list[tuple[str, TrackingInput]] = []
    for origin in sources:
        try:
            source = prepare(origin, job)
            for line in rate_notes(source):
                show_note(line)
            for note in source.notes:
                show_note(note)
            if not keeps and source.detections is not None:
                source = source._replace(detections=Detections.empty())
            opened.append((origin, source))
        except SiamlinkError as error:
            show_error(error)
    return opened


def _detector(job: Job) -> LoadedDetector:
    """A detector for one video only, as a detector may remember earlier frames."""
    with download_bar() as fetching:
        return job.load_detector(fetching)
