"""The command `siamlink track`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.detectors.formats.pictures import BoxFormat
from siamlink.tools.console.exit_codes import EXIT_ERROR, EXIT_PARTIAL
from siamlink.tools.console.options import (
    Classes,
    ClassNamesFile,
    Confidence,
    Config,
    Detector,
    Device,
    FrameRate,
    ImageSize,
    NmsIou,
    Overwrite,
    Patience,
    PreprocessingWords,
    Settings,
    choice_of,
    detector_options,
    takes,
)
from siamlink.tools.exporting.options import FORMAT_NAMES

if TYPE_CHECKING:
    from siamlink.tools.running.job import Job
    from siamlink.tools.running.outcome import Outcome
    from siamlink.tools.running.recorded import RecordedRun
    from siamlink.tracker.parameters import TrackerParameters


class Mode(StrEnum):
    """When the tracks of a frame are final."""

    offline = "offline"
    windowed = "windowed"
    online = "online"


class Solver(StrEnum):
    """How links are chosen."""

    lp = "lp"
    hungarian = "hungarian"


@dataclass(frozen=True)
class TrackOptions:
    """The arguments and options of `siamlink track`."""

    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for the results; created if it is missing; - prints the tracks as JSON lines instead.",
        ),
    ]
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Video file, image folder, MOT sequence, folder of sequences, camera number or stream URL; with "
            "--constraints, by default that of the earlier tracks.",
        ),
    ] = None
    detector: Detector = None
    detections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Use these detections: MOT text, CSV, JSON, COCO, KITTI or a YOLO folder; may be a path inside each "
            "sequence's folder, as det/det.txt. docs/formats.md describes the formats.",
        ),
    ] = None
    box_format: Annotated[
        BoxFormat | None,
        typer.Option(
            parser=choice_of(BoxFormat),
            metavar="|".join(BoxFormat),
            help="What the four numbers of a box in --detections are; by default, what the format of the file defines.",
        ),
    ] = None
    frames_from: Annotated[
        int | None,
        typer.Option(
            metavar="0|1", min=0, max=1, help="What --detections counts frames from; by default, as its format defines."
        ),
    ] = None
    classes: Classes = None
    confidence: Confidence = None
    nms_iou: NmsIou = None
    image_size: ImageSize = None
    device: Device = None
    class_names: ClassNamesFile = None
    preprocessing: PreprocessingWords = None
    constraints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Text file that corrects earlier tracks, as by 'swap 120 3 8' or 'false 5'; see docs/track.md.",
        ),
    ] = None
    mode: Annotated[
        Mode | None,
        typer.Option(
            parser=choice_of(Mode),
            metavar="|".join(Mode),
            help="Use the whole video (offline, the default), a bounded delay (windowed) or no delay (online).",
        ),
    ] = None
    solver: Annotated[
        Solver | None,
        typer.Option(
            parser=choice_of(Solver),
            metavar="|".join(Solver),
            help="Choose links by the exact linear program (lp, the default), or faster, frame by frame (hungarian).",
        ),
    ] = None
    config: Config = None
    settings: Settings = None
    frame_rate: FrameRate = None
    patience: Patience = None
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write the annotated video.")] = True
    show: Annotated[
        bool,
        typer.Option(
            "--show", help="Show the annotated frames in a window, while they are tracked or, offline, afterwards."
        ),
    ] = False
    export: Annotated[
        str,
        typer.Option(
            metavar="FORMATS",
            help=f"Also write the tracks for other tools: any of {','.join(FORMAT_NAMES)}, separated by commas.",
        ),
    ] = ""
    report: Annotated[
        bool,
        typer.Option(
            "--report",
            help="Also write DIR/NAME.html, which shows the tracks and why they were linked; docs/report.md.",
        ),
    ] = False
    jobs: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=1024, help="Number of sources to track at once, each in its own process."),
    ] = 1
    overwrite: Overwrite = False
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Record the work on each frame, so that the same command can continue after an interruption.",
        ),
    ] = False
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder in which detections and appearance descriptors are kept for later runs."
        ),
    ] = None
    cache_limit: Annotated[
        float,
        typer.Option(metavar="GB", min=0, help="Maximum size of the cache; least recently used entries go first."),
    ] = 10.0

    def recorded(self) -> "RecordedRun | None":
        """The run whose tracks are corrected, if it has a record.

        Raises:
            InputError: there is no source, and none is recorded; or a file cannot be read.
        """
        from siamlink.detectors.base.errors import InputError
        from siamlink.tools.running.recorded import RecordedRun

        constraints = self.constraints if len(self.sources or []) < 2 else None
        recorded = RecordedRun.corrected_by(constraints) if constraints else None
        if not self.sources and recorded is None:
            if constraints:
                raise InputError(f"give a SOURCE, as {constraints} names no tracks with their record beside them")
            raise InputError("give a SOURCE, or --constraints for tracks that have the record of their run beside them")
        return recorded

    def job(self, source_count: int, recorded: "TrackerParameters | None" = None) -> "Job":
        """What to do with each source; `recorded` are the settings of the run whose tracks are corrected.

        Raises:
            ConfigError: a setting is wrong, or options contradict each other or the number of sources.
            OutputError: the cache is not a folder, or there is no display to show the frames on.
        """
        from siamlink.detectors.base.errors import ConfigError
        from siamlink.detectors.formats.pictures import ReadingOptions
        from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS
        from siamlink.tools.console.files import check_folder
        from siamlink.tools.console.standard_output import STANDARD_OUTPUT
        from siamlink.tools.exporting.formats import formats_of
        from siamlink.tools.running.job import GIGABYTE, Job
        from siamlink.tools.running.window import check_display
        from siamlink.tracker.configuration import load_parameters

        options, settings = {"mode": self.mode, "solver": self.solver}, self.settings or []
        chosen = [f"{key}={value}" for key, value in options.items() if value]
        for setting in settings:
            if options.get(key := setting.partition("=")[0].strip()):
                raise ConfigError(f"give --{key} or --set {setting}, not both")
        parameters = load_parameters(self.config or recorded, [*chosen, *settings])
        if self.detector is not None and self.detections:
            raise ConfigError("give --detector or --detections, not both")
        for option, file in (("detections", self.detections), ("constraints", self.constraints)):
            shared = file and (option == "constraints" or file.exists())
            if shared and source_count > 1:
                raise ConfigError(f"--{option} {file} belongs to one source, but {source_count} are given")
        printed = self.output == STANDARD_OUTPUT
        writing = (
            (self.resume, "--resume"),
            (self.jobs > 1, "--jobs"),
            (self.export, "--export"),
            (self.report, "--report"),
        )
        for given, option in writing:
            if printed and given:
                raise ConfigError(f"-o - prints the tracks of one source after the other: it excludes {option}")
        if self.show and self.jobs > 1:
            raise ConfigError("--show shows one source after the other: it excludes --jobs")
        if self.show:
            check_display()
        if self.cache:
            check_folder(self.cache, ())
        return Job(
            self.output,
            parameters,
            self.detector,
            self.detections,
            self.frame_rate,
            self.video,
            self.overwrite,
            self.constraints,
            PATIENCE_SECONDS if self.patience is None else self.patience,
            self.cache,
            round(self.cache_limit * GIGABYTE),
            self.resume,
            self.show,
            ReadingOptions(self.box_format, self.frames_from),
            formats_of(self.export),
            detector_options(self),
            self.report,
        )


@takes(TrackOptions)
def track(options: TrackOptions) -> None:
    """Track objects in videos, image folders, MOT sequences, cameras or streams.

    A MOT sequence is tracked from its det/det.txt unless --detector is given; other sources are detected by yolox-nano
    by default, persons only; --classes selects others. A camera or stream needs --mode online or --mode windowed;
    Ctrl-C ends it.

    Writes for each source: DIR/NAME.txt, the tracks in MOT format; DIR/NAME.mp4, the annotated video; DIR/NAME.json,
    the settings, counts and seconds; with --report, DIR/NAME.html. Prints a table of all sources. With -o -, prints a
    JSON object for each box instead, and writes no files. docs/track.md describes the files, corrections, cameras,
    --resume and --cache.

    Exit code: 0 success, 2 error, 3 an input broke and the results end there, 130 interrupted.
    """
    from siamlink.tools.console.terminal import show_note, show_table
    from siamlink.tools.running.outcome_table import class_lines, outcome_table
    from siamlink.tools.running.prepare import expand_sources
    from siamlink.tools.running.sources import track_sources

    recorded = options.recorded()
    sources = expand_sources(options.sources or [recorded.source if recorded else ""])
    job = options.job(len(sources), recorded.parameters if recorded else None)
    if recorded:
        job = recorded.job(job, sources[0])
    outcomes: dict[int, Outcome | None] = {}
    try:
        outcomes.update(track_sources(sources, job, options.jobs))
    finally:
        if new := [outcome for _, outcome in sorted(outcomes.items(), key=lambda each: each[0]) if outcome]:
            if recorded and (changes := recorded.changes(job)):
                show_note(f"note: {changes}")
            show_table(outcome_table(new), stderr=job.prints)
            for line in class_lines(new):
                typer.echo(line, err=job.prints)
            if not job.prints:
                typer.echo(f"results in {options.output}")
    if len(outcomes) < len(sources):
        raise typer.Exit(EXIT_ERROR)
    if any(outcome and outcome.broken for outcome in outcomes.values()):
        raise typer.Exit(EXIT_PARTIAL)
