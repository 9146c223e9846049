"""The commands `siamlink bench ...`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from siamlink.tools.console.group import Group
from siamlink.tools.console.options import Config, Detector, JsonFile, Repeat, Settings, takes

app = typer.Typer(cls=Group, no_args_is_help=True, help="Measure the speed of tracking on this machine.")


@dataclass(frozen=True)
class BenchTrackOptions:
    """The arguments and options of `siamlink bench track`."""

    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Sources, as for 'siamlink track'.")]
    config: Config = None
    settings: Settings = None
    detector: Detector = None
    video: Annotated[bool, typer.Option("--video/--no-video", help="Also draw the annotated video.")] = False
    repeat: Repeat = 3
    other_trackers: Annotated[
        bool,
        typer.Option(
            "--other-trackers", help="Also measure SORT, ByteTrack, OC-SORT and BoT-SORT of the package trackers."
        ),
    ] = False
    against: Annotated[bool, typer.Option("--against", hidden=True, help="Former name of --other-trackers.")] = False
    json: JsonFile = None


@app.callback()
def bench() -> None:
    """Measure the speed of tracking on this machine."""


@app.command()
@takes(BenchTrackOptions)
def track(options: BenchTrackOptions) -> None:
    """Measure the time of tracking by stage, and the memory.

    Every run tracks all sources as 'siamlink track' does, in a fresh process; its results are removed. Stages run at
    the same time, so that their sum may exceed the total. 'load' is the start of the program, 'tracking' the time from
    the detections (or frames) to the tracks, 'write' the rest.

    --other-trackers measures other trackers with their default settings on the same detections; 'ratio' is their time
    divided by that of siamlink. For the other trackers, detection scores outside [0, 1] are replaced by their ranks.
    This option needs sources with detections and the package trackers: pip install 'trackers>=2.6.1,<3'.
    """
    from siamlink.tools.benchmark.track import measure
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_former_name, show_table, stage_bars
    from siamlink.tracker.configuration import load_parameters

    if options.against:
        show_former_name("--against", "--other-trackers")
    others = options.other_trackers or options.against
    parameters = load_parameters(options.config, options.settings or [])
    with stage_bars() as progress:
        benchmark = measure(
            options.sources, parameters, options.detector, options.video, options.repeat, others, progress
        )
    for table in benchmark.tables():
        show_table(table)
    if options.json is not None:
        write_text(options.json, benchmark.json(), overwrite=True)
