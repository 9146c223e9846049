"""What the options of `siamlink track` say is to be done with each source."""

from typing import TYPE_CHECKING

from siamlink.tools.commands.track_options import TrackOptions
from siamlink.tools.console.options import RunnerName, detector_options

if TYPE_CHECKING:
    from siamlink.tools.running.job import Job
    from siamlink.tracker.parameters import TrackerParameters


def job_of(
    options: TrackOptions,
    source_count: int = 1,
    runner_option: str | None = None,
    recorded: "TrackerParameters | None" = None,
) -> "Job":
    """What to do with each source.

    Args:
        options: of the command.
        source_count: how many sources there are.
        runner_option: the option by which several are tracked at once, if they are.
        recorded: the settings of the run whose tracks are corrected.

    Raises:
        ConfigError: a setting is wrong, or options contradict each other or the number of sources.
        OutputError: the cache is not a folder, or there is no display to show the frames on.
    """
    from siamlink.detectors.formats.pictures import ReadingOptions
    from siamlink.tools.exporting.formats import formats_of
    from siamlink.tools.running.job import GIGABYTE, Job

    parameters = _parameters(options, recorded)
    _check_sources(options, source_count)
    _check_output(options, runner_option)
    _check_segments(options, parameters)
    _check_places(options)
    return Job(
        output=options.output,
        parameters=parameters,
        detector=options.detector,
        detections=options.detections,
        frame_rate=options.frame_rate,
        video=options.video,
        overwrite=options.overwrite,
        constraints=options.constraints,
        patience_seconds=options.patience,
        cache=options.cache,
        cache_limit=round(options.cache_limit * GIGABYTE),
        resume=options.resume,
        show=options.show,
        reading=ReadingOptions(options.box_format, options.frames_from),
        exports=formats_of(options.export),
        detector_options=detector_options(options),
        report=options.report,
        segments=options.segments,
    )


def _parameters(options: TrackOptions, recorded: "TrackerParameters | None") -> "TrackerParameters":
    """The settings of the tracker: those of --config, else of an earlier run, changed by the other options.

    Raises:
        ConfigError: a setting is wrong, or is given twice.
    """
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.tracker.configuration import load_parameters

    named, settings = {"mode": options.mode, "solver": options.solver}, options.settings or []
    chosen = [f"{key}={value}" for key, value in named.items() if value]
    for setting in settings:
        if named.get(key := setting.partition("=")[0].strip()):
            raise ConfigError(f"give --{key} or --set {setting}, not both")
    return load_parameters(options.config or recorded, [*chosen, *settings])


def _check_sources(options: TrackOptions, source_count: int) -> None:
    """Check that the detections come from one place, and that files of one source are not for several.

    Raises:
        ConfigError: this is not so.
    """
    from siamlink.detectors.base.errors import ConfigError

    if options.detector is not None and options.detections:
        raise ConfigError("give --detector or --detections, not both")
    for option, file in (("detections", options.detections), ("constraints", options.constraints)):
        shared = file and (option == "constraints" or file.exists())
        if shared and source_count > 1:
            raise ConfigError(f"--{option} {file} belongs to one source, but {source_count} are given")


def _check_output(options: TrackOptions, runner_option: str | None) -> None:
    """Check that what shows one source after the other, -o - or --show, is given no option that excludes that.

    Raises:
        ConfigError: it is.
    """
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.tools.console.standard_output import STANDARD_OUTPUT

    writing = (
        (options.resume, "--resume"),
        (options.segments, "--segments"),
        (runner_option, runner_option or ""),
        (options.export, "--export"),
        (options.report, "--report"),
    )
    for given, option in writing:
        if options.output == STANDARD_OUTPUT and given:
            raise ConfigError(f"-o - prints the tracks of one source after the other: it excludes {option}")
    if options.show and runner_option and not options.segments:
        raise ConfigError(f"--show shows one source after the other: it excludes {runner_option}")


def _check_places(options: TrackOptions) -> None:
    """Check that there is a display if frames are shown, and that the cache can be used.

    Raises:
        ConfigError: the cache is for a cluster.
        OutputError: the cache is not a folder, or there is no display.
    """
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.tools.console.files import check_folder
    from siamlink.tools.running.window import check_display

    if options.show:
        check_display()
    if options.cache and options.runner == RunnerName.ray:
        raise ConfigError("--cache is a database for the processes of one machine: it excludes --runner ray")
    if options.cache:
        check_folder(options.cache, ())


def _check_segments(options: TrackOptions, parameters: "TrackerParameters") -> None:
    """Check that the other options agree with --segments.

    Raises:
        ConfigError: they do not.
    """
    from siamlink.detectors.base.errors import ConfigError

    if options.segments and parameters.mode != "offline":
        raise ConfigError(f"--segments is for mode offline, not for mode {parameters.mode}")
    if options.segments and (options.resume or options.cache):
        raise ConfigError("--segments keeps what is done by itself: it excludes --resume and --cache")
