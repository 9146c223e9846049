"""Reads KITTI tracking text: `frame id type truncated occluded alpha left top right bottom ... [score]`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.named_columns import numbered_names
from siamlink.detectors.formats.pictures import BoxFormat
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, ID, SCORE, RawBoxes, no_boxes, place_by_line
from siamlink.detectors.formats.text_lines import TextLines, is_number, lines_of, number_of, read_text

NAME = "KITTI text"
COLUMNS = (17, 18)
"""Without and with a score."""
LEFT = 6
NOT_ANNOTATED = "dontcare"


@dataclass(frozen=True, eq=False)
class KittiMarks:
    """What KITTI text states beside the boxes of ground truth.

    Attributes:
        frame: (N,) the frame of each box, as it stands.
        truncated: (N,) 0 if the object is not truncated by the side of the picture.
        occluded: (N,) 0 visible, 1 partly, 2 largely occluded, 3 unknown.
        regions: (K, 5) frame as it stands, left, top, right and bottom of regions of the type DontCare.
    """

    frame: FloatArray
    truncated: FloatArray
    occluded: FloatArray
    regions: FloatArray


def read_marks(path: Path) -> KittiMarks:
    """Read the marks of a file that `read_kitti` reads, in the order of its boxes.

    Raises:
        InputError: the file cannot be read.
        FormatError: a mark, or the side of a region, is not a number.
    """
    lines = [line.split() for line in lines_of(path, read_text(path)).content if not line.lstrip().startswith("#")]
    boxes = [fields for fields in lines if fields[2].casefold() != NOT_ANNOTATED]
    regions = [fields for fields in lines if fields[2].casefold() == NOT_ANNOTATED]
    try:
        marks = np.array([[fields[0], *fields[3:5]] for fields in boxes], float).reshape(-1, 3)
        sides = np.array([[fields[0], *fields[LEFT : LEFT + 4]] for fields in regions], float).reshape(-1, 5)
    except ValueError:
        raise FormatError(path, "truncation, occlusion or a DontCare region is not a number") from None
    return KittiMarks(marks[:, 0], marks[:, 1], marks[:, 2], sides)


def is_kitti(line: str) -> bool:
    """Whether a line is one of KITTI tracking: a word in the third of 17 or 18 fields, numbers before it."""
    fields = line.split()
    return len(fields) in COLUMNS and not is_number(fields[2]) and is_number(fields[0]) and is_number(fields[1])


def read_kitti(lines: TextLines) -> RawBoxes:
    """Read boxes with the names of their types as classes; regions of the type DontCare are left out.

    Raises:
        FormatError: a line has another number of fields, or one of them is not a number.
    """
    rows, types, numbers = [], [], []
    for line, content in zip(lines.number.tolist(), lines.content, strict=True):
        fields = content.split()
        if len(fields) not in COLUMNS:
            raise FormatError(lines.path, f"expected 17 or 18 fields, found {len(fields)}", line)
        if fields[2].casefold() == NOT_ANNOTATED:
            continue
        row = []
        for column in (0, 1, *range(LEFT, LEFT + 4), 17):
            try:
                row.append(number_of(fields[column]) if column < len(fields) else 1.0)
            except ValueError:
                raise FormatError(lines.path, f"{fields[column][:40]!r} is not a number", line, column + 1) from None
        rows.append(row)
        types.append(fields[2])
        numbers.append(line)
    if not rows:
        return no_boxes(lines.path, NAME)
    values = np.full((len(rows), 7), -1.0)
    table = np.array(rows)
    values[:, FRAME], values[:, ID], values[:, BOX], values[:, SCORE] = (
        table[:, 0],
        table[:, 1],
        table[:, 2:6],
        table[:, 6],
    )
    names = numbered_names(lines.path, set(types))
    number = {name: float(each) for each, name in names.items()}
    columns = (1, 2, *range(LEFT + 1, LEFT + 5), 18)
    return RawBoxes(
        path=lines.path,
        format=NAME,
        numbers=values,
        place=place_by_line(lines.path, np.array(numbers), columns),
        box_format=BoxFormat.xyxy,
        counts_from=0,
        label=np.array([number[each] for each in types]),
        class_names=names,
    )
