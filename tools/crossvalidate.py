"""`siamlink crossvalidate`: every sequence tracked by a model that never saw its video."""

from pathlib import Path
from typing import Annotated

import typer

Overrides = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change one setting; may be repeated.")]


def crossvalidate(
    data: Annotated[Path, typer.Argument(help="Folder of MOT sequences with ground truth and detections.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for SEQ.txt, scores.json and the models.")],
    config: Annotated[str | None, typer.Option(help="Name of a configuration, or a YAML file.")] = None,
    settings: Overrides = [],  # noqa: B006 - typer copies it
    overwrite: Annotated[bool, typer.Option(help="Replace earlier results.")] = False,
) -> None:
    """Train without each video in turn, track it with its det/det.txt, and score all of them together.

    Sequences that show one video under several names are left out together: they are recognised by their ground truth.
    Writes OUTPUT/SEQ.txt for each sequence and OUTPUT/scores.json.
    """
