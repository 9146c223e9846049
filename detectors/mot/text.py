"""MOTChallenge text: one line a box, comma-separated `frame, id, left, top, width, height, score, ...`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, Box, Float32Array, FloatArray
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import HIGHEST as HIGHEST_CLASS
from siamlink.detectors.detections import MAX_IN_FRAME, TOO_MANY, Detections

COLUMNS = ("frame", "id", "left", "top", "width", "height", "score")
CLASS_COLUMN, LINK_COLUMN, INTERPOLATED_COLUMN, INTERPOLATED = 7, 8, 9, 1
"""The eighth column of results is the number of the class, -1 if no classes are known. The ninth is the probability of
the link to the next box of the track, -1 where it is not known. The tenth is 1 for interpolated boxes and -1 for
others. Evaluation ignores all three."""
MAX_FRAME = 10_000_000
MAX_PIXEL = 1e6
MAX_COLUMNS = 100
COLUMN_COUNT = 10
MAX_SCORE = float(np.finfo(np.float32).max)
MIN_SIDE = 0.01
"""Pixels; the smallest width or height that is not zero with two decimals."""
PIXEL_DIGITS, FRACTION_DIGITS = 2, 6
FRACTIONS = 2.0
"""Boxes below this in all coordinates are parts of the picture, not pixels, and are written with more digits."""


def read_rows(path: Path, last_frame: int | None = None, unique_ids: bool = False) -> FloatArray:
    """Read a MOT text file; an empty file has no rows.

    Args:
        path: lines of at least 6 columns; a missing score is 1, further missing columns are -1.
        last_frame: the length of the sequence; a later frame is an error. None: no limit is known.
        unique_ids: whether an id that occurs twice in a frame is an error (ground truth and results, not detections).

    Returns:
        (N, C) float64, C at least 7, in the order of the file.

    Raises:
        InputError: the file cannot be read.
        FormatError: a field is missing, not a number or not finite, a frame is out of range or has too many rows, a box
            has no area, or a row occurs twice. The message names the line and the column.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FormatError(path, "not a text file; expected lines such as '1,-1,10,20,30,60,0.9'") from None
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not numbered:
        return np.zeros((0, len(COLUMNS)))
    lines = np.array([number for number, _ in numbered])
    rows = _parse(path, [line for _, line in numbered], lines)
    _check_values(path, rows, lines, last_frame)
    _check_fullest_frame(path, rows, lines)
    _check_duplicates(path, rows, lines, unique_ids)
    return rows


def read_detections(path: Path, last_frame: int | None = None) -> Detections:
    """Read a detection file (`det.txt`) as `Detections`; raises as `read_rows` does."""
    rows = read_rows(path, last_frame)
    try:
        return Detections(
            frame=rows[:, 0].astype(np.int32),
            box=corners(rows),
            score=rows[:, 6].astype(np.float32),
            label=labels(rows),
        )
    except InputError as error:  # a box so thin that its corners are equal in float32
        raise FormatError(path, str(error)) from None


def has_classes(truth: FloatArray) -> bool:
    """Whether the 8th column of ground truth (N, C) is a class, as in MOT16 and later.

    In the ten columns of MOT15 it is a world coordinate; some tools write -1 in all rows.
    """
    return truth.shape[1] in (8, 9) and bool((truth[:, 7] != -1).any())


def labels(rows: FloatArray) -> NDArray[np.int16]:
    """(N,) the classes of detections or results (N, C); 0 where the file has none.

    The eighth column is the class in files as `format_rows` writes them: of ten columns, in which it is a whole number
    from 0 or -1 (read as 0), the ninth is -1 or a probability, and the tenth is 1 or -1. World coordinates, which MOT15
    has in these columns, are no classes.
    """
    if rows.shape[1] != COLUMN_COUNT:
        return np.zeros(len(rows), np.int16)
    number, link, mark = rows[:, CLASS_COLUMN:].T
    with np.errstate(invalid="ignore"):
        is_class = (number % 1 == 0) & (number >= -1) & (number <= HIGHEST_CLASS)
    is_ours = is_class & ((link == -1) | ((link >= 0) & (link <= 1))) & (np.abs(mark) == INTERPOLATED)
    return np.where(is_ours.all(), np.maximum(number, 0), 0).astype(np.int16)


