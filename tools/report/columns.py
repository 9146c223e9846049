"""The boxes, tracks and classes of a report, as columns."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.mot_text import FOUND
from siamlink.tools.report.packing import box_unit, packed, score_bytes
from siamlink.tools.report.track_rows import TrackRows


def box_columns(rows: TrackRows, original: NDArray[np.int32] | None) -> dict[str, Any]:
    """The columns over all boxes.

    Args:
        rows: the boxes.
        original: (N,) by row of the tracks, the id of the same detection in the original tracks, 0 for none; None where
            these are the original tracks.
    """
    unit = box_unit(rows.box)
    corner, size = rows.box[:, :2], rows.box[:, 2:] - rows.box[:, :2]
    lowest, highest = (float(rows.score.min()), float(rows.score.max())) if len(rows) else (0.0, 1.0)
    link = np.full(len(rows), -1)
    link[rows.links.start] = np.arange(len(rows.links.start))
    return {
        "frame": packed(rows.frame, np.int32),
        "box": packed(np.rint(np.hstack([corner, size]) / unit), np.int16),
        "unit": unit,
        "score": packed(score_bytes(rows.score, lowest, highest), np.uint8),
        "scores": [lowest, highest],
        "interpolated": packed(np.where(rows.found, FOUND, rows.interpolated), np.uint8),
        "link": packed(link, np.int32),
        "original": None if original is None else packed(original[rows.order], np.int32),
    }


def track_entries(
    rows: TrackRows, frame_rate: float | None, crops: dict[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """An entry for each track, in order of the ids.

    Args:
        rows: the boxes.
        frame_rate: frames per second; None: the speeds are not known.
        crops: of each track, by its index.
    """
    speeds, least = rows.speed(frame_rate), least_probability(rows)
    columns = zip(
        rows.ids.tolist(), rows.classes.tolist(), rows.start.tolist(), rows.stop.tolist(), speeds, least, strict=True
    )
    return [
        {
            "id": number,
            "class": label,
            "start": start,
            "stop": stop,
            "speed": number_or_none(speed, 1),
            "least": number_or_none(probability, 4),
            "crops": crops.get(index, []),
        }
        for index, (number, label, start, stop, speed, probability) in enumerate(columns)
    ]


def least_probability(rows: TrackRows) -> FloatArray:
    """(K,) the least probability of the links of each track; NaN where none is known."""
    least = np.full(len(rows.ids), np.inf)
    start = rows.links.start
    known = start[~np.isnan(rows.probability[start])]
    np.minimum.at(least, rows.track[known], rows.probability[known])
    return np.where(np.isinf(least), np.nan, least)


def class_entries(labels: IntArray, class_names: ClassNames | None) -> list[dict[str, Any]]:
    """An entry for each class of K tracks with its number, its name and its count, the most frequent first."""
    numbers, counts = np.unique(labels, return_counts=True)
    entries = [
        {"number": number, "name": _class_name(number, class_names), "tracks": count}
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(entries, key=lambda entry: -entry["tracks"])


def _class_name(number: int, class_names: ClassNames | None) -> str:
    """The name of a class; class 0 without names is what a detector of one class reports."""
    if class_names and number in class_names:
        return class_names[number]
    return f"class {number}" if number or class_names else "object"


def number_or_none(value: float, digits: int) -> float | None:
    """A rounded number; None for NaN and infinite ones, which JSON does not have."""
    return round(float(value), digits) if math.isfinite(value) else None
