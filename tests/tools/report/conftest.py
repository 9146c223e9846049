"""Small scenes of boxes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.tracker.tracks import Tracks

Path_ = list[tuple[int, float, float]]
"""Frame, centre x and centre y of each box of a track."""


def make_tracks(paths: dict[int, Path_], side: float = 20, **columns: Any) -> Tracks:
    """Square boxes on the paths of tracks, by their ids; columns are given in the order of the paths."""
    rows = [(frame, number, x, y) for number, path in paths.items() for frame, x, y in path]
    frame, number, x, y = np.array(rows).T
    half = side / 2
    count = len(rows)
    standard = {"score": np.full(count, 0.5), "label": np.zeros(count), "interpolated": np.zeros(count, bool)}
    box = np.column_stack([x - half, y - half, x + half, y + half])
    return Tracks(frame=frame, box=box, track_id=number, **{**standard, **columns})


@pytest.fixture
def tracks_on() -> Callable[..., Tracks]:
    return make_tracks


@pytest.fixture
def data_of() -> Callable[[Path], Any]:
    """Reads the data of a report from its page."""

    def read(page: Path) -> Any:
        (text,) = re.findall(r'<script type="application/json" id="report-data">(.*?)</script>', page.read_text())
        return json.loads(text)

    return read
