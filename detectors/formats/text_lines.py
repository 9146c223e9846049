"""A text file as numbered lines, and what separates the fields of a line."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import FormatError, InputError

EXAMPLE = "not a text file; expected lines such as '1,-1,10,20,30,60,0.9'"
OTHER_ENCODING = "not text in UTF-8: save it again in this encoding"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How text in UTF-16 begins, as spreadsheets save it."""
Separator = str | None
"""What separates fields; None: any white space."""


@dataclass(frozen=True)
class TextLines:
    """The lines of a text file that are not blank, and their numbers (N,) from 1."""

    path: Path
    content: list[str]
    number: NDArray[np.int_]

    def from_row(self, row: int) -> "TextLines":
        """The lines from one on."""
        return TextLines(self.path, self.content[row:], self.number[row:])


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        is_text = error.object.startswith(UTF_16) or b"\0" not in error.object
        raise FormatError(path, OTHER_ENCODING if is_text else EXAMPLE) from None


def lines_of(path: Path, text: str) -> TextLines:
    """The lines of a text that are not blank."""
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return TextLines(path, [line for _, line in numbered], np.array([number for number, _ in numbered], np.int_))


def separator_of(line: str) -> Separator:
    """What separates the fields of a line: a semicolon, a tab, a comma, or white space where none of them occurs."""
    if ";" in line:
        return ";"
    if "," in line:
        return ","
    if "\t" in line.strip():
        return "\t"
    return None if len(line.split()) > 1 else ","


def fields_of(line: str, separator: Separator) -> list[str]:
    """The fields of a line, without white space around them."""
    return [field.strip() for field in line.split(separator)]


def number_of(field: str) -> float:
    """As Python's `float`, but `1_000` and digits of other scripts are errors.

    Raises:
        ValueError: it is not a number.
    """
    if "_" in field or not field.isascii():
        raise ValueError
    return float(field)


def is_number(field: str) -> bool:
    """Whether a field is a number."""
    try:
        number_of(field)
    except ValueError:
        return False
    return True
