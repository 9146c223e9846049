"""Boxes in named columns, as in a CSV file with a header or in the records of a JSON file."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import COCO, ClassNames
from siamlink.detectors.formats.checks import OF_SECONDS
from siamlink.detectors.formats.column_names import EXPECTED, FROM_ZERO, Roles, plain, roles_of
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, ID, SCORE, Place, RawBoxes
from siamlink.detectors.formats.text_lines import number_of

MISSING = ("", "none", "null", "nan", "n/a")
"""Texts that stand for no value, in lower case."""
TRUE, FALSE = ("1", "true", "yes"), ("0", "-1", "false", "no", *MISSING)
TIMES = {"time", "times", "timestamp", "second", "seconds", "t"}
"""Names of columns of times, which are no frame numbers."""
PlaceOf = Callable[[int, str | None], Place]
"""Where a row has a named column."""


def read_columns(
    path: Path, form: str, columns: Mapping[str, Sequence[Any]], place: PlaceOf, pictures: Pictures
) -> RawBoxes:
    """Boxes from columns that are found by their names.

    Args:
        path: the file.
        form: its format, for messages.
        columns: the values of each column: numbers, texts, or None for none.
        place: where a row has a column; None: the row as a whole.
        pictures: their names, if frames are given by file names, and the video's name, if there are several.

    Raises:
        FormatError: there is no column for frame or box, or a value is no number.
    """
    roles = roles_of(columns)
    if not roles.complete:
        found = ", ".join(str(name) for name in columns)
        timed = OF_SECONDS if roles.frame is None and TIMES & {plain(str(name)) for name in columns} else ""
        raise FormatError(path, f"expected columns for {EXPECTED}; found {found[:200]}{timed}", 1)
    table = _Table(path, columns, place)
    table.keep_video(roles.video, pictures)
    frame, counts_from, notes = _frames(table, roles, pictures)
    numbers = np.full((table.count, 7), -1.0)
    numbers[:, FRAME], numbers[:, BOX] = frame, table.boxes(roles.box or ())
    numbers[:, ID] = table.numbers(roles.id, -1.0)
    numbers[:, SCORE] = table.numbers(roles.score, 1.0)
    label, names = _classes(table, roles)
    in_columns = [roles.frame or roles.file, roles.id, *_four(roles.box or ()), roles.score]
    link = table.numbers(roles.link, np.nan) if roles.link else None
    return RawBoxes(
        path=path,
        format=form,
        numbers=numbers,
        place=lambda row, column: table.place(row, None if column is None else in_columns[column]),
        box_format=roles.box_format,
        counts_from=counts_from,
        label=label,
        class_names=names,
        interpolated=table.flags(roles.interpolated) if roles.interpolated else None,
        link_probability=None if link is None else np.where(link >= 0, link, np.nan).astype(np.float32),
        found=table.flags(roles.found) if roles.found else None,
        notes=notes,
    )


def number_at_end(name: str) -> int | None:
    """The last number in a file name, without folder and suffix; None if it has none."""
    digits = re.findall(r"[0-9]+", PurePath(name).stem)
    return int(digits[-1]) if digits and len(digits[-1]) < 16 else None


def _four(box: tuple[str, ...]) -> tuple[str, ...]:
    return box if len(box) == 4 else box * 4


def _frames(table: "_Table", roles: Roles, pictures: Pictures) -> tuple[FloatArray, int | None, list[str]]:
    """The frame of each row, from what they count if that is known, and what was assumed."""
    if roles.frame is None or (roles.file and pictures.frame_of):
        return _frames_by_name(table, roles.file or "", pictures)
    texts = table.values(roles.frame)
    if plain(roles.frame) == "imageid" and any(isinstance(each, str) and not _is_plain(each) for each in texts):
        return _frames_by_name(table, roles.frame, pictures)
    frame = table.numbers(roles.frame, np.nan, "is missing")
    return frame, (0 if plain(roles.frame) in FROM_ZERO else None), []


def _frames_by_name(table: "_Table", column: str, pictures: Pictures) -> tuple[FloatArray, int | None, list[str]]:
    names = [str(each) for each in table.values(column)]
    known = pictures.frame_of_stem
    if known:
        frames = []
        for row, name in enumerate(names):
            if PurePath(name).stem not in known:
                table.place(row, column).fail(f"there is no picture {name[:80]!r}")
            frames.append(float(known[PurePath(name).stem]))
        return np.array(frames), 1, []
    numbers = [number_at_end(name) for name in names]
    if None in numbers:
        row = numbers.index(None)
        table.place(row, column).fail(f"there is no frame number in {names[row][:80]!r}")
    return np.array(numbers, float), None, ["frames are the numbers in the names of the pictures"]


def _classes(table: "_Table", roles: Roles) -> tuple[FloatArray | None, ClassNames | None]:
    """Class numbers and their names; a column of names only is numbered as COCO, or else by the alphabet."""
    numbers, name = roles.class_number, roles.class_name
    if numbers is None and roles.either and table.is_numeric(roles.either):
        numbers = roles.either
    name = name or (roles.either if roles.either != numbers else None)
    if numbers:
        label = table.numbers(numbers, -1.0)
        return label, _names_by_number(table, name, label) if name else None
    if name is None:
        return None, None
    texts = table.texts(name)
    names = numbered_names(table.path, set(texts) - {""})
    number = {name: float(each) for each, name in names.items()}
    return np.array([number.get(text, -1.0) for text in texts]), names


def numbered_names(path: Path, names: set[str]) -> ClassNames:
    """Numbers for names of classes: those of COCO if it has all of them, else by the alphabet.

    Raises:
        FormatError: a name is not printable.
    """
    in_coco = {name: number for number, name in COCO.items()}
    try:
        if names <= in_coco.keys():
            return ClassNames({in_coco[name]: name for name in names})
        return ClassNames(sorted(names))
    except InputError as error:
        raise FormatError(path, str(error)) from None


def _names_by_number(table: "_Table", column: str, label: FloatArray) -> ClassNames | None:
    names: dict[int, str] = {}
    for row, (number, name) in enumerate(zip(label.tolist(), table.texts(column), strict=True)):
        if not name or not 0 <= number <= np.iinfo(np.int16).max or number % 1:
            continue
        if names.setdefault(int(number), name) != name:
            both = f"{names[int(number)][:40]!r} and {name[:40]!r}"
            table.place(row, column).fail(f"class number {number:g} has two names, {both}")
    try:
        return ClassNames(names) if names else None
    except InputError as error:
        raise FormatError(table.path, str(error)) from None


def _is_plain(text: str) -> bool:
    """Whether a text is a number."""
    try:
        number_of(text.strip())
    except ValueError:
        return False
    return True


class _Table:
    """Named columns, of which all rows or those of one video are used.

    Attributes:
        path: the file.
        count: how many rows are used.
    """

    def __init__(self, path: Path, columns: Mapping[str, Sequence[Any]], place: PlaceOf) -> None:
        self.path, self._columns, self._place = path, columns, place
        self.count = len(next(iter(columns.values()), ()))
        self._rows: Sequence[int] = range(self.count)

    def keep_video(self, column: str | None, pictures: Pictures) -> None:
        """Use the rows of one video only, if the column names several.

        Raises:
            FormatError: none of them has the name of the pictures.
        """
        texts = [str(each) for each in self.values(column)] if column else []
        videos = list(dict.fromkeys(texts))
        if len(videos) < 2:
            return
        mine = [video for video in videos if pictures.name and PurePath(video).stem == pictures.name]
        if not mine:
            shown = ", ".join(videos[:5]) + (", ..." if len(videos) > 5 else "")
            raise FormatError(self.path, f"holds boxes of {len(videos)} videos, but not {pictures.name}: {shown}")
        self._rows = [row for row, text in enumerate(texts) if text in mine]
        self.count = len(self._rows)

    def place(self, row: int, column: str | None) -> Place:
        """Where a row that is used has a column."""
        return self._place(self._rows[row], column)

    def values(self, column: str) -> list[Any]:
        """The values of a column."""
        values = self._columns[column]
        return list(values) if isinstance(self._rows, range) else [values[row] for row in self._rows]

    def texts(self, column: str) -> list[str]:
        """The values of a column as text, empty for none."""
        return ["" if each is None else str(each).strip() for each in self.values(column)]

    def is_numeric(self, column: str) -> bool:
        """Whether all values of a column are numbers or missing."""
        return all(_is_plain(text) or text.casefold() in MISSING for text in self.texts(column))

    def numbers(self, column: str | None, missing: float, fault: str | None = None) -> FloatArray:
        """(N,) numbers of a column; `missing` where there is none, which is an error if `fault` says so."""
        if column is None:
            return np.full(self.count, missing)
        values = self.values(column)
        with suppress(ValueError, TypeError, OverflowError):
            numbers = np.array(values, np.float64).reshape(self.count)
            if not np.isnan(numbers).any():
                return numbers
        return np.array([self._number(row, column, each, missing, fault) for row, each in enumerate(values)], float)

    def _number(self, row: int, column: str, value: Any, missing: float, fault: str | None) -> float:
        if value is None or (isinstance(value, str) and value.strip().casefold() in MISSING):
            if fault:
                self.place(row, column).fail(f"{column} {fault}")
            return missing
        try:
            return number_of(value.strip()) if isinstance(value, str) else float(value)
        except (ValueError, TypeError, OverflowError):
            self.place(row, column).fail(f"{str(value).strip()[:40]!r} ({column}) is not a number")

    def boxes(self, columns: tuple[str, ...]) -> FloatArray:
        """(N, 4) numbers of the boxes, from four columns or from lists in one."""
        if len(columns) == 4:
            return np.column_stack([self.numbers(column, np.nan, "is missing") for column in columns])
        (column,) = columns
        boxes = np.empty((self.count, 4))
        for row, value in enumerate(self.values(column)):
            boxes[row] = self._list(row, column, value)
        return boxes

    def _list(self, row: int, column: str, value: Any) -> list[float]:
        if isinstance(value, str):
            text = value.strip().strip("[]()")
            value = [field for field in re.split(r"[\s,;]+", text) if field]
        if not isinstance(value, list) or len(value) != 4:
            shown = value if isinstance(value, str) else json.dumps(value, default=str)
            self.place(row, column).fail(f"{column} is not a list of four numbers: {shown[:40]}")
        return [self._number(row, column, each, np.nan, "has a missing number") for each in value]

    def flags(self, column: str) -> BoolArray:
        """(N,) whether a column is true."""
        flags = np.zeros(self.count, bool)
        for row, value in enumerate(self.values(column)):
            text = str(value).strip().casefold().removesuffix(".0")
            if text not in TRUE + FALSE:
                self.place(row, column).fail(f"{text[:40]!r} ({column}) is neither true nor false")
            flags[row] = text in TRUE
        return flags
