"""The command `siamlink study scale`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import OutputFolder, Overwrite, takes


@dataclass(frozen=True)
class ScaleOptions:
    """The arguments and options of `siamlink study scale`."""

    output: OutputFolder
    workers: Annotated[str, typer.Option(metavar="N,N,...", help="Numbers of processes to measure.")] = "1,2,4"
    videos: Annotated[str, typer.Option(metavar="N,N,...", help="Numbers of sources to measure.")] = "4,16"
    frames: Annotated[
        str,
        typer.Option(
            metavar="N,N,...", help="Lengths of sequences of detections to measure; videos have the first length."
        ),
    ] = "150,3000"
    detector: Annotated[str, typer.Option(metavar="D", help="Detector of the videos, as for 'siamlink track'.")] = (
        "motion"
    )
    add: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Further measured points, such as those of a long stream; repeatable."),
    ] = None
    only_added: Annotated[
        bool, typer.Option("--only-added", help="Measure nothing: fit and draw the points of --add.")
    ] = False
    overwrite: Overwrite = False


@takes(ScaleOptions)
def scale(options: ScaleOptions) -> None:
    """Measure runs over many small sources, and fit a model of what larger ones cost.

    Videos are synthetic streets of 960 x 540 with nine people; sequences of detections alone have ten. Each run is a
    whole program. Results from a busy machine are not reliable.

    Writes DIR/scale.json, the points and the model, and DIR/scale.png. Prints the hours of 10,000 videos and of a month
    of one camera.
    """
    import json
    from tempfile import TemporaryDirectory

    from siamlink.detectors.base.errors import ConfigError
    from siamlink.detectors.base.threads import core_count
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.scale.measure import Plan, measure
    from siamlink.tools.studies.scale.model import fit
    from siamlink.tools.studies.scale.points import points_text, read_points
    from siamlink.tools.studies.scale.report import PICTURE, RESULTS, draw, plan_table

    output = options.output
    check_folder(output, (RESULTS, PICTURE), options.overwrite)
    points = [point for path in options.add or [] for point in read_points(path)]
    if not options.only_added:
        try:
            workers, videos, frames = (
                [int(each) for each in given.split(",")] for given in (options.workers, options.videos, options.frames)
            )
        except ValueError:
            raise ConfigError("--workers, --videos and --frames take numbers joined by commas, as 1,2,4") from None
        with stage_bars() as progress, TemporaryDirectory(prefix="siamlink-") as folder:
            points += measure(Plan(workers, videos, frames, options.detector), Path(folder), progress)
    if not points:
        raise ConfigError("--only-added needs points: give --add FILE")
    model = fit(points, core_count())
    make_folder(output)
    with staging(output) as staged, output_errors(output):
        text = json.dumps({"points": points_text(points), "model": model.as_dict()}, indent=2) + "\n"
        (staged / RESULTS).write_text(text, encoding="utf-8")
        draw(points, model, staged / PICTURE)
        publish(staged, output)
    show_table(plan_table(model))
