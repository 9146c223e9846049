"""The commands `siamlink cache`: list or remove the records of a cache folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.group import Group

if TYPE_CHECKING:
    from siamlink.tracker.cache.record_store import RecordDatabase

app = typer.Typer(cls=Group, no_args_is_help=True, help="List or clear a cache of 'siamlink track'.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of --cache.")]


@app.command()
def info(folder: Folder) -> None:
    """List the entries of a cache.

    Prints a table: the video and the detector or appearance model, the frames, the size and the last use. Changes
    nothing.
    """
    from datetime import datetime

    from siamlink.tools.console.tables import table
    from siamlink.tools.console.terminal import show_table

    with _database(folder) as database:
        entries = database.entries()
    rows = []
    for entry in entries:
        used = datetime.fromtimestamp(entry.used).astimezone().isoformat(" ", "minutes")
        rows.append((entry.label, str(entry.frames), f"{entry.size / 1e6:.2f}", used))
    show_table(table(("entry", "frames", "MB", "last used"), rows))
    typer.echo(f"{counted(len(entries), 'entry')}, {sum(entry.size for entry in entries) / 1e6:.2f} MB in {folder}")


@app.command()
def clear(folder: Folder) -> None:
    """Remove all entries of a cache; other files in the folder stay."""
    with _database(folder) as database:
        removed = database.entries()
        database.clear()
    typer.echo(
        f"removed {counted(len(removed), 'entry')}, {sum(entry.size for entry in removed) / 1e6:.2f} MB from {folder}"
    )


@contextmanager
def _database(folder: Path) -> Iterator["RecordDatabase"]:
    """The database of a cache folder; a fault of it is raised at the end."""
    from siamlink.detectors.base.errors import InputError, OutputError
    from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase

    if not (folder / DATABASE).is_file():
        raise InputError(f"there is no cache in {folder}")
    with RecordDatabase(folder) as database:
        yield database
        if database.fault:
            raise OutputError(database.fault)
