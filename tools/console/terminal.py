"""What the terminal shows: progress bars and lines of text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from siamlink.detectors.base.stopwatch import Progress as ProgressCallback


def show_table(table: Any, width: int = 0) -> None:
    """Print a table to stdout; a terminal narrower than `width` wraps its lines, digits are never hidden."""
    console = Console()
    console.width = max(width, console.width)
    console.print(table)


def show_error(message: object) -> None:
    """Print the line that says what went wrong, to stderr."""
    typer.secho(f"siamlink: {message}", fg=typer.colors.RED, err=True)


def show_note(message: str) -> None:
    """Print a line that a person should know of, to stderr."""
    typer.secho(message, fg=typer.colors.YELLOW, err=True)


@contextmanager
def stage_bars(name: str = "") -> Iterator[ProgressCallback]:
    """A progress callback that draws a bar for each stage it hears of; nothing is drawn where no terminal is."""
    console = Console(stderr=True)
    label = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), label, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def update(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(f"{name} {stage}".strip(), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update
