"""The command `siamlink detect`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Detector, Overwrite, Patience

EXIT_PARTIAL = 3


def detect(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="Video, image folder, MOT sequence, camera number or stream URL."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The detection file to write.")],
    detector: Detector = None,
    patience: Patience = None,
    overwrite: Overwrite = False,
) -> None:
    """Find objects in every frame and write them down, to be tracked later or by another program.

    Writes FILE: a line a box in MOT format, frame, -1, left, top, width, height, score, -1, -1, -1. Ctrl-C ends a
    camera or stream, whose detections grow in NAME.partial.txt beside FILE, NAME.txt, until then.

    Exit code: 0 all is well, 2 something could not be used, 3 the input broke off and the detections reach until there,
    130 interrupted.
    """
    from rich.console import Console

    from siamlink.detectors.base.stopwatch import Stopwatch
    from siamlink.detectors.models.registry import load_detector
    from siamlink.detectors.mot.text import format_rows
    from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS
    from siamlink.tools.commands.detectors import download_bar
    from siamlink.tools.console.files import check_output, growing_text, partial_path
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.running.live import ended_by_signal, lost_on_the_way
    from siamlink.tracker.runs.feed import detect_frames
    from siamlink.tracker.runs.inputs import open_input
    from siamlink.tracker.runs.track import DEFAULT_DETECTOR

    check_output(output, overwrite, [Path(source)])
    check_output(partial_path(output), overwrite, [Path(source)])
    patience = PATIENCE_SECONDS if patience is None else patience
    frames = open_input(source, use_public=False, patience_seconds=patience).frames
    assert frames is not None, "open_input gives frames or detections, and none were asked for"
    frames.check()
    with download_bar(Console(stderr=True)) as fetching:
        finder = load_detector(DEFAULT_DETECTOR if detector is None else detector, fetching)
    count = 0
    with (
        stage_bars(frames.name) as progress,
        growing_text(output, keep=frames.live, overwrite=overwrite) as write,
        ended_by_signal(frames, partial_path(output)),
    ):
        for number, _, found in detect_frames(frames, finder, Stopwatch()):
            lines = dict.fromkeys(format_rows(found).splitlines(keepends=True))  # readers refuse the same box twice
            write("".join(lines))
            count += len(lines)
            progress("detect", number, frames.frame_count)
    typer.echo(f"{count} detections in {frames.read_count} frames by {finder.name}, written to {output}")
    for note in lost_on_the_way(frames):
        show_note(note)
    if frames.broken:
        show_note(f"{frames.name}: {frames.broken}; the detections reach until there")
        raise typer.Exit(EXIT_PARTIAL)
