"""The command `siamlink crops`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.exit_codes import EXIT_PARTIAL
from siamlink.tools.console.options import OutputFolder, Overwrite, VideoOfResults, takes


@dataclass(frozen=True)
class CropsOptions:
    """The arguments and options of `siamlink crops`."""

    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Tracks: NAME.txt of a run, with its record NAME.json beside it, or any file of tracks.",
        ),
    ]
    output: OutputFolder
    video: VideoOfResults = None
    per_track: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Number of crops of each track, at most.")
    ] = 5
    overwrite: Overwrite = False


@takes(CropsOptions)
def crops(options: CropsOptions) -> None:
    """Cut the best boxes of each track out of the video.

    Writes DIR/TRACK-FRAME.jpg, such as 0007-000123.jpg. Large, sharp boxes with a high score within their track are
    preferred. Boxes that are interpolated, cut off by the edge of the picture or covered by another box are avoided.
    The crops are spread over the time of the track.

    Exit code: 0 success, 2 error, 3 the video ended before the tracks.
    """
    from siamlink.detectors.base.errors import InputError
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.drawing.crops import check_crops_folder, write_crops
    from siamlink.tools.results.read import read_with_source
    from siamlink.tracker.drawing.render import open_recording

    check_crops_folder(options.output, options.overwrite)
    results, source, problem = read_with_source(options.results, options.video)
    if source is None:
        raise InputError(problem)
    frames = open_recording(str(source))
    if options.video is None:
        show_note(f"the video is {source}, as {options.results.with_suffix('.json')} says")
    with stage_bars(frames.name) as progress:
        counts = write_crops(results.tracks, frames, options.output, options.per_track, progress)
    typer.echo(f"{counted(counts.crops, 'crop')} of {counted(counts.tracks, 'track')} in {options.output}")
    for note in results.notes:
        show_note(f"{options.results}: {note}")
    if not len(results.tracks):
        show_note("there are no tracks in the results")
    if counts.last_frame < counts.wanted_frame:
        reason = frames.broken or f"ends with frame {counts.last_frame}"
        show_note(f"{frames.name}: {reason}; there are no crops of later frames, and tracks go on")
        raise typer.Exit(EXIT_PARTIAL)
