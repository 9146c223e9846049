"""The command `siamlink detect`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.options import Detector, FrameRate, Overwrite

EXIT_PARTIAL = 3


def detect(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="Video, image folder, MOT sequence, camera number or stream URL."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The detection file to write.")],
    detector: Detector = None,
    frame_rate: FrameRate = None,
    overwrite: Overwrite = False,
) -> None:
    """Find objects in every frame and write them down, to be tracked later or by another program.

    Writes FILE: a line a box in MOT format, frame, -1, left, top, width, height, score, -1, -1, -1.

    Exit code: 0 all is well, 2 something could not be used, 3 the input broke off and the detections reach until there.
    """
    from rich.console import Console

    from siamlink.detectors.detections import Detections
    from siamlink.detectors.mot_text import format_rows
    from siamlink.detectors.registry import load_detector
    from siamlink.detectors.video import open_source
    from siamlink.tools.detectors_command import download_bar
    from siamlink.tools.files import check_output, write_text
    from siamlink.tools.terminal import stage_bars
    from siamlink.tracker.pipeline import DEFAULT_DETECTOR

    check_output(output, overwrite)
    log = Console(stderr=True, soft_wrap=True)
    frames = open_source(source, frame_rate)
    with download_bar(log) as fetching:
        finder = load_detector(detector or DEFAULT_DETECTOR, fetching)
    parts = []
    with stage_bars(log, frames.name) as progress:
        for frame in frames:
            parts.append(finder.detect(frame.image, frame.number))
            progress("detect", frame.number, frames.frame_count)
    found = Detections.concatenate(parts)
    write_text(output, format_rows(found), overwrite)
    print_to = Console(soft_wrap=True, highlight=False, markup=False)
    print_to.print(f"{len(found)} detections in {frames.read_count} frames by {finder.name}, written to {output}")
    if frames.broken:
        log.print(f"{frames.name}: {frames.broken}; the detections reach until there", style="yellow", markup=False)
        raise typer.Exit(EXIT_PARTIAL)
