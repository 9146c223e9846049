"""The error tree. Every error a user can cause is a `SiamlinkError`; a command prints it as one line and exits with 2.

SiamlinkError
├── InputError          a file, folder, video or stream cannot be read
│   └── FormatError     a text file is malformed; names the line and the column
├── ConstraintError     constraints contradict one another, or name an object that does not exist
├── OutputError         a result cannot be written, or would replace an earlier one
├── ConfigError         a setting is unknown, out of range or contradicts another
├── DetectorError       a detector is missing or broken, or returned something other than detections
├── DownloadError       weights could not be downloaded, or are not the expected bytes
└── ModelError          a model file is missing, of another kind, or made for other features
"""

import traceback
from pathlib import Path
from typing import Any

_FLOOR = Path(__file__).parents[1]
_PLUG_IN_CALLERS = tuple(str(_FLOOR / name) for name in ("detector.py", "base/plugins.py", "base/threads.py"))
"""Modules that call plug-ins; an error in a plug-in also passes through their lines."""


class SiamlinkError(Exception):
    """The root of all errors that siamlink raises on purpose."""


class InputError(SiamlinkError):
    """A file, folder, video or stream cannot be read."""


class FormatError(InputError):
    """A text file is malformed. `line` and `column` count from 1; None where the fault has no single position."""

    def __init__(self, path: str | Path, message: str, line: int | None = None, column: int | None = None) -> None:
        numbers = ("line", line), ("column", column)
        position = "".join(f", {name} {number}" for name, number in numbers if number is not None)
        super().__init__(f"{path}{position}: {message}")
        self.path, self.line, self.column = Path(path), line, column
        self._message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """Arguments that make the same error again, in another process."""
        return type(self), (self.path, self._message, self.line, self.column)


class ConstraintError(SiamlinkError):
    """Constraints contradict one another, or name an object that does not exist."""


class OutputError(SiamlinkError):
    """A result cannot be written, or would replace an earlier one."""


class ConfigError(SiamlinkError):
    """A setting is unknown, out of range or contradicts another."""


class DetectorError(SiamlinkError):
    """A detector is missing or broken, or returned something other than detections."""


class DownloadError(SiamlinkError):
    """Weights could not be downloaded, or are not the expected bytes."""


class ModelError(SiamlinkError):
    """A model file is missing, of another kind, or made for other features."""


def explain(error: BaseException) -> str:
    """An exception's type and message in one line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def explain_where(error: BaseException) -> str:
    """An exception's type and message, and the file and line of the plug-in that raised it, in one line."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in _PLUG_IN_CALLERS and not frame.filename.startswith("<frozen")
    ]
    if isinstance(error, SyntaxError) or not frames:
        return explain(error)
    return f"{explain(error)} ({frames[-1].filename}, line {frames[-1].lineno})"
