"""A table of boxes, given by its columns, as CSV and as a data frame."""

import csv
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import InputError

Columns = dict[str, NDArray[Any]]
"""Arrays (N,) by name, in order; see `Tracks.columns`."""
CORNERS = ("x_min", "y_min", "x_max", "y_max")
DECIMALS = {"time": 4, "first_time": 4, "last_time": 4, "link_probability": 4}
"""Decimals of columns in text; boxes have as many as in MOT text."""
PIXEL_DECIMALS, FRACTION_DECIMALS, FRACTIONS = 2, 6, 2.0
"""Boxes below `FRACTIONS` in all coordinates are parts of the picture, not pixels, and have more decimals."""


def csv_text(columns: Columns) -> str:
    """Columns as CSV with a heading; a number that is not known is empty, a truth value `true` or `false`."""
    corners = [np.abs(columns[name]) for name in CORNERS if name in columns]
    fractions = np.max(corners, axis=0) < FRACTIONS if corners else np.zeros(0, bool)
    decimals = np.where(fractions, FRACTION_DECIMALS, PIXEL_DECIMALS).tolist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_cells(name, column, decimals) for name, column in columns.items()), strict=True))
    return text.getvalue()


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
