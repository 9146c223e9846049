"""The loop over the sources of one run: one after the other, or several at once."""

from collections.abc import Generator, Iterator
from contextlib import closing, nullcontext

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.formats.against_picture import lies_within_a_pixel
from siamlink.tools.console.files import clear_abandoned_staging, results_folder
from siamlink.tools.console.terminal import download_bar, show_error, show_note, stage_bars
from siamlink.tools.running.classes_note import classes_note, missing_classes_note
from siamlink.tools.running.job import Job
from siamlink.tools.running.left_out_note import left_out_note, stride_note
from siamlink.tools.running.live import contradicted_rate, losses_of
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.parallel import run_at_once
from siamlink.tools.running.prepare import check_sources, prepare
from siamlink.tools.running.resume import is_finished, resumable, run_with_cache
from siamlink.tracker.runs.inputs import WITHIN_A_PIXEL, TrackingInput

Finished = Generator[tuple[TrackingInput, Outcome | SiamlinkError], None, None]


def track_sources(sources: list[str], job: Job, jobs: int) -> Iterator[tuple[int, Outcome | None]]:
    """Track sources and write their results; errors and remarks go to the terminal, a line for each.

    Args:
        sources: as `prepare` opens them.
        job: what to do with each.
        jobs: how many are tracked at once.

    Yields:
        The index of each source that did not fail, with its outcome; None if an earlier run finished it.

    Raises:
        ConfigError: the sources cannot be tracked in one run.
        SiamlinkError: the detector or the models cannot be loaded.
    """
    inputs = _open_all(sources, job)
    check_sources(inputs, jobs)
    if not inputs:
        return
    matcher = job.parameters.load_matcher()
    unfinished = _without_finished(inputs, job, matcher) if job.resume else inputs
    remaining = {source.name for source in unfinished}
    for index, source in enumerate(inputs):
        if source.name not in remaining:
            show_note(f"{source.name}: finished before; its results stay")
            yield index, None
    one_by_one = min(jobs, len(unfinished)) <= 1
    finished = _in_turn(unfinished, job, matcher) if one_by_one else _at_once(unfinished, job, jobs)
    folder = nullcontext() if job.prints else results_folder(job.output)
    with folder, resumable(inputs, job, show_note), closing(finished):
        for source, outcome in finished:
            if isinstance(outcome, SiamlinkError):
                show_error(f"{source.name}: {outcome}")
                continue
            for note in notes_on(outcome, job):
                show_note(note)
            yield next(index for index, each in enumerate(inputs) if each is source), outcome


def _without_finished(inputs: list[TrackingInput], job: Job, matcher: Matcher) -> list[TrackingInput]:
    """The inputs that the interrupted run has not finished; the temporary files of its processes are removed."""
    clear_abandoned_staging(job.output)
    detector = _detector(job) if any(source.detections is None for source in inputs) else None
    return [source for source in inputs if not is_finished(source, job, detector, matcher)]


def _in_turn(inputs: list[TrackingInput], job: Job, matcher: Matcher) -> Finished:
    shown = False
    for source in inputs:
        detector = _detector(job) if source.detections is None else None
        if detector and not shown and (note := classes_note(detector, job.detector_options)):
            show_note(note)
            shown = True
        outcome: Outcome | SiamlinkError
        try:
            with stage_bars(source.name, job.prints) as progress:
                outcome = run_with_cache(source, job, detector, matcher, progress, show_note)
        except SiamlinkError as error:
            outcome = error
        yield source, outcome


def _at_once(inputs: list[TrackingInput], job: Job, jobs: int) -> Finished:
    if any(source.detections is None for source in inputs):
        detector = _detector(job)  # one that cannot be loaded ends the run; a download is made only once
        if note := classes_note(detector, job.detector_options):
            show_note(note)
    with stage_bars() as progress:
        yield from run_at_once(inputs, job, jobs, progress)


def _open_all(sources: list[str], job: Job) -> list[TrackingInput]:
    """The sources that can be tracked; each of the others is reported as an error."""
    inputs = []
    for source in sources:
        try:
            inputs.append(opened := prepare(source, job))
            if opened.frames and (line := contradicted_rate(opened.frames)):
                show_note(line)
            for note in opened.notes:
                show_note(note)
        except SiamlinkError as error:
            show_error(error)
    return inputs


def _detector(job: Job) -> LoadedDetector:
    """A detector for one video only, as a detector may remember earlier frames."""
    with download_bar() as fetching:
        return job.load_detector(fetching)


def notes_on(outcome: Outcome, job: Job) -> list[str]:
    """What a user should know about a source that was tracked, a line for each."""
    source, notes = outcome.source, []
    if source.frames is None:
        no_video = ", no video written" if job.video and not job.prints else ""
        no_window = ", nothing to show" if job.show else ""
        notes.append(f"{source.name} has no frames: tracked from its detections alone{no_video}{no_window}")
    elif outcome.result.appearance and outcome.result.appearance.missing:
        missing = outcome.result.appearance.missing
        notes.append(f"{source.name}: {missing}; appearance was used up to there, geometry alone after it")
    if source.frames:
        notes += losses_of(source.frames)
    if not outcome.result.counts.detections:
        notes.append(f"{source.name}: no detections{_selection(job)}, so there are no tracks")
    if outcome.result.detector and lies_within_a_pixel(outcome.result.detections.box):
        notes.append(f"{source.name}: {WITHIN_A_PIXEL}")
    remarks = (
        missing_classes_note(outcome.result.class_names, job.detector_options),
        stride_note(outcome.result),
        left_out_note(outcome.result),
    )
    notes += [f"{source.name}: {remark}" for remark in remarks if remark]
    if outcome.result.broken:
        notes.append(f"{source.name}: {outcome.broken}; the results end there")
    elif outcome.broken:
        notes.append(f"{source.name}: {outcome.broken}; the video ends there, the tracks end with the detections")
    return notes


def _selection(job: Job) -> str:
    """The options of the job that leave out detections."""
    options = job.detector_options
    score = "" if options.confidence is None else f" --confidence {options.confidence:g}"
    classes = "" if options.selected is None else f" --classes {','.join(map(str, options.selected))}"
    return f" with{score}{classes}" if score or classes else ""
