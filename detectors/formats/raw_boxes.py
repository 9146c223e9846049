"""`RawBoxes`: the boxes of a file as it states them, before they are checked and converted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray
from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.pictures import BoxFormat

FRAME, ID, BOX, SCORE = 0, 1, slice(2, 6), 6
"""The columns of `RawBoxes.numbers`."""
SIDES = {
    BoxFormat.ltwh: ("left", "top", "width", "height"),
    BoxFormat.xyxy: ("left", "top", "right", "bottom"),
    BoxFormat.cxcywh: ("centre x", "centre y", "width", "height"),
}


class Place(NamedTuple):
    """Where a number stands: a file, a line and a column from 1, and what else names it, such as `annotation 7`."""

    path: Path
    line: int | None = None
    column: int | None = None
    item: str = ""

    def fail(self, message: str) -> NoReturn:
        """Raise the error that names this place."""
        raise FormatError(self.path, f"{self.item}: {message}" if self.item else message, self.line, self.column)


@dataclass
class RawBoxes:
    """The boxes of a file as it states them.

    Attributes:
        path: the file or folder.
        format: the name of its format in messages.
        numbers: (N, 7) float64: frame, id (-1: none), the four numbers of the box, score; in the file's order.
        place: where a row has one of these seven columns; column None: the row as a whole.
        box_format: what the four numbers of the box are.
        counts_from: the number of a video's first frame by the format's definition or by evidence; None: either.
        label: (N,) float64 numbers of classes, -1 for none; None: the file has no classes.
        class_names: names of classes, if the file states them.
        interpolated: (N,) which boxes are marked as interpolated; None: the file does not say.
        found: (N,) which of these were found by a search in the image; None likewise.
        link_probability: (N,) probability of the link to the next box of the track, NaN where not known; None likewise.
        normalised: whether boxes are parts of the picture by the format's definition.
        columns: (N, C) all columns of MOT text as they stand; None in other formats.
        notes: what was assumed, a line each.
    """

    path: Path
    format: str
    numbers: FloatArray
    place: Callable[[int, int | None], Place]
    box_format: BoxFormat = BoxFormat.ltwh
    counts_from: int | None = None
    label: FloatArray | None = None
    class_names: ClassNames | None = None
    interpolated: BoolArray | None = None
    found: BoolArray | None = None
    link_probability: Float32Array | None = None
    normalised: bool = False
    columns: FloatArray | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the seven columns in messages."""
        return ("frame", "id", *SIDES[self.box_format], "score")

    def __len__(self) -> int:
        return len(self.numbers)


def no_boxes(path: Path, form: str) -> RawBoxes:
    """The boxes of a file that holds none."""
    return RawBoxes(path, form, np.zeros((0, 7)), lambda *_: Place(path))


def place_by_line(
    path: Path, lines: NDArray[np.int_], columns: tuple[int | None, ...]
) -> Callable[[int, int | None], Place]:
    """Places in a text: the line of each row, and the position from 1 of each of the seven columns."""

    def place(row: int, column: int | None) -> Place:
        return Place(path, int(lines[row]), None if column is None else columns[column])

    return place
