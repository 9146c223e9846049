"""The command `siamlink detectors`."""

import typer


def detectors() -> None:
    """List the detectors for --detector: name, whether it is ready, what it is or why it is not ready, and its origin.

    Prints a table; writes nothing.
    """
    from siamlink.detectors.models.registry import available_detectors
    from siamlink.tools.console.tables import Table
    from siamlink.tools.console.terminal import show_table

    rows = [(each.name, each.ready, each.note, each.origin) for each in available_detectors()]
    show_table(Table(("detector", "ready", "note", "from"), tuple(rows), texts=4, folded=(2, 3)))
    typer.echo(
        "Also: onnx:FILE (YOLOX, NanoDet, YOLOv5 to YOLO26, RT-DETR, D-FINE, RF-DETR; reports all its classes), "
        "package.module:attribute, file.py:attribute"
    )
