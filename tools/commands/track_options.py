"""The arguments and options of the command `siamlink track`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from siamlink.detectors.formats.pictures import BoxFormat
from siamlink.tools.console.options import (
    Address,
    Classes,
    ClassNamesFile,
    Confidence,
    Config,
    Detector,
    Device,
    FrameRate,
    ImageSize,
    Jobs,
    NmsIou,
    Overwrite,
    Patience,
    PreprocessingWords,
    RunnerChoice,
    RunnerName,
    Settings,
    choice_of,
)
from siamlink.tools.exporting.options import FORMAT_NAMES
from siamlink.tools.segments.segment import MOST


class Mode(StrEnum):
    """When the tracks of a frame are final."""

    offline = "offline"
    windowed = "windowed"
    online = "online"


class Solver(StrEnum):
    """How links are chosen."""

    lp = "lp"
    hungarian = "hungarian"


DetectionFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|FOLDER",
        help="Use these detections: MOT text, CSV, JSON, COCO, KITTI or a YOLO folder; may be a path inside each "
        "sequence's folder, as det/det.txt. MOT text is frame, id, left, top, width, height, score, class.",
    ),
]
BoxFormatChoice = Annotated[
    BoxFormat | None,
    typer.Option(
        parser=choice_of(BoxFormat),
        metavar="|".join(BoxFormat),
        help="Meaning of the four numbers of a box in --detections; by default, as the format of the file defines.",
    ),
]
FramesFrom = Annotated[
    int | None,
    typer.Option(
        metavar="0|1",
        min=0,
        max=1,
        help="Number of the first frame in --detections; by default, as the format of the file defines.",
    ),
]
ConstraintFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Text file that corrects earlier tracks: a line 'tracks FILE', then lines such as 'swap FRAME ID ID', "
        "'merge ID ID', 'split FRAME ID' or 'false ID'.",
    ),
]
SolverChoice = Annotated[
    Solver | None,
    typer.Option(
        parser=choice_of(Solver),
        metavar="|".join(Solver),
        help="Choose links by the exact linear program (lp, the default), or faster, frame by frame (hungarian).",
    ),
]
WritesVideo = Annotated[bool, typer.Option("--video/--no-video", help="Write the annotated video.")]
Shows = Annotated[
    bool,
    typer.Option(
        "--show", help="Show the annotated frames in a window, while they are tracked or, offline, afterwards."
    ),
]
Export = Annotated[
    str,
    typer.Option(
        metavar="FORMATS",
        help=f"Also write the tracks for other tools: any of {','.join(FORMAT_NAMES)}, separated by commas.",
    ),
]
WritesReport = Annotated[
    bool,
    typer.Option(
        "--report",
        help="Also write DIR/NAME.html, which shows the tracks and why they were linked.",
    ),
]


@dataclass(frozen=True)
class TrackOptions:
    """The arguments and options of `siamlink track`."""

    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for the results; created if it is missing; - prints the tracks as JSON lines instead.",
        ),
    ]
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Video file, image folder, MOT sequence, folder of sequences, camera number or stream URL; with "
            "--constraints, by default that of the earlier tracks.",
        ),
    ] = None
    detector: Detector = None
    detections: DetectionFile = None
    box_format: BoxFormatChoice = None
    frames_from: FramesFrom = None
    classes: Classes = None
    confidence: Confidence = None
    nms_iou: NmsIou = None
    image_size: ImageSize = None
    device: Device = None
    class_names: ClassNamesFile = None
    preprocessing: PreprocessingWords = None
    constraints: ConstraintFile = None
    mode: Annotated[
        Mode | None,
        typer.Option(
            parser=choice_of(Mode),
            metavar="|".join(Mode),
            help="Use the whole video (offline, the default), a bounded delay (windowed) or no delay (online).",
        ),
    ] = None
    solver: SolverChoice = None
    config: Config = None
    settings: Settings = None
    frame_rate: FrameRate = None
    patience: Patience = None
    video: WritesVideo = True
    show: Shows = False
    export: Export = ""
    report: WritesReport = False
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    segments: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MOST,
            help="Cut each video into N segments, which --jobs detect and describe at once; best several times as many "
            "as jobs. The tracks are the same.",
        ),
    ] = None
    overwrite: Overwrite = False
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Record the work on each frame, so that the same command can continue after an interruption.",
        ),
    ] = False
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder in which detections and appearance descriptors are kept for later runs."
        ),
    ] = None
    cache_limit: Annotated[
        float,
        typer.Option(metavar="GB", min=0, help="Maximum size of the cache; least recently used entries go first."),
    ] = 10.0