def corners(rows: FloatArray) -> Box:
    """The boxes of MOT rows (N, C), `left top width height`, as corners (N, 4)."""
    return np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)


def is_interpolated(rows: FloatArray) -> BoolArray:
    """(N,) which boxes of results (N, C) are marked as interpolated; none if the tenth column is missing."""
    marks = rows[:, INTERPOLATED_COLUMN] if rows.shape[1] > INTERPOLATED_COLUMN else np.full(len(rows), -1.0)
    interpolated: BoolArray = marks == INTERPOLATED
    return interpolated


def link_probabilities(rows: FloatArray) -> Float32Array:
    """(N,) probabilities of the links in results (N, C), NaN where they are unknown; all NaN in other files.

    In the ten columns of MOT15's ground truth, the ninth one is a world coordinate.
    """
    values = rows[:, LINK_COLUMN] if rows.shape[1] > INTERPOLATED_COLUMN else np.full(len(rows), -1.0)
    known = (values >= 0) & (values <= 1)
    is_ours = (known | (values == -1)).all()
    return np.where(known & is_ours, values, np.nan).astype(np.float32)


def class_column(label: NDArray[np.int16], known: bool = False) -> list[int]:
    """The eighth column for classes (N,): their numbers, or -1 for all if no classes are known.

    Args:
        label: the classes; a number below 0 is written as -1, as it is no class.
        known: whether the classes have names; else they are known if one of them is not 0.
    """
    values: list[int] = (np.maximum(label, -1) if known or label.any() else np.full(len(label), -1)).tolist()
    return values


def format_rows(
    detections: Detections,
    track_id: NDArray[np.int32] | None = None,
    interpolated: BoolArray | None = None,
    link_probability: Float32Array | None = None,
    classes_known: bool = False,
) -> str:
    """MOT text of ten columns, of boxes with two decimals; for detections without loss see `format_detections`.

    Args:
        detections: the boxes.
        track_id: (N,) their ids; None: -1 for all.
        interpolated: (N,) which of them are marked as interpolated, by 1 in the last column, else -1; None: none.
        link_probability: (N,) of the link to the next box of the track, in the ninth column; NaN is -1. None: all -1.
        classes_known: whether the classes have names; see `class_column`.
    """
    links = ["-1"] * len(detections) if link_probability is None else _probabilities(link_probability)
    classes = class_column(detections.label, classes_known)
    ids = np.full(len(detections), -1) if track_id is None else track_id
    marks = np.full(len(detections), -1) if interpolated is None else np.where(interpolated, INTERPOLATED, -1)
    box = detections.box.astype(np.float64)
    digits = np.where(np.abs(box).max(axis=1, initial=0) < FRACTIONS, FRACTION_DIGITS, PIXEL_DIGITS)
    smallest = np.where(digits == PIXEL_DIGITS, MIN_SIDE, 10.0**-FRACTION_DIGITS)[:, None]
    size = np.maximum(box[:, 2:] - box[:, :2], smallest)
    columns = (digits, detections.frame, ids, *box[:, :2].T, *size.T)
    ends = zip(classes, links, marks.tolist(), strict=True)
    values = zip(*(column.tolist() for column in (*columns, detections.score)), ends, strict=True)
    return "".join(
        f"{f},{i},{x:.{n}f},{y:.{n}f},{w:.{n}f},{h:.{n}f},{s:.6g},{label},{link},{mark}\n"
        for n, f, i, x, y, w, h, s, (label, link, mark) in values
    )


def _probabilities(values: Float32Array) -> list[str]:
    """Probabilities (N,) with four decimals; -1 for NaN."""
    return [f"{each:.4f}" if known else "-1" for each, known in zip(values.tolist(), ~np.isnan(values), strict=True)]


def _parse(path: Path, text: list[str], lines: NDArray[np.int_]) -> FloatArray:
    try:
        rows: FloatArray = np.loadtxt(text, delimiter=",", ndmin=2, comments=None)
    except ValueError:
        rows = _parse_by_line(path, text, lines)
    _check_count(path, rows.shape[1], int(lines[0]))
    if rows.shape[1] == 6:
        rows = np.hstack([rows, np.ones((len(rows), 1))])
    return rows


