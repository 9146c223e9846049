"""The arguments and options that `siamlink segment` and `siamlink join` share."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.commands.track_options import (
    BoxFormatChoice,
    ConstraintFile,
    DetectionFile,
    FramesFrom,
    SolverChoice,
    TrackOptions,
)
from siamlink.tools.console.options import (
    Classes,
    ClassNamesFile,
    Confidence,
    Config,
    Detector,
    Device,
    FrameRate,
    ImageSize,
    NmsIou,
    PreprocessingWords,
    Settings,
)
from siamlink.tools.console.standard_output import STANDARD_OUTPUT


@dataclass(frozen=True, kw_only=True)
class SegmentedOptions:
    """What a video in segments is, and how it is tracked: the same for all its segments and for `join`."""

    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Video file, image folder or MOT sequence, the same for all.")
    ]
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder for the results; segments are in DIR/.NAME.segments."
        ),
    ]
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
    solver: SolverChoice = None
    config: Config = None
    settings: Settings = None
    frame_rate: FrameRate = None

    def as_track_options(self, **others: Any) -> TrackOptions:
        """The options of `siamlink track` that say the same.

        Raises:
            ConfigError: the results are to be printed.
        """
        if self.output == STANDARD_OUTPUT:
            raise ConfigError("segments are files: give a folder, -o DIR, not -o -")
        shared = {each.name for each in fields(self)} & {each.name for each in fields(TrackOptions)}
        return TrackOptions(sources=[self.source], **{name: getattr(self, name) for name in shared}, **others)
