"""The command `siamlink track`."""

from collections.abc import Generator, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.options import Config, Detector, FrameRate, OutputFolder, Overwrite, Patience, Settings

if TYPE_CHECKING:
    from siamlink.association.matcher import Matcher
    from siamlink.detectors.base.errors import SiamlinkError
    from siamlink.detectors.detector import LoadedDetector
    from siamlink.tools.running.job import Job, Outcome
    from siamlink.tracker.runs.inputs import TrackingInput

    Finished = Generator[tuple[TrackingInput, Outcome | SiamlinkError], None, None]

EXIT_FAILED, EXIT_PARTIAL = 2, 3


class Mode(StrEnum):
    """How far the tracker looks ahead."""

    offline = "offline"
    windowed = "windowed"
    online = "online"


class Solver(StrEnum):
    """How links are chosen."""

    lp = "lp"
    hungarian = "hungarian"


def track(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Video file, image folder, MOT sequence or folder of sequences, camera number, or stream URL.",
        ),
    ],
    output: OutputFolder,
    detector: Detector = None,
    detections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="MOT detections; may be a path inside each sequence's folder."),
    ] = None,
    constraints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Corrections of earlier tracks, which must be, or cannot be, one person; see above.",
        ),
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Whole sequence at once, with a bounded delay, or without.")] = None,
    solver: Annotated[
        Solver | None, typer.Option(help="Exact linear program, or, faster, Hungarian frame by frame.")
    ] = None,
    config: Config = None,
    settings: Settings = None,
    frame_rate: FrameRate = None,
    patience: Patience = None,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write the annotated video.")] = True,
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, max=1024, help="Track N sources at once, in processes of their own.")
    ] = 1,
    overwrite: Overwrite = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Record each frame, and continue an interrupted run that was started with it."),
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Record detections and descriptors there, and reuse them in later runs."),
    ] = None,
    cache_limit: Annotated[
        float,
        typer.Option(
            metavar="GB", min=0, help="Maximum size of the cache; the least recently used entries are removed first."
        ),
    ] = 10.0,
) -> None:
    """Say who is who in every frame.

    A MOT sequence is tracked from its det/det.txt unless a detector is named; anything else by yolox-nano unless
    another is. A camera or stream needs --mode online or --mode windowed, and Ctrl-C ends it. Its frames are dropped
    where they come faster than they can be tracked, and where it is lost, it is called again until --patience is over;
    frame numbers go on in real time meanwhile.

    Writes for each source, NAME being that of its file or folder: DIR/NAME.txt, tracks in MOT format (frame, id, left,
    top, width, height, score, -1, -1, and 1 if the box was filled in between detections, -1 if not); DIR/NAME.mp4, the
    annotated video (boxes filled in are dashed, and the number of the frame is in a corner); DIR/NAME.json, the
    settings, versions, counts and seconds a stage. Earlier ones are kept and the source is refused, unless --overwrite
    is given: it replaces them, and removes an earlier video where no new one is drawn. Of a camera or stream, tracks
    and video grow in DIR/NAME.partial.txt and DIR/NAME.partial.mp4 until it ends; should the program be killed, what
    was final lies there. Prints a table of all sources. With --jobs the results are the same, only sooner, and each
    process needs as much memory as one alone.

    Whoever knows better than earlier tracks corrects them by a text file for --constraints. Its line 'tracks FILE'
    names earlier tracks, by a path relative to its own folder. 'must FRAME ID FRAME ID' says that two of their boxes
    are one person, and 'cannot FRAME ID FRAME ID' that they are not in one track; '#' begins a comment. Name boxes
    close to the mistake, right before and after it, as all that lies between is left to the tracker; those that were
    filled in cannot be named. The tracks are the best of all that obey, and go to another folder.

    With --resume, a run records each frame in a hidden folder of DIR until it ends. If it is interrupted, the same
    command continues: it does not detect or describe recorded frames again, and it gives the results of a run that was
    not interrupted. With --cache, the records stay, so that a run with other settings of the tracker reuses them; they
    belong to the content of the video, the detector and the appearance; see 'siamlink cache'. A plug-in is recorded if
    it has a 'fingerprint', a text that names all that its output depends on besides the image. Without these options a
    run records nothing. Interrupted windowed or online tracking always leaves the final tracks in DIR/NAME.partial.txt.

    Exit code: 0 all is well, 2 something could not be used, 3 an input broke off and the results reach until there,
    130 interrupted.
    """
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS
    from siamlink.tools.console.files import check_folder
    from siamlink.tools.running.job import GIGABYTE, Job, expand_sources
    from siamlink.tracker.parameters import load_parameters

    chosen = [f"{key}={value}" for key, value in (("mode", mode), ("solver", solver)) if value]
    parameters = load_parameters(config, [*chosen, *(settings or [])])
    if detector is not None and detections:
        raise ConfigError("give --detector or --detections, not both")
    expanded = expand_sources(sources)
    if detections and detections.exists() and len(expanded) > 1:
        raise ConfigError(f"--detections {detections} belongs to one source, but {len(expanded)} are given")
    if constraints and len(expanded) > 1:
        raise ConfigError(f"--constraints {constraints} belongs to one source, but {len(expanded)} are given")
    patience = PATIENCE_SECONDS if patience is None else patience
    if cache:
        check_folder(cache, ())
    limit = round(cache_limit * GIGABYTE)
    choices = detector, detections, frame_rate, video, overwrite, constraints, patience, resume, cache, limit
    job = Job(output, parameters, *choices)
    outcomes: dict[int, Outcome | None] = {}
    try:
        outcomes.update(_track_all(expanded, job, jobs))
    finally:
        if new := [outcome for _, outcome in sorted(outcomes.items(), key=lambda each: each[0]) if outcome]:
            _show(new, output)
    if len(outcomes) < len(expanded):
        raise typer.Exit(EXIT_FAILED)
    if any(outcome and outcome.broken for outcome in outcomes.values()):
        raise typer.Exit(EXIT_PARTIAL)


