"""Output files that are whole or not there: written aside and renamed."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from siamlink.detectors.errors import OutputError


def check_output(path: str | Path, overwrite: bool = False) -> None:
    """See to it before the work that a file can be written after it.

    Raises:
        OutputError: it exists and may not be replaced, or there is no such folder.
    """
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file to write")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; --overwrite replaces it")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no folder {path.parent}")


def make_folder(folder: Path) -> None:
    """Make a folder for results, with its parents.

    Raises:
        OutputError: it cannot be made.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def write_text(path: str | Path, text: str, overwrite: bool = False) -> None:
    """Write a text file aside and rename it.

    Raises:
        OutputError: it exists and may not be replaced, or cannot be written.
    """
    path = Path(path)
    check_output(path, overwrite)
    with staging(path.parent) as folder:
        with output_errors(path):
            (folder / path.name).write_text(text, encoding="utf-8", newline="")
        publish(folder, path.parent)


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A temporary folder inside `folder`, on the same disk, that is gone afterwards with all that was not published.

    Raises:
        OutputError: `folder` cannot be written.
    """
    with output_errors(folder):
        staged = Path(tempfile.mkdtemp(prefix=".siamlink-", dir=folder))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def publish(staged: Path, folder: Path) -> None:
    """Rename every file of a staging folder into `folder`, replacing earlier ones."""
    for path in sorted(staged.iterdir()):
        with output_errors(folder / path.name):
            path.replace(folder / path.name)


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors into an `OutputError` that names the path."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
