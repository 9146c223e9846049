"""The linking of a run, once more: by the record of the run, from the same detections."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.parameters import build
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.results.read import Results
from siamlink.tools.results.recorded_files import part_of, recorded_file
from siamlink.tools.running.job import Job
from siamlink.tools.running.recorded import detections_of, detector_options_of, same_rate
from siamlink.tools.running.resume import opened_frame_cache
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.options import TrackingOptions, no_progress
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.search import with_earlier_found
from siamlink.tracker.runs.track import track_input, with_cached_detections
from siamlink.tracker.searching.earlier import EarlierFound

NO_DETECTIONS = (
    "the detections of the run are in no file: track again with --report (for --serve with --cache), or give the "
    "--cache of the run"
)


class CannotRerun(Exception):  # noqa: N818 - no error of the user: the report is written without explanations
    """The linking cannot be repeated; the message says why."""


@dataclass(frozen=True)
class Rerun:
    """The linking of a run, which can be repeated. Objects are not searched for again: what was found is taken over.

    Attributes:
        source: the input of the run, with its detections.
        parameters: the settings of the run.
        matcher: the models that they name.
        found: what a search of the run found.
    """

    source: TrackingInput
    parameters: TrackerParameters
    matcher: Matcher
    found: EarlierFound

    def link(self, progress: Progress = no_progress, explain: bool = False) -> TrackingResult:
        """Link again.

        Raises:
            InputError: the input cannot be read.
            ConfigError: links are to be explained, and cannot be under these settings.
        """
        options = TrackingOptions(
            self.parameters, matcher=self.matcher, progress=progress, explain=explain, searches=False
        )
        return with_earlier_found(track_input(self.source, options), self.found)


@contextmanager
def opened_rerun(results: Results, source: Path | None, cache: Path | None = None) -> Iterator[Rerun]:
    """What a run has linked, by its record, until the end of the block.

    Args:
        results: the tracks of the run, with its record.
        source: the video file, image folder or MOT sequence.
        cache: the folder in which the run has kept detections and descriptors.

    Raises:
        CannotRerun: the record does not say what is needed, or this is not there any more.
    """
    if not results.record:
        raise CannotRerun("there is no record of a run beside the tracks")
    if source is None:
        raise CannotRerun("the source of the run was not found")
    with ExitStack() as stack:
        try:
            parameters = build(TrackerParameters, part_of(results.record, "config"), "the record")
            matcher = parameters.load_matcher()
            opened = _opened(source, results)
            if cache is not None:
                opened = stack.enter_context(_cached(opened, results, parameters, matcher, cache))
        except SiamlinkError as error:
            raise CannotRerun(str(error)) from None
        if opened.detections is None:
            raise CannotRerun(NO_DETECTIONS if cache is None else f"{cache} has no detections of all frames of the run")
        yield Rerun(opened, parameters, matcher, EarlierFound(results.tracks))


def same_tracks(results: Results, again: TrackingResult) -> bool:
    """Whether the tracks of a rerun are those that were read, as a file of tracks holds them."""
    read, made = (tracks.to_mot_text(again.class_names) for tracks in (results.tracks, again.tracks))
    return read == made


def _opened(source: Path, results: Results) -> TrackingInput:
    """The input of the run; without detections if a detector has found them.

    Raises:
        SiamlinkError: it cannot be opened.
        CannotRerun: there is no file of detections where the record says.
    """
    stated = part_of(results.record, "input")
    detections = _detection_file(results)
    corrections = part_of(results.record, "constraints").get("file")
    constraints = _found(str(corrections), results) if corrections else ()
    opened = open_input(source, detections, None, use_public=False, constraints=constraints)
    rate = stated.get("frame_rate")
    if isinstance(rate, int | float) and not same_rate(rate, opened.frame_rate):
        opened = open_input(source, detections, float(rate), use_public=False, constraints=constraints)
    if isinstance(name := stated.get("name"), str):
        opened = opened.named(name)
    return opened if detections is None else opened.selected(detector_options_of(results.record))


def _detection_file(results: Results) -> Path | None:
    """The file of detections; None if a detector has found them."""
    stated, by_detector = detections_of(results.record)
    if not stated:
        raise CannotRerun("the record does not name the detections")
    return None if by_detector else _found(stated, results)


def _found(stated: str, results: Results) -> Path:
    """A file that the record names, from the present folder or from that of the results."""
    if found := recorded_file(stated, results.path, results.record):
        return found
    raise CannotRerun(f"{stated} of the run was not found")


@contextmanager
def _cached(
    source: TrackingInput, results: Results, parameters: TrackerParameters, matcher: Matcher, cache: Path
) -> Iterator[TrackingInput]:
    """The input with the detections and descriptors that the run has kept."""
    name, _ = detections_of(results.record)
    options = detector_options_of(results.record)
    job = Job(Path(), parameters, name, cache=cache, cache_limit=sys.maxsize, detector_options=options)
    detector = job.load_detector() if source.detections is None else None
    with opened_frame_cache(source, job, detector, matcher, lambda _: None) as frame_cache:
        recorded = source._replace(cache=frame_cache)
        if detector is None:
            yield recorded
        else:
            yield with_cached_detections(recorded._replace(class_names=detector.class_names))
