"""Boxes compared with the size of the picture: parts of the picture, corners taken for sizes, boxes outside."""

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, Boxes, FloatArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.pictures import BoxFormat, Pictures, ReadingOptions
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, RawBoxes

PART = 1.5
"""Numbers that are all below this, up to the sign, are parts of the picture: no box in pixels is so small."""
TOLERANCE = 0.1
"""Of the picture's width or height: how far boxes of a detector end outside of it."""
LEAST_OUTSIDE = 0.2
"""Share of the boxes that end outside, from which on their sizes are compared with corners."""
LEAST_FITTING = 0.99
"""Share of the boxes that must fit as corners."""


def lies_within_a_pixel(box: Boxes) -> bool:
    """Whether boxes (N, 4), corners or sizes, are parts of the picture: none of the numbers exceeds `PART`."""
    return len(box) > 0 and bool((np.abs(box) <= PART).all())


def to_pixels(raw: RawBoxes, pictures: Pictures, options: ReadingOptions) -> None:
    """Change the boxes into left, top, width and height in pixels, and note what was assumed.

    Raises:
        FormatError: boxes are parts of a picture of unknown size by the format's definition, or are corners that are
            read as sizes.
    """
    if not len(raw):
        return
    size, box = pictures.size, raw.numbers[:, BOX]
    are_parts = raw.normalised or lies_within_a_pixel(box)
    if are_parts:
        _scale(raw, size)
    if size and raw.box_format is BoxFormat.ltwh and options.box_format is None:
        _refuse_other_formats(raw, size, are_parts)
    box = raw.numbers[:, BOX]
    if raw.box_format is BoxFormat.xyxy:
        box[:, 2:] -= box[:, :2]
    elif raw.box_format is BoxFormat.cxcywh:
        box[:, :2] -= box[:, 2:] / 2
    raw.box_format = BoxFormat.ltwh


def note_outside(raw: RawBoxes, pictures: Pictures) -> None:
    """Note how many boxes, in left, top, width and height, lie wholly outside the picture."""
    if not len(raw) or pictures.size is None:
        return
    (width, height), box = pictures.size, raw.numbers[:, BOX]
    outside = (box[:, 0] >= width) | (box[:, 1] >= height) | ((box[:, :2] + box[:, 2:]) <= 0).any(axis=1)
    if outside.any():
        row = int(np.argmax(outside))
        place, count = raw.place(row, None), int(outside.sum())
        remedy = ": is it the right video, of the size that was detected in?" if outside.mean() >= LEAST_OUTSIDE else ""
        where = f" ({place.item or f'line {place.line}'})" if place.item or place.line else ""
        lie = "lies" if count == 1 else "lie"
        raw.notes.append(
            f"{count} of {counted(len(raw), 'box')} {lie} wholly outside the picture of {width}x{height} pixels; "
            f"the first is in frame {raw.numbers[row, FRAME]:g}{where}{remedy}"
        )


def _scale(raw: RawBoxes, size: tuple[int, int] | None) -> None:
    if size:
        raw.numbers[:, BOX] *= np.array(size * 2, float)
        if not raw.normalised:
            raw.notes.append(
                f"boxes are parts of the picture, and were multiplied by its size, {size[0]}x{size[1]}; they were read "
                f"as {raw.box_format.meaning}"
            )
    elif raw.normalised:
        raise FormatError(raw.path, f"boxes of a {raw.format} are parts of the picture, whose size is not known")
    else:
        raw.notes.append(
            "all boxes lie within one pixel: they are parts of a picture whose size is not known; give pixels, or the "
            "size by imWidth and imHeight in seqinfo.ini"
        )


def _refuse_other_formats(raw: RawBoxes, size: tuple[int, int], are_parts: bool) -> None:
    """Raise an error if boxes end outside the picture as sizes, but fit as corners or, if parts of it, as centres."""
    box = raw.numbers[:, BOX]
    outside = _ends_outside(box[:, :2] + box[:, 2:], size)
    if outside.mean() < LEAST_OUTSIDE:
        return
    other, numbers = None, ""
    if (box[:, 2:] > box[:, :2]).all() and _fit(box[:, 2:], size):
        other, numbers = BoxFormat.xyxy, "last two numbers are the right and the bottom side"
    elif are_parts and _fit(box[:, :2] + box[:, 2:] / 2, size):
        other, numbers = BoxFormat.cxcywh, "first two numbers are the centre"
    if other:
        raise FormatError(
            raw.path,
            f"{outside.sum()} of {len(raw)} boxes end outside the picture of {size[0]}x{size[1]} pixels, but fit if "
            f"their {numbers}: give --box-format {other}, or ltwh if they are {BoxFormat.ltwh.meaning}",
        )


def _fit(end: FloatArray, size: tuple[int, int]) -> bool:
    """Whether nearly all boxes with these right and bottom sides (N, 2) end inside the picture, or almost."""
    return 1 - float(_ends_outside(end, size).mean()) >= LEAST_FITTING


def _ends_outside(end: FloatArray, size: tuple[int, int]) -> BoolArray:
    """(N,) whether boxes with these right and bottom sides (N, 2) end outside the picture, and not by little."""
    outside: BoolArray = np.any(end > np.array(size) * (1 + TOLERANCE), axis=1)
    return outside
