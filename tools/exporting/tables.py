"""Tracks as a table in text: CSV, or JSON lines. The columns are those of `Tracks.columns`."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.table import CORNERS, DECIMALS, PIXEL_DECIMALS, Columns, csv_text

SCORE_DECIMALS = 6


def columns_of(video: VideoTracks) -> Columns:
    """The columns of the table of a video."""
    return video.tracks.columns(video.frame_rate, video.class_names)


def write_csv(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write CSV with a heading."""
    path.write_text(csv_text(columns_of(videos[0])), encoding="utf-8", newline="")


def write_jsonl(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write a JSON object a line: the columns by name; what is not known is null."""
    columns = columns_of(videos[0])
    names = tuple(columns)
    rows = zip(*(_values(name, column) for name, column in columns.items()), strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            file.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")


def _values(name: str, column: NDArray[Any]) -> list[Any]:
    """The values (N,) of a column, with as many decimals as in CSV; None for NaN."""
    values: list[Any] = column.tolist()
    if column.dtype.kind != "f":
        return values
    decimals = PIXEL_DECIMALS if name in CORNERS else DECIMALS.get(name, SCORE_DECIMALS)
    return [None if math.isnan(value) else round(value, decimals) for value in values]
