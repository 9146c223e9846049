"""The commands `siamlink cache`: what is in a cache, and away with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from siamlink.tools.running.cache import Cache

app = typer.Typer(no_args_is_help=True, help="See, or clear, what 'siamlink track --cache DIR' has kept.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder given to --cache.")]


@app.command()
def info(folder: Folder) -> None:
    """List what is kept: of which video, by what, how large, and when it was last used.

    Prints a table; writes nothing.
    """
    from datetime import datetime

    from rich import box
    from rich.table import Table
    from rich.text import Text

    from siamlink.tools.console.terminal import show_table

    entries = _cache(folder).entries()
    table = Table("of", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("MB", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    for entry in entries:
        used = datetime.fromtimestamp(entry.used).astimezone().isoformat(" ", "minutes")
        table.add_row(Text(entry.label, overflow="fold"), f"{entry.size / 1e6:.2f}", used)
    show_table(table)
    typer.echo(f"{len(entries)} entries, {sum(entry.size for entry in entries) / 1e6:.2f} MB in {folder}")


@app.command()
def clear(folder: Folder) -> None:
    """Remove all that is kept in a cache; other files in the folder stay."""
    removed = _cache(folder).clear()
    typer.echo(f"removed {len(removed)} entries, {sum(entry.size for entry in removed) / 1e6:.2f} MB from {folder}")


def _cache(folder: Path) -> "Cache":
    from siamlink.detectors.base.errors import InputError
    from siamlink.tools.running.cache import Cache

    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    return Cache(folder)
