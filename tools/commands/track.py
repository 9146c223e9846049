"""The command `siamlink track`."""

from typing import TYPE_CHECKING

import typer

from siamlink.tools.commands.track_job import job_of
from siamlink.tools.commands.track_options import TrackOptions
from siamlink.tools.console.exit_codes import EXIT_ERROR, EXIT_PARTIAL
from siamlink.tools.console.options import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siamlink.tools.runners.runner import Runner
    from siamlink.tools.running.job import Job
    from siamlink.tools.running.outcome import Tracked
    from siamlink.tools.running.recorded import RecordedRun


@takes(TrackOptions)
def track(options: TrackOptions) -> None:
    """Track objects in videos, image folders, MOT sequences, cameras or streams.

    A MOT sequence is tracked from its det/det.txt unless --detector is given; other sources are detected by yolox-nano
    by default, persons only; --classes selects others. A camera or stream needs --mode online or --mode windowed;
    Ctrl-C ends it.

    Writes for each source: DIR/NAME.txt, the tracks in MOT format; DIR/NAME.mp4, the annotated video; DIR/NAME.json,
    the settings, counts and seconds; with --report, DIR/NAME.html. Prints a table of all sources. With -o -, prints a
    JSON object for each box instead, and writes no files.

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
    job = job_of(options, len(sources), runner.option, recorded.parameters if recorded else None)
    if recorded:
        job = recorded.job(job, sources[0])
    tracked: dict[int, Tracked | None] = {}
    try:
        with runner:
            tracked.update(_segmented(sources, job, runner) if job.segments else track_sources(sources, job, runner))
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


def _segmented(sources: list[str], job: "Job", runner: "Runner") -> "Iterator[tuple[int, Tracked | None]]":
    """Track one source after the other, each in segments."""
    from siamlink.tools.runners.local import LocalRunner
    from siamlink.tools.running.sources import track_sources
    from siamlink.tools.segments.run import TrackInSegments, check_not_live

    check_not_live(sources)
    assert job.segments is not None
    return track_sources(sources, job, LocalRunner(), TrackInSegments(job.segments, runner))


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
