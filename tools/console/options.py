"""Options that several commands share, and commands that take all their options as one record."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

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
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the figures to this file as JSON.")
]
Repeat = Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Number of runs; the medians are reported.")]


def choice_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """A parser of the values of an enumeration, whose error names them."""

    def parse(text: str) -> Choice:
        if text not in list(kind):
            raise typer.BadParameter(f"'{text}' is not one of {', '.join(repr(str(each)) for each in kind)}.")
        return kind(text)

    return parse


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
