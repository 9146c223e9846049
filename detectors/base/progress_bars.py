"""Progress bars of stages: as text in a terminal, as HTML in a notebook."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from siamlink.detectors.base.stopwatch import Progress

UPDATE_SECONDS = 0.2
"""The time between two updates of a notebook."""


@contextmanager
def progress_bars(name: str = "") -> Iterator[Progress]:
    """A progress callback that draws a bar for each stage until the end of the block.

    In a file or a pipe nothing is drawn.

    Args:
        name: of the source; stands before the stages.
    """
    display = _notebook_display()
    with _terminal_bars(name) if display is None else _notebook_bars(name, display) as progress:
        yield progress


@contextmanager
def _terminal_bars(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    label = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), label, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    hidden = not console.is_terminal
    with Bars(*columns, console=console, transient=True, redirect_stdout=False, disable=hidden) as bars:

        def update(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(f"{name} {stage}".strip(), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update


@contextmanager
def _notebook_bars(name: str, display: Callable[[str], Any]) -> Iterator[Progress]:
    """Bars in one output of a notebook, which is empty afterwards.

    Args:
        name: of the source.
        display: shows HTML and returns a function that replaces it.
    """
    stages: dict[str, tuple[int, int | None]] = {}
    shown = 0.0
    replace = display("")

    def update(stage: str, done: int, total: int | None) -> None:
        nonlocal shown
        is_new = stage not in stages
        stages[stage] = done, total
        now = time.monotonic()
        if is_new or done == total or now - shown >= UPDATE_SECONDS:
            shown = now
            replace("".join(_bar(f"{name} {each}".strip(), *steps) for each, steps in stages.items()))

    try:
        yield update
    finally:
        replace("")


def _bar(label: str, done: int, total: int | None) -> str:
    if total:
        return f'<div><progress value="{done}" max="{total}"></progress> {escape(label)} {done}/{total}</div>'
    return f"<div><progress></progress> {escape(label)} {done}</div>"


def _notebook_display() -> Callable[[str], Callable[[str], None]] | None:
    """A function that shows HTML in the notebook where this runs, and returns one that replaces it; None elsewhere."""
    python: Any = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None and hasattr(python, "get_ipython") else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import HTML, display

    def show(html: str) -> Callable[[str], None]:
        handle = display(HTML(html), display_id=True)
        return lambda changed: handle.update(HTML(changed))

    return show
