"""Progress on the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

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

from siamlink.tracker.stopwatch import Progress as ProgressCallback


@contextmanager
def stage_bars(console: Console, name: str = "") -> Iterator[ProgressCallback]:
    """A progress callback that draws a bar for each stage it hears of; nothing is drawn where no terminal is."""
    label = TextColumn(f"{name} {{task.description}}" if name else "{task.description}")
    columns = (SpinnerColumn(), label, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def update(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done)

        yield update
