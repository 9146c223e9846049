"""The command `siamlink track`."""

from typing import TYPE_CHECKING

import typer

from siamlink.tools.commands.track_options import TrackOptions
from siamlink.tools.console.exit_codes import EXIT_ERROR, EXIT_PARTIAL
from siamlink.tools.console.options import detector_options, takes

if TYPE_CHECKING:
    from siamlink.tools.runners.runner import Runner
    from siamlink.tools.running.job import Job
    from siamlink.tools.running.outcome import Tracked
    from siamlink.tools.running.recorded import RecordedRun
    from siamlink.tracker.parameters import TrackerParameters


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
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.running.outcome_table import class_lines, outcome_table
    from siamlink.tools.running.prepare import expand_sources
    from siamlink.tools.running.sources import track_sources

    recorded = _recorded_run(options)
    sources = expand_sources(options.sources or [recorded.source if recorded else ""])
    runner = runner_of(options.runner, options.address, options.jobs, options.device)
    job = _job(options, len(sources), runner, recorded.parameters if recorded else None)
    if recorded:
        job = recorded.job(job, sources[0])
    tracked: dict[int, Tracked | None] = {}
    try:
        with runner:
            tracked.update(track_sources(sources, job, runner))
    finally:
        if new := [each for _, each in sorted(tracked.items(), key=lambda item: item[0]) if each]:
            if recorded and (changes := recorded.changes(job)):
                show_note(f"note: {changes}")
            show_table(outcome_table(new), stderr=job.prints)
            for line in class_lines(new):
                typer.echo(line, err=job.prints)
            if not job.prints:
                typer.echo(f"results in {options.output}")
    if len(tracked) < len(sources):
        raise typer.Exit(EXIT_ERROR)
    if any(each and each.broken for each in tracked.values()):
        raise typer.Exit(EXIT_PARTIAL)


def _recorded_run(options: TrackOptions) -> "RecordedRun | None":
    """The run whose tracks are corrected, if it has a record.

    Raises:
        InputError: there is no source, and none is recorded; or a file cannot be read.
    """
    from siamlink.detectors.base.errors import InputError
    from siamlink.tools.running.recorded import RecordedRun

    constraints = options.constraints if len(options.sources or []) < 2 else None
    recorded = RecordedRun.corrected_by(constraints) if constraints else None
    if not options.sources and recorded is None:
        if constraints:
            raise InputError(f"give a SOURCE, as {constraints} names no tracks with their record beside them")
        raise InputError("give a SOURCE, or --constraints for tracks that have the record of their run beside them")
    return recorded


def _job(
    options: TrackOptions, source_count: int, runner: "Runner", recorded: "TrackerParameters | None" = None
) -> "Job":
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

    named, settings = {"mode": options.mode, "solver": options.solver}, options.settings or []
    chosen = [f"{key}={value}" for key, value in named.items() if value]
    for setting in settings:
        if named.get(key := setting.partition("=")[0].strip()):
            raise ConfigError(f"give --{key} or --set {setting}, not both")
    parameters = load_parameters(options.config or recorded, [*chosen, *settings])
    if options.detector is not None and options.detections:
        raise ConfigError("give --detector or --detections, not both")
    for option, file in (("detections", options.detections), ("constraints", options.constraints)):
        shared = file and (option == "constraints" or file.exists())
        if shared and source_count > 1:
            raise ConfigError(f"--{option} {file} belongs to one source, but {source_count} are given")
    printed = options.output == STANDARD_OUTPUT
    writing = (
        (options.resume, "--resume"),
        (runner.option, runner.option or ""),
        (options.export, "--export"),
        (options.report, "--report"),
    )
    for given, option in writing:
        if printed and given:
            raise ConfigError(f"-o - prints the tracks of one source after the other: it excludes {option}")
    if options.show and runner.option:
        raise ConfigError(f"--show shows one source after the other: it excludes {runner.option}")
    if options.show:
        check_display()
    if options.cache:
        check_folder(options.cache, ())
    return Job(
        options.output,
        parameters,
        options.detector,
        options.detections,
        options.frame_rate,
        options.video,
        options.overwrite,
        options.constraints,
        PATIENCE_SECONDS if options.patience is None else options.patience,
        options.cache,
        round(options.cache_limit * GIGABYTE),
        options.resume,
        options.show,
        ReadingOptions(options.box_format, options.frames_from),
        formats_of(options.export),
        detector_options(options),
        options.report,
    )
