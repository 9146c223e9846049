"""Output files: written under another name first, and renamed when they are complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamlink.detectors.base.errors import OutputError


def partial_path(path: Path) -> Path:
    """The name of a file that is still being written."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A temporary path beside a file, which replaces it at a clean end of the block; else nothing remains.

    Raises:
        OutputError: the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
