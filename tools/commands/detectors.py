"""The command `siamlink detectors`."""

from typing import Annotated

import typer


def detectors(
    detector: Annotated[
        str | None,
        typer.Argument(metavar="D", help="Describe this detector, such as onnx:FILE: its family, input and classes."),
    ] = None,
) -> None:
    """List the detectors for --detector: name, whether it is ready, what it is or why it is not ready, and its origin.

    With D, loads that detector and prints what it reports by default, and its classes. Writes nothing.
    """
    from siamlink.detectors.models.registry import available_detectors, load_detector
    from siamlink.tools.console.tables import Table
    from siamlink.tools.console.terminal import download_bar, show_table

    if detector is not None:
        with download_bar() as fetching:
            loaded = load_detector(detector, fetching)
        for name, value in loaded.description.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{name.replace('_', ' ')}: {'default' if text is None else text}")
        numbered = [f"{number} {name}" for number, name in (loaded.class_names or {}).items()]
        typer.echo(f"class names: {', '.join(numbered) or 'none stated'}")
        return
    rows = [(each.name, each.ready, each.note, each.origin) for each in available_detectors()]
    show_table(Table(("detector", "ready", "note", "from"), tuple(rows), texts=4, folded=(2, 3)))
    typer.echo(
        "Also: onnx:FILE (YOLOX, NanoDet, YOLOv5 to YOLO26, RT-DETR, D-FINE, RF-DETR; reports all its classes), "
        "package.module:attribute, file.py:attribute"
    )
