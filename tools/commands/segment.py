"""The command `siamlink segment`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from siamlink.tools.commands.segment_options import SegmentedOptions
from siamlink.tools.commands.track_job import job_of
from siamlink.tools.console.options import takes


@dataclass(frozen=True, kw_only=True)
class SegmentOptions(SegmentedOptions):
    """The arguments and options of `siamlink segment`."""

    part: Annotated[str, typer.Argument(metavar="K/N", help="Which of the N segments to do, such as 3/16.")]


@takes(SegmentOptions)
def segment(options: SegmentOptions) -> None:
    """Detect one of the N segments of a long video, as a task of a cluster; siamlink join links them.

    Once all segments are detected, the same command for each describes the appearance of those detections that the
    linking needs. So run it for all segments, then once more for all, then join; join describes what was not described.
    Finished work is not repeated. Give the same options each time.

    Writes DIR/.NAME.segments, one file for each segment and step.

    Exit code: 0 success, 2 error, 130 interrupted.
    """
    from siamlink.detectors.base.errors import SiamlinkError
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.runners.work import Report
    from siamlink.tools.running.prepare import prepare
    from siamlink.tools.segments.by_hand import do_segment
    from siamlink.tools.segments.run import check_not_live
    from siamlink.tools.segments.segment import parse_part

    check_not_live([options.source])
    number, count = parse_part(options.part)
    job = job_of(options.as_track_options(video=False, overwrite=True))
    source = prepare(options.source, job)
    with stage_bars(source.name) as progress:
        try:
            done = do_segment(source, job, number, count, Report(progress, show_note))
        except SiamlinkError as error:
            raise SiamlinkError(f"{source.name}: {error}") from None
    typer.echo(done)
