"""The command `siamlink detectors`, and the bar that shows weights being fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from siamlink.detectors.models.download import Progress


def detectors() -> None:
    """List the detectors that --detector takes: whether each is ready, what it is or why not, and where it is from.

    Prints a table; writes nothing.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from siamlink.detectors.models.registry import available_detectors

    table = Table("detector", "ready", "note", "from")
    table.columns[0].no_wrap = True
    for each in available_detectors():
        table.add_row(escape(each.name), "yes" if each.available else "no", escape(each.note), escape(each.origin))
    console = Console()
    console.print(table)
    console.print("Also: onnx:FILE (YOLOX or NanoDet), package.module:attribute, file.py:attribute", markup=False)


@contextmanager
def download_bar(console: "Console") -> Iterator["Progress"]:
    """A progress callback for `load_detector` that draws a bar once bytes arrive, and nothing without a download."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    bar = Progress(*columns, console=console)

    def update(name: str, received: int, total: int | None) -> None:
        if not bar.tasks:
            bar.add_task(name, total=total)
            bar.start()
        bar.update(bar.tasks[0].id, completed=received)

    try:
        yield update
    finally:
        if bar.tasks:
            bar.stop()
