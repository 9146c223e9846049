"""Sources opened and checked before any of them is tracked."""

from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.formats.pictures import ReadingOptions
from siamlink.detectors.mot.sequence import find_detections, is_sequence
from siamlink.tools.console.files import check_folder, check_output
from siamlink.tools.running.exports import check_exports
from siamlink.tools.running.job import Job
from siamlink.tools.running.live import patience_for
from siamlink.tools.running.outcome_report import copies_beside
from siamlink.tracker.runs.corrections import Corrections, constraints_on
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.track import check_live_mode, check_mode


def expand_sources(sources: list[str]) -> list[str]:
    """Replace each folder of MOT sequences by its sequences.

    Raises:
        InputError: a folder cannot be read.
    """
    expanded: list[str] = []
    for source in sources:
        folder = Path(source)
        try:
            inside = sorted(folder.iterdir()) if folder.is_dir() and not is_sequence(folder) else []
            sequences = [str(child) for child in inside if is_sequence(child)]
        except OSError as error:
            raise InputError(f"cannot read {source}: {error.strerror or error}") from None
        expanded += sequences or [source]
    return expanded


def prepare(origin: str, job: Job) -> TrackingInput:
    """Open a source, and check that it can be tracked and that its results can be written.

    Raises:
        SiamlinkError: it cannot be opened, tracked or written.
    """
    check_live_mode(origin, job.parameters)
    use_public, constraints = job.detector is None, job.constraints or ()
    detections = _detections_of(origin, job)
    source = open_input(
        origin,
        detections,
        job.frame_rate,
        use_public,
        constraints,
        patience_for(origin, job.patience_seconds),
        reading=job.reading,
        recorded=job.parameters.mode == "offline",
    )
    source = source.selected(job.detector_options)
    check_mode(source, job.parameters)
    if source.detection_file is None and job.reading != ReadingOptions():
        raise ConfigError(f"--box-format and --frames-from are for files of detections, and {source.name} has none")
    if source.live and (job.resume or job.cache):
        raise InputError(f"{source.name} is live and cannot be read again: --resume and --cache are for files")
    if source.frames and not source.frames.files and (job.resume or job.cache):
        raise InputError(f"{source.name} is read by URL: --resume and --cache are for files")
    if source.frames and not source.frames.files and job.report:
        raise InputError(f"{source.name} is no file: --report is for video files and image folders")
    if source.frames and job.decodes(source):
        source.frames.check()
    inputs = [Path(origin)]
    if source.detection_file is not None:
        inputs.append(source.detection_file)
    if isinstance(source.known, Corrections):
        inputs += source.known.files
    if source.detections is not None:
        constraints_on(source.detections, source.known)
    if job.prints:
        return source
    results = job.results(source)
    if source.live:
        results += [partial_path(path) for path in results]
    names = [path.name for path in (*results, *copies_beside(source, job))]
    check_folder(job.output, names, job.may_replace(source), inputs + [Path(origin) / name for name in names])
    check_exports(source, job)
    if stale := job.stale_video(source):
        check_output(stale, job.overwrite)
    return source


def check_sources(inputs: list[TrackingInput], option: str | None = None) -> None:
    """Check that sources can be tracked in one run, with the `option` that asks for other processes.

    Raises:
        ConfigError: two sources would write the same files, or a live one is not alone or not in this process.
    """
    by_name: dict[str, TrackingInput] = {}
    for source in inputs:
        if source.live and len(inputs) > 1:
            raise ConfigError(f"{source.name} is live: track it alone")
        if source.live and option:
            raise ConfigError(f"{source.name} is live: track it without {option}")
        other = by_name.setdefault(source.name, source)
        if other is not source:
            both = f"{other.origin} and {source.origin}"
            raise ConfigError(f"{both} would both write {source.name}.txt: track them into different folders")


def _detections_of(origin: str, job: Job) -> Path | None:
    """The detection file for a source: the job's, or the one at that path inside the sequence's folder."""
    if job.detections is None or not is_sequence(Path(origin)):
        return job.detections
    return find_detections(job.detections, Path(origin))
