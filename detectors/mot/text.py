"""MOTChallenge text: one line a box, comma-separated `frame, id, left, top, width, height, score, ...`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, Box, Boxes, Float32Array, FloatArray, IntArray
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.checks import check_numbers, check_repeats
from siamlink.detectors.formats.mot_text import FOUND, INTERPOLATED, read_mot_text, rows_of
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.text_lines import lines_of, read_text

MIN_SIDE = 0.01
"""Pixels; the smallest width or height that is not zero with two decimals."""
PIXEL_DECIMALS, FRACTION_DECIMALS = 2, 6
FRACTIONS = 2.0
"""Boxes below this in all coordinates are parts of the picture, not pixels, and have more decimals."""


def read_rows(path: Path, last_frame: int | None = None, unique_ids: bool = False) -> FloatArray:
    """Read MOT text alone; `formats.read.read_boxes` reads every format. An empty file has no rows.

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
    raw = read_mot_text(lines_of(Path(path), read_text(Path(path))))
    check_numbers(raw, Pictures(frame_count=last_frame))
    check_repeats(raw, unique_ids)
    return rows_of(raw)


def has_classes(truth: FloatArray) -> bool:
    """Whether the 8th column of ground truth (N, C) is a class, as in MOT16 and later.

    In the ten columns of MOT15 it is a world coordinate; some tools write -1 in all rows.
    """
    return truth.shape[1] in (8, 9) and bool((truth[:, 7] != -1).any())


def corners(rows: FloatArray) -> Box:
    """The boxes of MOT rows (N, C), `left top width height`, as corners (N, 4)."""
    return np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]).astype(np.float32)


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
    found: BoolArray | None = None,
) -> str:
    """MOT text of ten columns, of boxes with two decimals; for detections without loss see `format_detections`.

    Args:
        detections: the boxes.
        track_id: (N,) their ids; None: -1 for all.
        interpolated: (N,) which of them are marked as interpolated, by 1 in the last column, else -1; None: none.
        link_probability: (N,) of the link to the next box of the track, in the ninth column; NaN is -1. None: all -1.
        classes_known: whether the classes have names; see `class_column`.
        found: (N,) which boxes were found by a search in the image, marked by 2 in the last column; None: none.
    """
    links = ["-1"] * len(detections) if link_probability is None else _probabilities(link_probability)
    classes = class_column(detections.label, classes_known)
    ids = np.full(len(detections), -1) if track_id is None else track_id
    marks = np.full(len(detections), -1) if interpolated is None else np.where(interpolated, INTERPOLATED, -1)
    marks = marks if found is None else np.where(found, FOUND, marks)
    box = detections.box.astype(np.float64)
    decimals = box_decimals(box)
    smallest = np.where(decimals == PIXEL_DECIMALS, MIN_SIDE, 10.0**-FRACTION_DECIMALS)[:, None]
    size = np.maximum(box[:, 2:] - box[:, :2], smallest)
    columns = (decimals, detections.frame, ids, *box[:, :2].T, *size.T)
    ends = zip(classes, links, marks.tolist(), strict=True)
    values = zip(*(column.tolist() for column in (*columns, detections.score)), ends, strict=True)
    return "".join(
        f"{f},{i},{x:.{n}f},{y:.{n}f},{w:.{n}f},{h:.{n}f},{s:.6g},{label},{link},{mark}\n"
        for n, f, i, x, y, w, h, s, (label, link, mark) in values
    )


def box_decimals(box: Boxes) -> IntArray:
    """(N,) how many decimals the coordinates of boxes (N, 4) have in text."""
    return np.where(np.abs(box).max(axis=1, initial=0) < FRACTIONS, FRACTION_DECIMALS, PIXEL_DECIMALS)


def _probabilities(values: Float32Array) -> list[str]:
    """Probabilities (N,) with four decimals; -1 for NaN."""
    return [f"{each:.4f}" if known else "-1" for each, known in zip(values.tolist(), ~np.isnan(values), strict=True)]
