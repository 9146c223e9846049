"""The command `siamlink detect`."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.exit_codes import EXIT_PARTIAL
from siamlink.tools.console.options import (
    Classes,
    ClassNamesFile,
    Confidence,
    Detector,
    Device,
    ImageSize,
    NmsIou,
    Overwrite,
    Patience,
    PreprocessingWords,
    detector_options,
    takes,
)


@dataclass(frozen=True)
class DetectOptions:
    """The arguments and options of `siamlink detect`."""

    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="Video file, image folder, MOT sequence, camera number or stream URL."),
    ]
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File for the detections: MOT text (.txt), CSV (.csv) or JSON lines (.jsonl); - prints JSON lines.",
        ),
    ]
    detector: Detector = None
    classes: Classes = None
    confidence: Confidence = None
    nms_iou: NmsIou = None
    image_size: ImageSize = None
    device: Device = None
    class_names: ClassNamesFile = None
    preprocessing: PreprocessingWords = None
    patience: Patience = None
    overwrite: Overwrite = False


@takes(DetectOptions)
def detect(options: DetectOptions) -> None:
    """Detect objects in every frame and write their boxes to a file.

    Writes FILE. A .txt file has a line per box in MOT format: frame, -1, left, top, width, height, score, class, -1,
    -1; the names of the classes are in NAME.classes.txt beside it. A .csv file is a table with a header, a .jsonl file
    has a JSON object per box. Ctrl-C ends a camera or stream; until then its detections are in NAME.partial.txt beside
    FILE, NAME.txt.

    Exit code: 0 success, 2 error, 3 the input broke and the detections end there, 130 interrupted.
    """
    from siamlink.detectors.base.output_files import partial_path
    from siamlink.detectors.base.stopwatch import Stopwatch
    from siamlink.detectors.models.registry import load_detector
    from siamlink.tools.console.files import growing_text
    from siamlink.tools.console.standard_output import STANDARD_OUTPUT, standard_output
    from siamlink.tools.console.terminal import download_bar, show_note, stage_bars
    from siamlink.tools.running.classes_note import classes_note, missing_classes_note
    from siamlink.tools.running.detection_files import check_detection_file, detection_format, write_names
    from siamlink.tools.running.live import ended_by_signal, losses_of, patience_for, with_rate_hint
    from siamlink.tracker.runs.feed import detect_frames
    from siamlink.tracker.runs.inputs import open_input
    from siamlink.tracker.runs.options import DEFAULT_DETECTOR

    source, output, overwrite = options.source, options.output, options.overwrite
    printed = output == STANDARD_OUTPUT
    if not printed:
        check_detection_file(output, overwrite, Path(source))
    chosen = detector_options(options)
    patience_seconds = patience_for(source, options.patience)
    frames = open_input(source, use_public=False, patience_seconds=patience_seconds).frames
    assert frames is not None, "open_input gives frames where it is not to use public detections"
    frames.check()
    with download_bar() as fetching:
        name = DEFAULT_DETECTOR if options.detector is None else options.detector
        finder = load_detector(name, fetching, **chosen.given)
    if note := classes_note(finder, chosen):
        show_note(note)
    count = 0
    with (
        stage_bars(frames.name, printed) as bars,
        standard_output() if printed else growing_text(output, keep=frames.live, overwrite=overwrite) as write,
        ended_by_signal(frames, None if printed else partial_path(output)),
        closing(detect_frames(frames, finder, Stopwatch())) as detected,
    ):
        progress = with_rate_hint(bars, frames)
        heading, text_of = detection_format(output, frames.frame_rate, finder.class_names)
        write(heading)
        for number, _, found in detected:
            lines = text_of(found.later(frames.first_number - 1))
            write("".join(lines))
            count += len(lines)
            progress("detect", number, frames.frame_count)
    if not printed:
        write_names(output, finder.class_names)
    where = "" if printed else f", written to {output}"
    typer.echo(
        f"{counted(count, 'detection')} in {counted(frames.read_count, 'frame')} by {finder.name}{where}", err=printed
    )
    if note := missing_classes_note(finder.class_names, chosen):
        show_note(f"{frames.name}: {note}")
    for note in (*(f"{frames.name}: {note}" for note in frames.notes), *losses_of(frames)):
        show_note(note)
    if frames.broken:
        show_note(f"{frames.name}: {frames.broken}; the detections end there")
        raise typer.Exit(EXIT_PARTIAL)
