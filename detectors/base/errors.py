"""The error tree. Every error a user can cause is a `SiamlinkError`; a command prints it as one line and exits with 2.

SiamlinkError
├── InputError          a file, folder, video or stream cannot be read
│   └── FormatError     a text file is malformed; names the line and the column
├── ConstraintError     what must and what cannot be one track contradicts itself, or names what is not there
├── OutputError         a result cannot be written, or would replace an earlier one
├── ConfigError         a setting is unknown, out of range or contradicts another
├── DetectorError       a detector is missing, broken or returned something else than detections
├── DownloadError       weights could not be fetched or are not the expected bytes
└── ModelError          a model file is missing, foreign or made for other features
"""

from pathlib import Path
from typing import Any


class SiamlinkError(Exception):
    """The root of all errors that siamlink raises on purpose."""


class InputError(SiamlinkError):
    """A file, folder, video or stream cannot be read."""


class FormatError(InputError):
    """A text file is malformed. `line` and `column` count from 1; None where the fault has no single place."""

    def __init__(self, path: str | Path, message: str, line: int | None = None, column: int | None = None) -> None:
        place = "".join(f", {name} {at}" for name, at in (("line", line), ("column", column)) if at is not None)
        super().__init__(f"{path}{place}: {message}")
        self.path, self.line, self.column = Path(path), line, column
        self._message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """How another process makes the same error."""
        return type(self), (self.path, self._message, self.line, self.column)


class ConstraintError(SiamlinkError):
    """What must and what cannot be one track contradicts itself, or names what is not there."""


class OutputError(SiamlinkError):
    """A result cannot be written, or would replace an earlier one."""


class ConfigError(SiamlinkError):
    """A setting is unknown, out of range or contradicts another."""


class DetectorError(SiamlinkError):
    """A detector is missing, broken or returned something else than detections."""


class DownloadError(SiamlinkError):
    """Weights could not be fetched, or are not the expected bytes."""


class ModelError(SiamlinkError):
    """A model file is missing, foreign or made for other features."""
