"""The command `siamlink summary`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.options import FrameRate, Overwrite, VideoOfResults, choice_of, takes

if TYPE_CHECKING:
    from siamlink.tracker.summary.summary import Summary


class AnchorPoint(StrEnum):
    """The point of a box that counts as its place."""

    bottom = "bottom"
    centre = "centre"


@dataclass(frozen=True)
class SummaryOptions:
    """The arguments and options of `siamlink summary`."""

    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Tracks: NAME.txt of a run, or any file of tracks, with its record NAME.json beside it.",
        ),
    ]
    video: VideoOfResults = None
    frame_rate: FrameRate = None
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]X1,Y1,X2,Y2",
            help="Count the crossings of this line, in pixels; 'in' is from its left to its right, seen from the first "
            "point to the second. May be given several times.",
        ),
    ] = None
    zone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]X,Y,X,Y,X,Y,...",
            help="List the visits to this polygon, in pixels. May be given several times.",
        ),
    ] = None
    anchor: Annotated[
        AnchorPoint,
        typer.Option(
            parser=choice_of(AnchorPoint),
            metavar="|".join(AnchorPoint),
            help="Anchor point of a box: the centre of its bottom side, or its centre.",
        ),
    ] = AnchorPoint.bottom
    margin: Annotated[
        float,
        typer.Option(
            metavar="PIXELS",
            min=0,
            help="Distance from a line at which a track has crossed it; a larger one ignores jitter on the line.",
        ),
    ] = 0.0
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a row for each track to this file as CSV.")
    ] = None
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write everything, with all crossings and visits, as JSON."),
    ] = None
    overwrite: Overwrite = False


@takes(SummaryOptions)
def summary(options: SummaryOptions) -> None:
    """Show tracks in numbers: times, paths, speeds, counts by class, crossings of lines and visits to zones.

    Prints tables. Writes files only for --csv and --json. Times are in seconds, paths and speeds in pixels.

    Exit code: 0 success, 2 error.
    """
    import json

    from siamlink.tools.console.files import check_outputs, write_text
    from siamlink.tools.console.terminal import show_note, show_table
    from siamlink.tools.results.read import files_read, read_with_source
    from siamlink.tools.results.summary_tables import summary_tables
    from siamlink.tracker.summary.summary import summarise
    from siamlink.tracker.table import csv_text

    inputs = files_read(options.results, options.video)
    check_outputs((options.csv_file, options.json_file), options.overwrite, inputs)
    results, _, _ = read_with_source(options.results, options.video, options.frame_rate)
    rate = results.facts.frame_rate
    made = summarise(
        results.tracks,
        rate,
        results.class_names,
        options.line or (),
        options.zone or (),
        options.anchor.value,
        options.margin,
    )
    _check_in_picture(made, results.facts.size)
    for index, each in enumerate(summary_tables(made)):
        if index:
            typer.echo()
        show_table(each)
    if not made.tracks:
        show_note(f"{options.results} holds no tracks")
    for note in results.notes:
        show_note(f"{options.results}: {note}")
    for zone in made.zones:
        if zone.crosses_itself:
            show_note(f"zone {zone.name!r}: its sides cross each other; give its corners in order around it")
    if rate is None:
        show_note("the frame rate is not known, so there are no times and speeds: give --frame-rate or --video")
    if options.csv_file:
        write_text(options.csv_file, csv_text(made.columns()), options.overwrite)
    if options.json_file:
        write_text(options.json_file, json.dumps(made.to_dict(), indent=2) + "\n", options.overwrite)


def _check_in_picture(summary: "Summary", size: tuple[int, int] | None) -> None:
    """Check that no line or zone lies outside the picture.

    Raises:
        ConfigError: one does.
    """
    from siamlink.detectors.base.errors import ConfigError

    shapes = {f"line {each.name!r}": (each.start, each.end) for each in summary.lines}
    for name, points in (shapes | {f"zone {each.name!r}": each.corners for each in summary.zones}).items():
        columns, rows = zip(*points, strict=True)
        if max(map(abs, (*columns, *rows))) <= 1:
            raise ConfigError(f"{name} lies within one pixel: its points are in pixels, not parts of the picture")
        if size and (max(columns) < 0 or min(columns) > size[0] or max(rows) < 0 or min(rows) > size[1]):
            raise ConfigError(f"{name} lies outside the picture, which has {size[0]}x{size[1]} pixels")
