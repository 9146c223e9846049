"""Tables for notebooks."""

import math
from html import escape
from typing import Any

from siamlink.tracker.table import Columns

MOST_ROWS = 20
"""Rows that a notebook shows; the last line says how many more there are."""


def html_table(columns: Columns, caption: str) -> str:
    """The first rows of a table as HTML; all text is escaped."""
    count = len(next(iter(columns.values()), ()))
    rows = zip(*(column[:MOST_ROWS].tolist() for column in columns.values()), strict=True)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_cell(value))}</td>' for value in row)}</tr>" for row in rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    more = f"<p>and {count - MOST_ROWS} more</p>" if count > MOST_ROWS else ""
    return f"<p>{escape(caption)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    return str(value)
