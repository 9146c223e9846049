"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Detector = Annotated[
    str | None,
    typer.Option(
        metavar="D",
        help="hog, motion, yolox-nano, yolox-tiny, yolox-s, onnx:FILE, package.module:attribute or file.py:attribute.",
    ),
]
Config = Annotated[str | None, typer.Option(metavar="NAME|FILE", help="A shipped configuration, or a YAML file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change one setting ('siamlink parameters' lists them); repeatable."
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")]
FrameRate = Annotated[
    float | None, typer.Option(metavar="F", help="Frames a second, where the source does not tell or tells wrongly.")
]
OutputFolder = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results; made if missing.")
]
Patience = Annotated[
    float | None,
    typer.Option(
        metavar="S", min=0, help="Seconds that a camera or stream may be away, 300 if not given; 0 never waits."
    ),
]
