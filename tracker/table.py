"""A table of boxes, given by its columns, as CSV, as JSON lines and as a data frame."""

import csv
import io
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import box_decimals

Columns = dict[str, NDArray[Any]]
"""Arrays (N,) by name, in order; see `Tracks.columns`."""
CORNERS = ("x_min", "y_min", "x_max", "y_max")
DECIMALS = {"time": 4, "first_time": 4, "last_time": 4, "link_probability": 4}
"""Decimals of columns in text; boxes have as many as in MOT text."""


def box_columns(
    boxes: Detections,
    frame_rate: float | None = None,
    class_names: ClassNames | None = None,
    identity: Columns | None = None,
) -> Columns:
    """The columns of boxes, of which the first are those of supervision.

    Args:
        boxes: the rows.
        frame_rate: frames per second; None: the times are not known.
        class_names: names of the classes; None: they are not known.
        identity: columns that come after those of supervision.

    Returns:
        Arrays (N,): `x_min`, `y_min`, `x_max`, `y_max` in pixels, float32; `class_id`, int16; `confidence`, float32;
        those of `identity`; `frame`, int32, from 1; `time` in seconds from the first frame, float64, NaN if not known;
        `class_name`, text, empty if not known.
    """
    labels = boxes.label.tolist()
    names = {label: class_names.name_of(label) for label in set(labels)} if class_names else {}
    return {
        **dict(zip(CORNERS, boxes.box.T, strict=True)),
        "class_id": boxes.label,
        "confidence": boxes.score,
        **(identity or {}),
        "frame": boxes.frame,
        "time": np.full(len(boxes), np.nan) if frame_rate is None else (boxes.frame - 1) / frame_rate,
        "class_name": np.array([names.get(label, "") for label in labels], object),
    }


def csv_text(columns: Columns, heading: bool = True, exact: bool = False) -> str:
    """Columns as CSV; a number that is not known is empty, a truth value `true` or `false`.

    Args:
        columns: those of the table.
        heading: whether the first line has their names.
        exact: whether boxes and scores have all digits, so that the same float32 numbers are read again.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if heading:
        writer.writerow(columns)
    writer.writerows(zip(*_all_cells(columns, exact), strict=True))
    return text.getvalue()


def json_lines(columns: Columns, exact: bool = False) -> str:
    """Columns as JSON lines: an object for each row; what is not known is null. Only ASCII characters are used."""
    form = "{" + ", ".join(f"{json.dumps(name)}: %s" for name in columns) + "}\n"
    texts = [column.dtype.kind in "OU" for column in columns.values()]
    cells = [
        [json.dumps(each or None) for each in column] if text else [each or "null" for each in column]
        for column, text in zip(_all_cells(columns, exact), texts, strict=True)
    ]
    return "".join(form % row for row in zip(*cells, strict=True))


def _all_cells(columns: Columns, exact: bool) -> list[list[str]]:
    """The cells (N,) of each column; empty where a number is not known."""
    corners = [columns[name] for name in CORNERS if name in columns]
    decimals = box_decimals(np.stack(corners, axis=1)).tolist() if corners else []
    shortest = (*CORNERS, "confidence") if exact else ()
    return [
        column.astype(str).tolist() if name in shortest else _cells(name, column, decimals)
        for name, column in columns.items()
    ]


def _cells(name: str, column: NDArray[Any], box_decimals: list[int]) -> list[str]:
    """The cells (N,) of a column; those of boxes have so many decimals (N,)."""
    values = column.tolist()
    if column.dtype.kind == "b":
        return ["true" if value else "false" for value in values]
    if column.dtype.kind != "f":
        return list(map(str, values))
    if name in CORNERS:
        return [f"{value:.{decimals}f}" for value, decimals in zip(values, box_decimals, strict=True)]
    form = f".{DECIMALS[name]}f" if name in DECIMALS else ".6g"
    return ["" if math.isnan(value) else format(value, form) for value in values]


def data_frame(columns: Columns) -> Any:
    """Columns as a `pandas.DataFrame`.

    Raises:
        InputError: the package pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise InputError("the package pandas is not installed: pip install pandas") from None
    return pd.DataFrame({name: column.copy() for name, column in columns.items()})
