"""Standard output as the place of results, for a program that reads them through a pipe."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from pathlib import Path

import typer

from siamlink.detectors.base.errors import OutputError

STANDARD_OUTPUT = Path("-")
"""What -o is called for it."""


@contextmanager
def standard_output() -> Iterator[Callable[[str], None]]:
    """A function that writes text to standard output at once.

    If the program at the other end of the pipe has ended, as `head` does after ten lines, the command ends too, without
    a message and with exit code 0.

    Raises:
        OutputError: it cannot be written.
    """

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    try:
        yield write
    except BrokenPipeError:
        discard_output()
        raise typer.Exit(0) from None
    except OSError as error:
        raise OutputError(f"cannot write to standard output: {error.strerror or error}") from None


def discard_output() -> None:
    """Let all further output, and what is still in the buffer, go nowhere, without an error at the end."""
    with suppress(UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