def _parse_by_line(path: Path, text: list[str], lines: NDArray[np.int_]) -> FloatArray:
    """Slower than `np.loadtxt`, for rows of different lengths; the error names the first field that is not a number."""
    parsed: list[list[float]] = []
    for line, content in zip(lines, text, strict=True):
        row: list[float] = []
        for column, field in enumerate(content.rstrip().rstrip(",").split(","), 1):
            try:
                row.append(_number(field))
            except ValueError:
                name = f" ({COLUMNS[column - 1]})" if column <= len(COLUMNS) else ""
                raise FormatError(path, f"{field.strip()[:40]!r}{name} is not a number", int(line), column) from None
        _check_count(path, len(row), int(line))
        parsed.append(row)
    rows = np.full((len(parsed), max(7, *map(len, parsed))), -1.0)
    rows[:, 6] = 1.0
    for index, row in enumerate(parsed):
        rows[index, : len(row)] = row
    return rows


def _check_count(path: Path, columns: int, line: int) -> None:
    if not 6 <= columns <= MAX_COLUMNS:
        expected = "at least 6" if columns < 6 else f"at most {MAX_COLUMNS}"
        raise FormatError(path, f"expected {expected} columns, found {columns}", line)


def _number(field: str) -> float:
    """As Python's `float`, but `1_000` and digits of other scripts are errors."""
    if "_" in field or not field.isascii():
        raise ValueError
    return float(field)


def _check_values(path: Path, rows: FloatArray, lines: NDArray[np.int_], last_frame: int | None) -> None:
    used, limit = rows[:, : len(COLUMNS)], last_frame or MAX_FRAME
    with np.errstate(invalid="ignore"):
        faults = (
            (~np.isfinite(used), "is not a finite number"),
            (_in_column(used, 0, used[:, 0] % 1 != 0), "is not a whole number"),
            (_in_column(used, 1, used[:, 1] % 1 != 0), "is not a whole number"),
            (_in_column(used, 0, used[:, 0] < 1), "is out of range: frames are counted from 1"),
            (_in_column(used, 0, used[:, 0] > limit), f"is out of range: the last frame is {limit}"),
            (_in_column(used, 1, np.abs(used[:, 1]) > 2**31 - 1), "is out of range"),
            (_in_column(used, 6, np.abs(used[:, 6]) > MAX_SCORE), "is out of range"),
            (_in_column(used, slice(2, 6), np.abs(used[:, 2:6]) > MAX_PIXEL), "is not a plausible pixel position"),
            (_in_column(used, slice(4, 6), used[:, 4:6] <= 0), "is not above 0: the box is empty or inverted"),
        )
    for fault, message in faults:
        if fault.any():
            row, column = np.argwhere(fault)[0]
            value = f"{COLUMNS[column]} {used[row, column]:g} {message}"
            raise FormatError(path, value, int(lines[row]), int(column) + 1)


def _in_column(rows: FloatArray, column: int | slice, fault: BoolArray) -> BoolArray:
    mask = np.zeros(rows.shape, bool)
    mask[:, column] = fault
    return mask


def _check_fullest_frame(path: Path, rows: FloatArray, lines: NDArray[np.int_]) -> None:
    frames, counts = np.unique(rows[:, 0], return_counts=True)
    fullest = int(counts.argmax())
    if counts[fullest] > MAX_IN_FRAME:
        row = np.flatnonzero(rows[:, 0] == frames[fullest])[MAX_IN_FRAME]
        raise FormatError(path, f"{counts[fullest]} boxes in frame {frames[fullest]:g}: {TOO_MANY}", int(lines[row]))


def _check_duplicates(path: Path, rows: FloatArray, lines: NDArray[np.int_], unique_ids: bool) -> None:
    key = rows[:, :2] if unique_ids else np.column_stack([rows[:, : len(COLUMNS)], labels(rows)])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    earlier = first[inverse.reshape(-1)]
    repeated = np.flatnonzero(earlier != np.arange(len(rows)))
    if len(repeated):
        row = repeated[0]
        what = (
            f"id {rows[row, 1]:g} occurs twice in frame {rows[row, 0]:g}" if unique_ids else "the same box occurs twice"
        )
        raise FormatError(path, f"{what}; first on line {lines[earlier[row]]}", int(lines[row]))
