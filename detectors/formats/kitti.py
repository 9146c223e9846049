"""Reads KITTI tracking text: `frame id type truncated occluded alpha left top right bottom ... [score]`."""

import numpy as np

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.named_columns import numbered_names
from siamlink.detectors.formats.pictures import BoxFormat
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, ID, SCORE, RawBoxes, no_boxes, place_by_line
from siamlink.detectors.formats.text_lines import TextLines, is_number, number_of

NAME = "KITTI text"
COLUMNS = (17, 18)
"""Without and with a score."""
LEFT = 6
NOT_ANNOTATED = "dontcare"


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
