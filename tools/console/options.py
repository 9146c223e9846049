"""Options that several commands share, and commands that take all their options as one record."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from siamlink.detectors.detector_options import DetectorOptions

Record = TypeVar("Record")
Choice = TypeVar("Choice", bound=StrEnum)

Detector = Annotated[
    str | None,
    typer.Option(
        metavar="D",
        help="Detector to use: hog, motion, yolox-nano, yolox-tiny, yolox-s, onnx:FILE, package.module:attribute or "
        "file.py:attribute; 'siamlink detectors' lists them.",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Classes to report, by name or number, such as person,car; 'all': all that the detector knows.",
    ),
]
Confidence = Annotated[
    float | None, typer.Option(metavar="S", help="Lowest score to report; by default, as the detector's family needs.")
]
NmsIou = Annotated[
    float | None,
    typer.Option(
        metavar="IOU",
        help="IoU limit of non-maximum suppression for an ONNX file: boxes that overlap a better one more are dropped.",
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(metavar="N|WxH", help="Input size in pixels of an ONNX file that takes images of any size."),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="cpu|cuda|auto", help="Device that runs an ONNX file; auto (default): cuda if it can be used."
    ),
]
ClassNamesFile = Annotated[
    str | None,
    typer.Option(
        "--class-names", metavar="FILE", help="Names of the classes, one a line from class 0, or as '3 car'; or 'coco'."
    ),
]
PreprocessingWords = Annotated[
    str | None,
    typer.Option(
        "--preprocessing",
        metavar="LIST",
        help="Input of an ONNX file, where its family usually has another: letterbox, centred or stretch; bgr or rgb; "
        "0-255, 0-1, -1-1 or imagenet.",
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Settings from a shipped configuration (default, fast, general, windowed, online, paper) or from a YAML "
        "file.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change one setting; repeatable; 'siamlink parameters' lists all settings."
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")]
FrameRate = Annotated[
    float | None,
    typer.Option(metavar="F", help="Frame rate in frames per second; by default, the frame rate of the source."),
]
OutputFolder = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results; created if it is missing.")
]
Patience = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        min=0,
        help="Seconds to try to reconnect a lost camera or stream; 0 does not reconnect. [default: 300]",
    ),
]
VideoOfResults = Annotated[
    Path | None,
    typer.Option(
        "--video",
        metavar="V",
        help="The video, image folder or MOT sequence of the tracks; by default the source that their record names.",
    ),
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the figures to this file as JSON.")
]


class RunnerName(StrEnum):
    """Where tasks are done: on this machine, or on a cluster."""

    local = "local"
    ray = "ray"


def choice_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """A parser of the values of an enumeration, whose error names them."""

    def parse(text: str) -> Choice:
        if text not in list(kind):
            raise typer.BadParameter(f"'{text}' is not one of {', '.join(repr(str(each)) for each in kind)}.")
        return kind(text)

    return parse


RunnerChoice = Annotated[
    RunnerName,
    typer.Option(
        "--runner",
        metavar="|".join(RunnerName),
        parser=choice_of(RunnerName),
        show_default=False,
        help="Do the tasks in processes of this machine (local, the default) or on a Ray cluster.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="auto|HOST:PORT",
        help="The running Ray cluster for --runner ray; by default, Ray is started on this machine and stopped again.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=1024,
        help="Number of tasks done at once, each in its own process. [default: 1; with Ray, all cores]",
    ),
]
Repeat = Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Number of runs; the medians are reported.")]


def detector_options(record: Any) -> "DetectorOptions":
    """The options of the detector among the options of a command.

    Raises:
        ConfigError: one is wrong.
        InputError: the file of class names cannot be read.
    """
    from siamlink.detectors.detector_options import DetectorOptions

    values = {name: getattr(record, name) for name in DetectorOptions.names()}
    return DetectorOptions.of({name: value for name, value in values.items() if value is not None})


def takes(record: type[Record]) -> Callable[[Callable[[Record], None]], Callable[..., None]]:
    """Make a command of a function of one dataclass: each field is an argument or option of the command.

    Args:
        record: the dataclass; the types of its fields are annotated as typer wants them.
    """
    hints = get_type_hints(record, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(record)  # type: ignore[arg-type]
    ]

    def decorate(run: Callable[[Record], None]) -> Callable[..., None]:
        def command(**values: Any) -> None:
            run(record(**values))

        command.__name__, command.__doc__ = run.__name__, run.__doc__
        command.__annotations__ = hints
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorate
