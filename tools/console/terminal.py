"""What the terminal shows: tables, progress bars and lines of text."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from siamlink.detectors.base.former_names import former_name_note
from siamlink.detectors.base.progress_bars import progress_bars
from siamlink.detectors.base.stopwatch import Progress as ProgressCallback
from siamlink.tools.console.tables import Table


def show_table(table: Table, stderr: bool = False) -> None:
    """Print a table to stdout, or to stderr where stdout is for results.

    A terminal that is too narrow wraps lines, but figures are never cut. Elsewhere, as in a file or a pipe, every row
    is one line, unless the variable COLUMNS gives a width.
    """
    console = Console(stderr=stderr)
    sized = console.is_terminal or "COLUMNS" in os.environ
    console.width = max(table.least_width, console.width) if sized else table.full_width
    if console.is_terminal:
        console.print(table.rich(), crop=False)
        return
    with console.capture() as captured:
        console.print(table.rich(), crop=False)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def show_error(message: object) -> None:
    """Print an error as one line to stderr."""
    typer.secho(f"siamlink: {message}", fg=typer.colors.RED, err=True)


def show_note(message: object) -> None:
    """Print a remark as one line to stderr."""
    typer.secho(message, fg=typer.colors.YELLOW, err=True)


def show_former_name(former: str, present: str) -> None:
    """Print a note that a command or option was called by its former name."""
    show_note(f"note: {former_name_note(former, present)}")


def show_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int) -> None:
    """Print a `FutureWarning`, such as that of a renamed setting, as a note; in place of `warnings.showwarning`."""
    if issubclass(category, FutureWarning):
        show_note(f"note: {message}")
    else:
        typer.echo(warnings.formatwarning(message, category, filename, lineno), nl=False, err=True)


@contextmanager
def stage_bars(name: str = "", results_printed: bool = False) -> Iterator[ProgressCallback]:
    """A progress callback that draws a bar for each stage; without a terminal, nothing is drawn.

    Args:
        name: stands before each stage.
        results_printed: whether results go to standard output; if that is the terminal too, nothing is drawn.
    """
    if results_printed and sys.stdout.isatty():
        yield lambda *_: None
    else:
        with progress_bars(name) as progress:
            yield progress


@contextmanager
def download_bar(console: Console | None = None) -> Iterator[ProgressCallback]:
    """A progress callback for `load_detector` that draws a bar for a download, and nothing without one."""
    columns = TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    bar = Progress(*columns, console=console or Console(stderr=True))

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
