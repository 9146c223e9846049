"""Reads MOT text: a line a box, `frame, id, left, top, width, height, score, ...`."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.checks import MAX_LABEL
from siamlink.detectors.formats.raw_boxes import RawBoxes, no_boxes, place_by_line
from siamlink.detectors.formats.text_lines import Separator, TextLines, is_number, number_of, separator_of

NAME = "MOT text"
COLUMNS = ("frame", "id", "left", "top", "width", "height", "score")
EXPECTED_COLUMNS = "give frame, id (-1 for detections), left, top, width, height, score"
CLASS_COLUMN, LINK_COLUMN, MARK_COLUMN = 7, 8, 9
"""Of results: the class number, the probability of the link to the next box, and a mark, -1 if detected."""
INTERPOLATED, FOUND = 1, 2
"""Marks of boxes that were not detected; the second: that were found by a search in the image."""
MAX_COLUMNS = 100


def read_mot_text(lines: TextLines) -> RawBoxes:
    """Read MOT text, with commas, semicolons, tabs or spaces between the fields.

    A missing score is 1; further missing columns are -1.

    Raises:
        FormatError: a field is not a number, or there are too few or too many; names line and column.
    """
    if not lines.content:
        empty = no_boxes(lines.path, NAME)
        empty.columns = empty.numbers
        return empty
    rows = _parse(lines)
    place = place_by_line(lines.path, lines.number, tuple(range(1, 8)))
    raw = RawBoxes(lines.path, NAME, rows[:, :7], place, counts_from=1, columns=rows)
    if has_class_numbers(rows):
        raw.label = rows[:, CLASS_COLUMN]
    if _has_marks(rows):
        raw.interpolated = rows[:, MARK_COLUMN] > 0
        raw.found = rows[:, MARK_COLUMN] == FOUND
        known = rows[:, LINK_COLUMN] >= 0
        raw.link_probability = np.where(known, rows[:, LINK_COLUMN], np.nan).astype(np.float32)
    return raw


def has_class_numbers(rows: FloatArray) -> bool:
    """Whether column 8 of rows (N, C) holds class numbers: whole numbers from -1 on, not all of them -1.

    In the ten columns of MOT15, the last three are world coordinates: no whole numbers, or no probabilities after them.
    """
    if rows.shape[1] <= CLASS_COLUMN or not len(rows):
        return False
    column = rows[:, CLASS_COLUMN]
    with np.errstate(invalid="ignore"):
        whole = bool(((column % 1 == 0) & (column >= -1) & (column <= MAX_LABEL)).all())
    marked = rows.shape[1] <= MARK_COLUMN or _are_links(rows[:, LINK_COLUMN])
    return whole and marked and bool((column >= 0).any())


def _are_links(column: FloatArray) -> bool:
    """Whether a column (N,) holds probabilities or -1."""
    return bool(((column == -1) | ((column >= 0) & (column <= 1))).all())


def _has_marks(rows: FloatArray) -> bool:
    """Whether columns 9 and 10 of rows (N, C) are as in results: a probability or -1, and 1, 2 or -1."""
    if rows.shape[1] <= MARK_COLUMN:
        return False
    return _are_links(rows[:, LINK_COLUMN]) and bool(np.isin(rows[:, MARK_COLUMN], (-1, INTERPOLATED, FOUND)).all())


def _parse(lines: TextLines) -> FloatArray:
    separator = separator_of(lines.content[0])
    if separator is None and not is_number(lines.content[0].split()[0]):
        separator = ","  # the error shows the whole line
    try:
        rows: FloatArray = np.loadtxt(lines.content, delimiter=separator, ndmin=2, comments=None)
    except ValueError:
        rows = _parse_by_line(lines, separator)
    _check_count(lines, rows.shape[1], 0)
    if rows.shape[1] == 6:
        _refuse_scores_as_heights(lines, rows)
        rows = np.hstack([rows, np.ones((len(rows), 1))])
    return rows


def _parse_by_line(lines: TextLines, separator: Separator) -> FloatArray:
    """Slower than `np.loadtxt`, for rows of different lengths; the error names the first field that is not a number."""
    parsed: list[list[float]] = []
    for index, content in enumerate(lines.content):
        row: list[float] = []
        for column, field in enumerate(_fields(content, separator), 1):
            try:
                row.append(number_of(field))
            except ValueError:
                name = f" ({COLUMNS[column - 1]})" if column <= len(COLUMNS) else ""
                message = f"{field.strip()[:40]!r}{name} is not a number"
                raise FormatError(lines.path, message, int(lines.number[index]), column) from None
        _check_count(lines, len(row), index)
        parsed.append(row)
    rows = np.full((len(parsed), max(7, *map(len, parsed))), -1.0)
    rows[:, 6] = 1.0
    for index, row in enumerate(parsed):
        rows[index, : len(row)] = row
    return rows


def _fields(line: str, separator: Separator) -> list[str]:
    """The fields of a line; with semicolons between them, a comma is a decimal point."""
    if separator == ";":
        line = line.replace(",", ".")
    return line.split() if separator is None else line.rstrip().rstrip(separator).split(separator)


def _refuse_scores_as_heights(lines: TextLines, rows: FloatArray) -> None:
    """Raise an error if the heights of boxes in pixels, in the last of six columns, are all within 0 to 1."""
    height, others = rows[:, 5], rows[:, 2:5]
    if ((height >= 0) & (height <= 1)).all() and (others > 1).any():
        message = (
            f"the last of six columns is the height, but is at most 1 in all lines, as a score is: {EXPECTED_COLUMNS}, "
            "or a header that names the columns"
        )
        raise FormatError(lines.path, message, int(lines.number[0]), 6)


def _check_count(lines: TextLines, columns: int, row: int) -> None:
    if not 6 <= columns <= MAX_COLUMNS:
        expected = "at least 6" if columns < 6 else f"at most {MAX_COLUMNS}"
        remedy = f": {EXPECTED_COLUMNS}" if columns < 6 else ""
        raise FormatError(lines.path, f"expected {expected} columns, found {columns}{remedy}", int(lines.number[row]))


def rows_of(raw: RawBoxes) -> NDArray[np.float64]:
    """The boxes as MOT rows: those of the file as they stand, or ten columns made from another format."""
    if raw.columns is not None:
        return raw.columns
    unknown = np.full(len(raw), -1.0)
    label = unknown if raw.label is None else raw.label
    link = unknown if raw.link_probability is None else np.nan_to_num(raw.link_probability.astype(float), nan=-1.0)
    marks = unknown if raw.interpolated is None else np.where(raw.interpolated, float(INTERPOLATED), -1.0)
    return np.column_stack([raw.numbers, label, link, marks])
