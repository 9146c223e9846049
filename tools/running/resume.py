"""Records for `track --resume` and `track --cache`: what earlier runs recorded of a source is not processed again."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import InputError, OutputError
from siamlink.detectors.base.fingerprint import code_digest, package_version, text_digest
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.formats.read import files_of
from siamlink.tools.console.files import output_errors, write_text
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import RECORDED_PACKAGES, Outcome
from siamlink.tools.running.run import run
from siamlink.tracker.cache.frame_cache import CODE, NO_CACHE, FrameCache, content_digest, open_frame_cache
from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.inputs import TrackingInput

Note = Callable[[str], None]
"""Shows a line to the user at once."""
FINISHED = "finished"
"""The file in the resume folder of a finished source; it holds a digest of all that the results depend on."""


def run_with_cache(
    source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, progress: Progress, note: Note
) -> Outcome:
    """Track one source as `run` does; with --resume or --cache, record its frames and use what is recorded of them.

    A run with neither reads the source for tracking only, and writes nothing but its results.

    Raises:
        SiamlinkError: as `run`, or a file of the source cannot be read.
    """
    if not (job.resume or job.cache):
        return run(source, job, detector, matcher, progress)
    folder, digest = job.resume_folder(source), ""
    may_replace = replace(job, overwrite=job.may_replace(source))
    if job.resume:
        digest = _results_digest(source, job, detector, matcher)
        with output_errors(folder):
            folder.mkdir(exist_ok=True)
    with opened_frame_cache(source, job, detector, matcher, note) as cache:
        outcome = run(source._replace(cache=cache), may_replace, detector, matcher, progress)
    if job.resume and outcome.broken is None:
        with suppress(OutputError):  # another run has removed the folder; the results are complete nevertheless
            write_text(folder / FINISHED, digest, overwrite=True)
    return replace(outcome, source=source)


def is_finished(source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher) -> bool:
    """Whether an interrupted run with the same settings and input has written the results, and they are still there."""
    try:
        digest = (job.resume_folder(source) / FINISHED).read_text("utf-8")
    except OSError:
        return False
    complete = all(path.is_file() for path in job.results(source))
    return complete and digest == _results_digest(source, job, detector, matcher)


@contextmanager
def resumable(sources: list[TrackingInput], job: Job, note: Note) -> Iterator[None]:
    """If the block is interrupted, say how to continue; else remove the resume folders at its end."""
    try:
        yield
        for source in () if job.prints else sources:
            shutil.rmtree(job.resume_folder(source), ignore_errors=True)
    except Exception:
        raise
    except BaseException:  # Ctrl-C or SIGTERM
        if not job.prints:
            _note_interruption([source for source in sources if not source.live], job, note)
        raise


def _note_interruption(sources: list[TrackingInput], job: Job, note: Note) -> None:
    for source in sources:
        if job.partial(source).is_file():
            note(f"{source.name}: the tracks that are final are in {job.partial(source)}")
    folders = [job.resume_folder(source) for source in sources]
    for folder in folders:
        if (folder / DATABASE).is_file() and not (folder / FINISHED).exists():
            with RecordDatabase(folder) as database:
                for entry in database.entries():
                    note(f"{entry.label}: {counted(entry.frames, 'frame is', 'frames are')} recorded")
    if job.segments is not None:
        note("the segments that are done stay: the same command continues with the others")
    elif job.resume or job.cache:
        note("the same command continues from what is recorded")
    elif sources:
        note("start with --resume to be able to continue after an interruption")


@contextmanager
def opened_frame_cache(
    source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, note: Note
) -> Iterator[FrameCache]:
    """What is recorded of a source, in the folder of --cache or else in its resume folder."""
    if source.frames is None:
        yield NO_CACHE
        return
    if source.detections is not None:
        detector = None
    with RecordDatabase(job.cache or job.resume_folder(source)) as database:
        with _read_errors():
            flow = job.parameters.flow
            appearances = matcher.appearances.values()
            cache = open_frame_cache(database, source.frames, source.frame_rate, detector, appearances, flow)
        for line in _cache_notes(cache, database, job, detector, matcher):
            note(f"{source.name}: {line}")
        try:
            yield cache
        finally:
            if job.cache:
                database.trim(job.cache_limit)
            if database.fault:
                note(f"{source.name}: {database.fault}; not all frames are recorded")


def _cache_notes(
    cache: FrameCache, database: RecordDatabase, job: Job, detector: LoadedDetector | None, matcher: Matcher
) -> Iterator[str]:
    """What the user should know of the records before a source is tracked."""
    if detector and detector.fingerprint is None:
        yield f"detector '{detector.name}' has no fingerprint, so its detections are not recorded"
    for appearance in matcher.appearances.values():
        if appearance.fingerprint is None:
            yield f"appearance '{appearance.name}' has no fingerprint, so its descriptors are not recorded"
    if cache.damaged:
        yield f"{counted(cache.damaged, 'record was', 'records were')} damaged; their frames are processed again"
    kinds = [("detections", cache.detections.store)]
    kinds += [("descriptors", each.store) for each in cache.descriptors.values()]
    counts = [
        f"{kind} of {counted(store.frame_count, 'frame')}" for kind, store in kinds if store and store.frame_count
    ]
    if counts:
        yield f"from the cache: {', '.join(counts)}"
    elif job.resume and not job.cache and database.entries():
        yield "the records are of another input, detector or appearance; all frames are processed"
    elif job.resume:
        yield "no interrupted run found; starting from the first frame"


def _results_digest(source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher) -> str:
    """A digest of all that the results of a source depend on."""
    files = list(source.frames.files) if source.frames else []
    files += files_of(source.detection_file) if source.detection_file else []
    files += source.known.files if isinstance(source.known, Corrections) else []
    files += job.parameters.model_files
    used_detector = detector if source.detections is None else None
    names = source.class_names if used_detector is None else used_detector.class_names
    plug_ins = [used_detector, *matcher.appearances.values()]
    fingerprints = [plug_in and (plug_in.name, plug_in.fingerprint) for plug_in in plug_ins]
    reading = job.reading.box_format, job.reading.frames_from, repr(job.detector_options.given)
    settings = (
        job.parameters.model_dump(),
        source.frame_rate,
        source.last_frame,
        job.draws(source),
        reading,
        source.first_frame,
    )
    classes = sorted(names.items()) if names is not None else None
    versions = [package_version(name) for name in RECORDED_PACKAGES]
    with _read_errors():
        content = content_digest(files)
    return text_digest(json.dumps([content, fingerprints, classes, settings, versions, code_digest(*CODE)]))


@contextmanager
def _read_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror or error}") from None
