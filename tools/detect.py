"""The command `siamlink detect`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.options import Detector, Overwrite

EXIT_PARTIAL = 3


def detect(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="Video, image folder, MOT sequence, camera number or stream URL."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The detection file to write.")],
    detector: Detector = None,
    overwrite: Overwrite = False,
) -> None:
    """Find objects in every frame and write them down, to be tracked later or by another program.

    Writes FILE: a line a box in MOT format, frame, -1, left, top, width, height, score, -1, -1, -1. Ctrl-C ends a
    camera or stream.

    Exit code: 0 all is well, 2 something could not be used, 3 the input broke off and the detections reach until there,
    130 interrupted.
    """
    from rich.console import Console

    from siamlink.detectors.detections import Detections
    from siamlink.detectors.mot_text import format_rows
    from siamlink.detectors.registry import load_detector
    from siamlink.tools.detectors_command import download_bar
    from siamlink.tools.files import check_output, write_text
    from siamlink.tools.terminal import ended_by_interrupt, show_note, stage_bars
    from siamlink.tracker.inputs import open_input
    from siamlink.tracker.pipeline import DEFAULT_DETECTOR, detect_frames
    from siamlink.tracker.stopwatch import Stopwatch

    check_output(output, overwrite, [Path(source)])
    frames = open_input(source, use_public=False).frames
    assert frames is not None, "open_input gives frames or detections, and none were asked for"
    with download_bar(Console(stderr=True)) as fetching:
        finder = load_detector(DEFAULT_DETECTOR if detector is None else detector, fetching)
    with stage_bars(frames.name) as progress, ended_by_interrupt(frames.name, frames.live) as stop:
        parts = [found for _, _, found in detect_frames(frames, finder, Stopwatch(), progress, stop)]
    found = Detections.concatenate(parts)
    lines = dict.fromkeys(format_rows(found).splitlines(keepends=True))  # the same box twice is refused by readers
    write_text(output, "".join(lines), overwrite)
    typer.echo(f"{len(lines)} detections in {frames.read_count} frames by {finder.name}, written to {output}")
    if frames.broken:
        show_note(f"{frames.name}: {frames.broken}; the detections reach until there")
        raise typer.Exit(EXIT_PARTIAL)
