"""Checks of the numbers that a file states: finite, in range, boxes with an area, nothing twice."""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.detections import MAX_IN_FRAME, TOO_MANY
from siamlink.detectors.formats.pictures import BoxFormat, Pictures
from siamlink.detectors.formats.raw_boxes import FRAME, ID, SCORE, RawBoxes

MAX_FRAME = 10_000_000
MAX_PIXEL = 1e6
MAX_ID = 2**31 - 1
MAX_SCORE = float(np.finfo(np.float32).max)
MAX_LABEL = int(np.iinfo(np.int16).max)
FROM_ZERO = "; if the file counts frames from 0, give --frames-from 0"
OF_SECONDS = "; the frame of a time in seconds is 1 + time x frame rate, rounded"


def check_numbers(raw: RawBoxes, pictures: Pictures, zero_hint: str = "") -> None:
    """Check the numbers of all boxes; frames are already those of the pictures.

    Args:
        raw: the boxes.
        pictures: the first and the last frame that may occur.
        zero_hint: what to add to the error of a frame 0.

    Raises:
        FormatError: a number is not finite or out of range, or a box has no area; it names the place.
    """
    numbers, box = raw.numbers, raw.numbers[:, 2:6]
    frame, identity = numbers[:, FRAME], numbers[:, ID]
    first, last = pictures.first_frame, pictures.last_frame or MAX_FRAME
    how = f"; {pictures.numbering}" if pictures.numbering and first == 1 else ""
    corners = raw.box_format is BoxFormat.xyxy
    size = box[:, 2:] - box[:, :2] if corners else box[:, 2:]
    with np.errstate(invalid="ignore"):
        faults = (
            (~np.isfinite(numbers), "is not a finite number"),
            (_in_column(numbers, FRAME, frame % 1 != 0), f"is not a whole number{OF_SECONDS}"),
            (_in_column(numbers, ID, identity % 1 != 0), "is not a whole number"),
            (_in_column(numbers, FRAME, frame == 0), f"is out of range: frames are counted from 1{zero_hint}"),
            (_in_column(numbers, FRAME, frame < 1), "is out of range: frames are counted from 1"),
            (_in_column(numbers, FRAME, frame > last), f"is out of range: the last frame is {last}{how}"),
            (_in_column(numbers, FRAME, frame < first), f"is out of range: {pictures.numbering}"),
            (_in_column(numbers, ID, np.abs(identity) > MAX_ID), "is out of range"),
            (_in_column(numbers, SCORE, np.abs(numbers[:, SCORE]) > MAX_SCORE), "is out of range"),
            (_in_column(numbers, slice(2, 6), np.abs(box) > MAX_PIXEL), "is not a plausible pixel position"),
            (
                _in_column(numbers, slice(4, 6), size <= 0),
                f"is not above {'that of the opposite side' if corners else '0'}: the box is empty or inverted",
            ),
        )
    for fault, message in faults:
        if fault.any():
            row, column = (int(index) for index in np.argwhere(fault)[0])
            raw.place(row, column).fail(f"{raw.names[column]} {numbers[row, column]:g} {message}")
    _check_labels(raw)


def check_repeats(raw: RawBoxes, unique_ids: bool) -> None:
    """Check that no frame is too full, and that no box, or no id, is in a frame twice.

    Raises:
        FormatError: it is so; the message names the place.
    """
    if not len(raw):
        return
    frames, counts = np.unique(raw.numbers[:, FRAME], return_counts=True)
    fullest = int(counts.argmax())
    if counts[fullest] > MAX_IN_FRAME:
        row = int(np.flatnonzero(raw.numbers[:, FRAME] == frames[fullest])[MAX_IN_FRAME])
        raw.place(row, None).fail(f"{counts[fullest]} boxes in frame {frames[fullest]:g}: {TOO_MANY}")
    _check_duplicates(raw, unique_ids)


def _check_duplicates(raw: RawBoxes, unique_ids: bool) -> None:
    if unique_ids:
        rows = np.flatnonzero(raw.numbers[:, ID] >= 0) if raw.columns is None else np.arange(len(raw))
        key = raw.numbers[rows, :2]
    else:
        rows = np.arange(len(raw))
        key = raw.numbers if raw.label is None else np.column_stack([raw.numbers, raw.label])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    earlier = first[inverse.reshape(-1)]
    repeated = np.flatnonzero(earlier != np.arange(len(key)))
    if not len(repeated):
        return
    row, other = int(rows[repeated[0]]), int(rows[earlier[repeated[0]]])
    frame, identity = raw.numbers[row, :2]
    what = f"id {identity:g} occurs twice in frame {frame:g}" if unique_ids else "the same box occurs twice"
    what += ": these are detections, not tracks" if unique_ids and identity < 0 else ""
    before = raw.place(other, None)
    raw.place(row, None).fail(f"{what}; first {before.item or f'on line {before.line}'}")


def _check_labels(raw: RawBoxes) -> None:
    if raw.label is None:
        return
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(~((raw.label % 1 == 0) & (raw.label >= -1) & (raw.label <= MAX_LABEL)))
    if len(wrong):
        value = raw.label[wrong[0]]
        raw.place(int(wrong[0]), None).fail(f"class number {value:g} is not a whole number from 0 to {MAX_LABEL}")


def _in_column(numbers: FloatArray, column: int | slice, fault: NDArray[np.bool_]) -> BoolArray:
    mask = np.zeros(numbers.shape, bool)
    mask[:, column] = fault
    return mask
