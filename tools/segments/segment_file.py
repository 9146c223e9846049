"""Files of what was computed of a segment: complete or missing, with a digest of their content."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from siamlink.detectors.base.errors import InputError
from siamlink.tools.console.files import output_errors, publish, staging

Arrays = dict[str, NDArray[Any]]
"""What is computed of a segment."""
_KEY = "key"
_DIGEST_BYTES = 32


class DamagedFile(Exception):  # noqa: N818 - no error of the user: the segment is done again
    """The bytes of a file are not those that were written."""


class SegmentFile(NamedTuple):
    """Where the arrays of a segment are.

    Attributes:
        path: of the file.
        key: digest of all that the arrays depend on.
    """

    path: Path
    key: str

    def read(self) -> Arrays | None:
        """The arrays; None if there is no file, or one of another key.

        Raises:
            DamagedFile: it cannot be read, or is not what was written.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedFile(str(error.strerror or error)) from None
        content, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise DamagedFile
        try:
            arrays = load(content)
        except (SafetensorError, KeyError, TypeError, ValueError):
            raise DamagedFile from None
        return arrays if arrays.pop(_KEY, np.zeros(0, np.uint8)).tobytes() == self.key.encode() else None

    def written(self) -> Arrays:
        """The arrays that another process has just written.

        Raises:
            InputError: they are not there.
        """
        try:
            arrays = self.read()
        except DamagedFile:
            arrays = None
        if arrays is None:
            raise InputError(f"{self.path} was written and cannot be read; do all machines see the same folder?")
        return arrays

    def write(self, arrays: Arrays) -> None:
        """Write the arrays; an earlier file is replaced at the end.

        Raises:
            OutputError: the file cannot be written.
        """
        key = np.frombuffer(self.key.encode(), np.uint8)
        content = save({name: np.ascontiguousarray(values) for name, values in {**arrays, _KEY: key}.items()})
        with staging(self.path.parent) as staged, output_errors(self.path):
            (staged / self.path.name).write_bytes(content + hashlib.sha256(content).digest())
            publish(staged, self.path.parent)
