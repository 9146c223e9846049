"""Reads CSV with a header: the names of the columns say what they are."""

import csv

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.column_names import KNOWN, plain, roles_of
from siamlink.detectors.formats.named_columns import read_columns
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.raw_boxes import Place, RawBoxes, no_boxes
from siamlink.detectors.formats.text_lines import Separator, TextLines, fields_of, is_number, separator_of

NAME = "CSV"
LEAST_COLUMNS = 5
"""Frame and box."""


def is_header(line: str) -> bool:
    """Whether a line holds names of columns: two that are known, or five at least, and no number."""
    fields = [field for field in fields_of(line, separator_of(line)) if field]
    if any(is_number(field) for field in fields):
        return False
    return len(fields) >= LEAST_COLUMNS or sum(plain(field) in KNOWN for field in fields) >= 2


def is_header_comment(line: str) -> bool:
    """Whether a line that begins with `#` names the columns of boxes."""
    text = line.strip().lstrip("#").strip()
    return is_header(text) and roles_of(fields_of(text, separator_of(text))).complete


def read_csv(lines: TextLines, pictures: Pictures) -> RawBoxes:
    """Read boxes from text whose first line names the columns.

    Raises:
        FormatError: a column for frame or box is missing, a line has other fields than the header, or a value is no
            number.
    """
    header = lines.content[0].strip().lstrip("#").strip()
    separator = separator_of(header)
    names = [name.strip('"').strip() for name in fields_of(header, separator)]
    twice = next((name for index, name in enumerate(names) if name and name in names[:index]), None)
    if twice is not None:
        raise FormatError(lines.path, f"the column {twice[:40]!r} occurs twice", int(lines.number[0]))
    body = lines.from_row(1)
    if not body.content:
        return no_boxes(lines.path, NAME)
    rows = _rows(body, separator)
    for row, fields in enumerate(rows):
        if len(fields) == len(names) + 1 and not fields[-1]:
            fields.pop()
        if len(fields) != len(names):
            message = f"expected {len(names)} fields as in the header, found {len(fields)}"
            raise FormatError(lines.path, message, int(body.number[row]))
    columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
    if separator == ";":
        columns = {name: _with_points(values) for name, values in columns.items()}
    index = {name: column for column, name in enumerate(names, 1)}

    def place(row: int, column: str | None) -> Place:
        return Place(lines.path, int(body.number[row]), index.get(column) if column else None)

    return read_columns(lines.path, NAME, columns, place, pictures)


def _rows(lines: TextLines, separator: Separator) -> list[list[str]]:
    if separator is None or not any('"' in line for line in lines.content):
        return [fields_of(line, separator) for line in lines.content]
    rows = []
    for row, line in enumerate(lines.content):
        try:
            rows.append([field.strip() for field in next(csv.reader([line], delimiter=separator, strict=True))])
        except csv.Error as error:
            unclosed = "end of data" in str(error)
            reason = "a quotation mark is not closed on its line" if unclosed else str(error)
            raise FormatError(lines.path, reason, int(lines.number[row])) from None
    return rows


def _with_points(values: list[str]) -> list[str]:
    """With semicolons between the fields, a comma is a decimal point where that makes a number."""
    return [point if "," in value and is_number(point := value.replace(",", ".")) else value for value in values]