def _track_all(sources: list[str], job: "Job", jobs: int) -> Iterator[tuple[int, "Outcome | None"]]:
    """Open all sources, then track one after the other, or several at once; yields each one's place and outcome.

    The outcome is None where an interrupted run has finished the source.

    What goes wrong with one does not keep the others from being tracked; what goes wrong with all ends the run.
    """
    from siamlink.detectors.base.errors import SiamlinkError
    from siamlink.tools.console.files import results_folder
    from siamlink.tools.console.terminal import show_error, show_note
    from siamlink.tools.running.job import check_sources
    from siamlink.tools.running.resume import resumable

    inputs = _open_all(sources, job)
    check_sources(inputs, jobs)
    if not inputs:
        return
    matcher = job.parameters.load_matcher()
    left = _without_finished(inputs, job, matcher) if job.resume else inputs
    for place, opened in enumerate(inputs):
        if opened.name not in [each.name for each in left]:
            show_note(f"{opened.name}: finished before; its results stay")
            yield place, None
    finished = _in_turn(left, job, matcher) if min(jobs, len(left)) <= 1 else _at_once(left, job, jobs)
    with results_folder(job.output), resumable(inputs, job, show_note), closing(finished):
        for opened, outcome in finished:
            if isinstance(outcome, SiamlinkError):
                show_error(f"{opened.name}: {outcome}")
                continue
            for note in _notes(outcome, job.video):
                show_note(note)
            yield next(place for place, each in enumerate(inputs) if each is opened), outcome


