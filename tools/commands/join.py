"""The command `siamlink join`."""

from dataclasses import dataclass

import typer

from siamlink.tools.commands.segment_options import SegmentedOptions
from siamlink.tools.commands.track_job import job_of
from siamlink.tools.commands.track_options import Export, Shows, WritesReport, WritesVideo
from siamlink.tools.console.exit_codes import EXIT_ERROR, EXIT_PARTIAL
from siamlink.tools.console.options import Address, Jobs, Overwrite, RunnerChoice, RunnerName, takes


@dataclass(frozen=True, kw_only=True)
class JoinOptions(SegmentedOptions):
    """The arguments and options of `siamlink join`."""

    video: WritesVideo = True
    show: Shows = False
    export: Export = ""
    report: WritesReport = False
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False


@takes(JoinOptions)
def join(options: JoinOptions) -> None:
    """Link the segments of a long video, which siamlink segment has made, into the tracks of the whole video.

    Writes what siamlink track writes, with the same tracks. Give the options that the segments were given. Appearance
    that the segments have not computed is computed here, --jobs at once. The files of the segments stay in
    DIR/.NAME.segments.

    Exit code: 0 success, 2 error, 3 the input broke and the results end there, 130 interrupted.
    """
    from siamlink.tools.console.terminal import show_table
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.runners.local import LocalRunner
    from siamlink.tools.running.outcome_table import class_lines, outcome_table
    from siamlink.tools.running.sources import track_sources
    from siamlink.tools.segments.by_hand import JoinSegments
    from siamlink.tools.segments.run import check_not_live

    check_not_live([options.source])
    job = job_of(options.as_track_options(segments=0))
    with runner_of(options.runner, options.address, options.jobs, options.device) as runner:
        joined = JoinSegments(runner)
        tracked = [each for _, each in track_sources([options.source], job, LocalRunner(), joined) if each]
    if not tracked:
        raise typer.Exit(EXIT_ERROR)
    show_table(outcome_table(tracked))
    for line in class_lines(tracked):
        typer.echo(line)
    typer.echo(f"results in {options.output}")
    if tracked[0].broken:
        raise typer.Exit(EXIT_PARTIAL)
