"""The command `siamlink track`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.options import Config, Detector, FrameRate, OutputFolder, Overwrite, Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from siamlink.tools.tracking import Job, Outcome

EXIT_FAILED, EXIT_PARTIAL = 2, 3


class Mode(StrEnum):
    """How far the tracker looks ahead."""

    offline = "offline"
    online = "online"


class Solver(StrEnum):
    """How links are chosen offline."""

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
    mode: Annotated[Mode | None, typer.Option(help="Whole sequence at once, or frame by frame without delay.")] = None,
    solver: Annotated[Solver | None, typer.Option(help="Exact linear program, or Hungarian frame by frame.")] = None,
    config: Config = None,
    settings: Settings = None,
    frame_rate: FrameRate = None,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write the annotated video.")] = True,
    overwrite: Overwrite = False,
) -> None:
    """Say who is who in every frame.

    A MOT sequence is tracked from its det/det.txt unless a detector is named; anything else by yolox-nano unless
    another is.

    Writes for each source: DIR/NAME.txt, tracks in MOT format (frame, id, left, top, width, height, score, -1, -1, -1);
    DIR/NAME.mp4, the annotated video (boxes filled in between detections are dashed); DIR/NAME.json, the settings,
    versions, counts and seconds a stage.

    Exit code: 0 all is well, 2 something could not be used, 3 an input broke off and the tracks reach until there.
    """
    from rich.console import Console

    from siamlink.detectors.errors import ConfigError
    from siamlink.tools.files import make_folder
    from siamlink.tools.tracking import Job, expand_sources
    from siamlink.tracker.parameters import load_parameters

    chosen = [f"{key}={value}" for key, value in (("mode", mode), ("solver", solver)) if value]
    parameters = load_parameters(config, [*chosen, *(settings or [])])
    if solver and parameters.mode == "online":
        raise ConfigError("--solver is for offline tracking; online tracking always uses the Hungarian method")
    if detector and detections:
        raise ConfigError("give --detector or --detections, not both")
    expanded = expand_sources(sources)
    if detections and detections.exists() and len(expanded) > 1:
        raise ConfigError(f"--detections {detections} belongs to one source, but {len(expanded)} are given")
    make_folder(output)
    job = Job(output, detector, detections, parameters, frame_rate, video, overwrite)
    log = Console(stderr=True, soft_wrap=True)
    outcomes = _run_all(expanded, job, log)
    if outcomes:
        Console().print(_table(outcomes))
        Console(soft_wrap=True).print(f"results in {output}", markup=False, highlight=False)
    if len(outcomes) < len(expanded):
        raise typer.Exit(EXIT_FAILED)
    if any(outcome.broken for outcome in outcomes):
        raise typer.Exit(EXIT_PARTIAL)


def _run_all(sources: list[str], job: "Job", log: "Console") -> list["Outcome"]:
    """Track one source after the other; what goes wrong with one does not keep the others from being tracked."""
    from siamlink.detectors.errors import SiamlinkError
    from siamlink.tools.terminal import stage_bars
    from siamlink.tools.tracking import run

    outcomes = []
    for source in sources:
        try:
            with stage_bars(log, Path(source).name) as progress:
                outcome = run(source, job, progress)
        except SiamlinkError as error:
            log.print(f"siamlink: {error}", style="red", markup=False, highlight=False)
            continue
        for note in _notes(outcome, job):
            log.print(note, style="yellow", markup=False, highlight=False)
        outcomes.append(outcome)
    return outcomes


def _notes(outcome: "Outcome", job: "Job") -> list[str]:
    """What a person should know about a source that was tracked."""
    opened, notes = outcome.opened, []
    if opened.frames is None:
        notes.append(f"{opened.name} has no frames: tracked from its detections alone, no video written")
    if not len(outcome.result.detections):
        notes.append(f"{opened.name}: no detections, so there are no tracks")
    if outcome.broken:
        notes.append(f"{opened.name}: {outcome.broken}; tracks and video reach until there")
    return notes


def _table(outcomes: list["Outcome"]) -> "Table":
    from rich.table import Table

    numbers = ("frames", "detections", "tracks", "boxes", "filled", "seconds", "frames/s")
    table = Table("source", title_justify="left")
    for name in numbers:
        table.add_column(name, justify="right")
    for outcome in outcomes:
        tracks, frames = outcome.result.tracks, outcome.result.frame_count
        seconds = sum(outcome.seconds.values())
        counts = (frames, len(outcome.result.detections), tracks.count, len(tracks), int(tracks.interpolated.sum()))
        table.add_row(outcome.opened.name, *map(str, counts), f"{seconds:.1f}", f"{frames / max(seconds, 1e-9):.0f}")
    return table