def _without_finished(inputs: list["TrackingInput"], job: "Job", matcher: "Matcher") -> list["TrackingInput"]:
    """The inputs that the run which is resumed has not finished; what its processes have left half written goes."""
    from siamlink.tools.console.files import clear_abandoned_staging
    from siamlink.tools.running.resume import is_finished

    clear_abandoned_staging(job.output)
    detector = _detector(job) if any(opened.detections is None for opened in inputs) else None
    return [opened for opened in inputs if not is_finished(opened, job, detector, matcher)]


def _in_turn(inputs: list["TrackingInput"], job: "Job", matcher: "Matcher") -> "Finished":
    from siamlink.detectors.base.errors import SiamlinkError
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.running.resume import run_with_cache

    for opened in inputs:
        detector = _detector(job) if opened.detections is None else None
        outcome: Outcome | SiamlinkError
        try:
            with stage_bars(opened.name) as progress:
                outcome = run_with_cache(opened, job, detector, matcher, progress, show_note)
        except SiamlinkError as error:
            outcome = error
        yield opened, outcome


def _at_once(inputs: list["TrackingInput"], job: "Job", jobs: int) -> "Finished":
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.running.parallel import run_at_once

    if any(opened.detections is None for opened in inputs):
        _detector(job)  # a detector that cannot be loaded ends the run; one that has to be fetched is fetched once
    with stage_bars() as progress:
        yield from run_at_once(inputs, job, jobs, progress)


def _open_all(sources: list[str], job: "Job") -> list["TrackingInput"]:
    """The sources that can be used; for each of the others a line says why not."""
    from siamlink.detectors.base.errors import SiamlinkError
    from siamlink.tools.console.terminal import show_error
    from siamlink.tools.running.job import prepare

    inputs = []
    for source in sources:
        try:
            inputs.append(prepare(source, job))
        except SiamlinkError as error:
            show_error(error)
    return inputs


def _detector(job: "Job") -> "LoadedDetector":
    """A detector of its own for each video, as some remember the frames they saw."""
    from rich.console import Console

    from siamlink.detectors.models.registry import load_detector
    from siamlink.tools.commands.detectors import download_bar

    with download_bar(Console(stderr=True)) as fetching:
        return load_detector(job.detector_name, fetching)


def _notes(outcome: "Outcome", video: bool) -> list[str]:
    """What a person should know about a source that was tracked."""
    from siamlink.tools.running.live import lost_on_the_way

    opened, notes = outcome.opened, []
    no_video = ", no video written" if video else ""
    if opened.frames is None:
        notes.append(f"{opened.name} has no frames: tracked from its detections alone" + no_video)
    elif outcome.result.appearance and outcome.result.appearance.missing:
        missing = outcome.result.appearance.missing
        notes.append(f"{opened.name}: {missing}; looks were compared until there, geometry alone decided the rest")
    if opened.frames:
        notes += lost_on_the_way(opened.frames)
    if not outcome.result.counts.detections:
        notes.append(f"{opened.name}: no detections, so there are no tracks")
    elif not outcome.result.counts.tracks:
        notes.append(f"{opened.name}: no tracks; too few detections follow each other")
    if outcome.result.broken:
        notes.append(f"{opened.name}: {outcome.broken}; the results reach until there")
    elif outcome.broken:
        notes.append(f"{opened.name}: {outcome.broken}; the video reaches until there, the tracks as far as detections")
    return notes


def _show(outcomes: list["Outcome"], output: Path) -> None:
    """The closing table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from siamlink.tools.console.terminal import show_table

    table = Table("source", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for name in ("frames", "detections", "tracks", "boxes", "filled", "seconds", "frames/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for outcome in outcomes:
        counts, frames = outcome.result.counts, outcome.result.frame_count
        seconds = outcome.wall_seconds
        speed = f"{frames / max(seconds, 1e-9):.0f}"
        figures = (frames, counts.detections, counts.tracks, counts.boxes, counts.interpolated, f"{seconds:.1f}", speed)
        table.add_row(Text(outcome.opened.name, overflow="fold"), *map(str, figures))
    show_table(table)
    typer.echo(f"results in {output}")
