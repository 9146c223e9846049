"""Boxes of objects that were not detected in a frame but are probably present, predicted from their tracks."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.interpolation import OCCLUDED
from siamlink.association.calibrated.online_statistics import WindowStatistics
from siamlink.association.calibrated.online_tracks import OpenTracks
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LEAST_PRESENT = 0.5
"""Smallest probability that an object is present of which a box is predicted."""
LARGEST_SPREAD = 0.25
"""Largest standard deviation of the predicted centre, relative to the sides of the box."""
REPLACED = 0.3
"""Overlap (intersection over union) with a box of a young track, from which that is the same object."""


@dataclass(frozen=True)
class Extrapolated:
    """M predicted boxes.

    Attributes:
        row: (M,) the row of each one's track.
        box: (M, 4) x1 y1 x2 y2 in pixels.
    """

    row: IntArray
    box: FloatArray


def extrapolated(
    tracks: OpenTracks, frame: int, statistics: WindowStatistics, boxes: FloatArray, young: BoolArray
) -> Extrapolated:
    """The boxes of tracks without a detection in a frame that are probably in it.

    Args:
        tracks: (T,) the open tracks, of which those without a detection in the frame are predicted.
        frame: its number.
        statistics: of the recent past.
        boxes: (N, 4) x1 y1 x2 y2 of the detections of the frame that are in the results.
        young: (N,) whether their tracks are new.
    """
    elapsed = (frame - tracks["last_frame"]) / statistics.stride
    missed = np.floor(elapsed).astype(np.int64)
    exits = statistics.exit_rate(tracks["group"], tracks["count"])
    staying = (1 - exits) * statistics.gap_survival[np.minimum(missed, statistics.longest)]
    present = tracks["probability"] * staying / (staying + exits * np.minimum(elapsed, 1))
    allowed = (missed < 1) | (tracks["extrapolated"] + 1 <= tracks["count"])
    rows = np.flatnonzero((elapsed > 0) & tracks["shown"] & (present >= LEAST_PRESENT) & allowed)
    place, spread = _predicted(tracks[rows], elapsed[rows], statistics)
    half = np.exp(place[:, 2:]) / 2
    box = np.column_stack([place[:, :2] - half, place[:, :2] + half])
    exact = box.astype(np.float32)
    good = (spread <= LARGEST_SPREAD) & (exact[:, 2:] > exact[:, :2]).all(1)
    if len(boxes):
        common = _intersections(box, boxes)
        area, other = (2 * half).prod(1), (boxes[:, 2:] - boxes[:, :2]).prod(1)
        occluded = (common / area[:, None]).max(1) > OCCLUDED
        overlap = common / (area[:, None] + other - common)
        good &= ~(overlap[:, young] >= REPLACED).any(1)
    else:
        occluded = np.zeros(len(rows), bool)
    visible_missed, occluded_missed = statistics.missed
    good &= (missed[rows] < 1) | np.where(occluded, occluded_missed, visible_missed)
    return Extrapolated(rows[good], box[good])


def _predicted(tracks: OpenTracks, elapsed: FloatArray, statistics: WindowStatistics) -> tuple[FloatArray, FloatArray]:
    """(M, 4) the places of tracks some steps (M,) later, and (M,) the standard deviation, in sides of the box."""
    before = np.minimum(elapsed.astype(np.int64), statistics.longest - 1)
    part = np.minimum(elapsed - before, 1)
    table = statistics.table[:, :, before] * (1 - part) + statistics.table[:, :, before + 1] * part
    reach, noise = table[:, 0].T, table[:, 2].T
    place = tracks["place"] + reach * tracks["velocity"]
    variance = tracks["place_variance"] + reach * (2 * tracks["covariance"] + reach * tracks["velocity_variance"])
    centre = variance[:, :2] + noise[:, :2] * tracks["unit"][:, None] ** 2
    spread: FloatArray = (np.sqrt(np.maximum(centre, 0)) / np.exp(place[:, 2:])).max(1, initial=0)
    return place, spread


def _intersections(one: FloatArray, two: FloatArray) -> FloatArray:
    """(M, N) the area that boxes (M, 4) and (N, 4) share."""
    low = np.maximum(one[:, None, :2], two[None, :, :2])
    high = np.minimum(one[:, None, 2:], two[None, :, 2:])
    area: FloatArray = np.clip(high - low, 0, None).prod(2)
    return area
