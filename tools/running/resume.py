"""What is seen of a source is kept while it is tracked: beside the results until all are written, or in a cache."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from siamlink.association.matcher import MODEL_FILES, Matcher
from siamlink.detectors.base.errors import InputError, OutputError, SiamlinkError
from siamlink.detectors.base.fingerprint import code_digest, file_digest, package_version, text_digest
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.console.files import output_errors, write_text
from siamlink.tools.running.job import RECORDED_PACKAGES, Job, Outcome, run
from siamlink.tracker.cache.frame_cache import CODE, NO_CACHE, FrameCache, open_frame_cache
from siamlink.tracker.cache.record_store import files_of, frames_of, label_of
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.inputs import TrackingInput

Note = Callable[[str], None]
"""Told what a person should know at once."""
MARK = "finished"
"""The file that says what the results depend on, in the folder of a source that is finished while others are not."""


def run_and_keep(
    opened: TrackingInput,
    job: Job,
    detector: LoadedDetector | None,
    matcher: Matcher,
    progress: Progress,
    note: Note,
) -> Outcome:
    """Track one input and write its results as `run` does; what is seen of it on the way, unless it is live, is kept.

    The job's folder for it stays when the run is interrupted; else it holds only the mark of a finished source, until
    `forget` takes it away, or is gone if the source has failed.

    Raises:
        SiamlinkError: as `run`, or a file of the input cannot be read.
    """
    if opened.live:  # nobody can play it again
        return run(opened, job, detector, matcher, progress)
    folder = job.kept(opened)
    if not job.resume:
        shutil.rmtree(folder, ignore_errors=True)
    allowed = replace(job, overwrite=job.may_replace(opened))
    with output_errors(folder):
        folder.mkdir(exist_ok=True)
    try:
        with _seen(opened, job, detector, matcher, note) as seen:
            outcome = run(opened._replace(seen=seen), allowed, detector, matcher, progress)
        if outcome.broken is None:
            with suppress(OutputError):  # another run has taken the folder away; the results are whole without a mark
                write_text(folder / MARK, _results_depend_on(opened, job, detector, matcher), overwrite=True)
            for path in files_of(folder):
                path.unlink(missing_ok=True)
    except SiamlinkError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return replace(outcome, opened=opened)


def is_finished(opened: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher) -> bool:
    """Whether an interrupted run of the same settings on the same input has written its results, and they are there."""
    try:
        said = (job.kept(opened) / MARK).read_text("utf-8")
    except OSError:
        return False
    whole = all(path.is_file() for path in job.results(opened))
    return whole and said == _results_depend_on(opened, job, detector, matcher)


def forget(inputs: list[TrackingInput], job: Job) -> None:
    """Take away what is kept beside the results; nothing was interrupted."""
    for opened in inputs:
        shutil.rmtree(job.kept(opened), ignore_errors=True)


def say_what_is_kept(inputs: list[TrackingInput], job: Job, note: Note) -> None:
    """Say of each source that was interrupted how to go on; take away what holds nothing."""
    for opened in inputs:
        if job.partial(opened).is_file() and not opened.live:
            note(f"{opened.name}: the tracks of the frames that were final are in {job.partial(opened)}")
        with suppress(OSError):  # there is something in it
            job.kept(opened).rmdir()
        if (job.kept(opened) / MARK).is_file():
            continue
        frames: dict[str, set[int]] = {}
        for path in files_of(job.kept(opened)):
            frames.setdefault(label_of(path), set()).update(frames_of(path))
        for label, seen in frames.items():
            note(f"{label}: kept of {len(seen)} frames; --resume goes on from there")
    if job.cache:
        note(f"what was seen is kept in {job.cache.folder}; the same command goes on from there")


@contextmanager
def _seen(
    opened: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, note: Note
) -> Iterator[FrameCache]:
    """What is known of an input, and a place for what is found out: in the cache, or else in the job's folder."""
    seen = NO_CACHE
    if opened.frames is not None:
        folder = job.cache.folder if job.cache else job.kept(opened)
        finder = detector if opened.detections is None else None
        with _readable():
            seen = open_frame_cache(
                folder, opened.frames, opened.frame_rate, finder, matcher.appearance, job.parameters.flow
            )
    for line in _remarks(opened, job, detector, matcher, seen):
        note(f"{opened.name}: {line}")
    try:
        yield seen
    finally:
        for store in seen.stores:
            store.close()
        for fault in dict.fromkeys(store.fault for store in seen.stores if store.fault):
            note(f"{opened.name}: {fault}; from there on, what was seen is not kept")
        if job.cache:
            job.cache.trim()


def _remarks(
    opened: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, seen: FrameCache
) -> Iterator[str]:
    """What to say of what is known before a source is tracked, where a person has asked for it."""
    if not (job.resume or job.cache):
        return
    if opened.detections is None and detector and detector.fingerprint is None:
        yield f"detector '{detector.name}' has no fingerprint, so it looks at every frame again"
    if opened.frames and matcher.appearance and matcher.appearance.fingerprint is None:
        yield f"appearance '{matcher.appearance.name}' has no fingerprint, so it looks at every box again"
    if damaged := sum(store.damaged for store in seen.stores):
        yield f"{damaged} records of what was kept are damaged; those frames are looked at again"
    kinds = (("detections", seen.detections.store), ("looks", seen.looks.store))
    known = [f"{kind} of {store.frame_count} frames" for kind, store in kinds if store and store.frame_count]
    if known:
        yield f"known already: {', '.join(known)}"
    elif job.resume and not job.cache and files_of(job.kept(opened)):
        yield "what is kept is of another input, detector or appearance; it starts afresh"
    elif job.resume:
        yield "there is nothing to resume; it starts afresh"


def _results_depend_on(opened: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher) -> str:
    """A digest of all that decides what the results of an input are."""
    files = list(opened.frames.files) if opened.frames else []
    files += [opened.detection_file] if opened.detection_file else []
    files += [opened.known.path, *opened.known.tracks] if isinstance(opened.known, Corrections) else []
    model = job.parameters.model_folder
    files += [model / name for name in MODEL_FILES if (model / name).is_file()] if model else []
    finder = detector if opened.detections is None else None
    plug_ins = [each and (each.name, each.fingerprint) for each in (finder, matcher.appearance)]
    settings = job.parameters.model_dump(), opened.frame_rate, opened.last_frame, job.draws(opened)
    versions = [package_version(name) for name in RECORDED_PACKAGES]
    with _readable():
        digests = list(map(file_digest, files))
    return text_digest(json.dumps([digests, plug_ins, settings, versions, code_digest(*CODE)]))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror or error}") from None
