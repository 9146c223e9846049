"""Tracks as JSON lines for standard output."""

import numpy as np

from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.table import json_lines
from siamlink.tracker.tracks import Tracks

FIRST = ("frame", "time", "tracker_id", "class_id", "class_name")
"""The columns that come first, after the name of the source."""


def track_lines(tracks: Tracks, source: TrackingInput, class_names: ClassNames | None) -> str:
    """A JSON object a line for each box: `video`, the name of the source, and the columns of `Tracks.columns`."""
    columns = tracks.columns(source.frame_rate, class_names)
    video = np.full(len(tracks), source.name, object)
    return json_lines({"video": video, **{name: columns[name] for name in FIRST}, **columns})
