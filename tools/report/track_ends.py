"""Tracks that begin or end inside the picture: their objects cannot have come or gone there."""

from dataclasses import dataclass

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.tools.report.track_rows import TrackRows

BORDER = 0.5
"""A box is at the border if it is nearer to an edge of the picture than this share of its own side."""
LONGEST_GAP_SECONDS = 3.0
LONGEST_GAP_FRAMES = 30
"""The same where the frame rate is not known."""
REACH = 2.0
"""Sizes of the box that an object may be away from where a track ended, for each second, and one at least."""


@dataclass(frozen=True)
class TrackEnd:
    """A track that begins or ends inside the picture.

    Attributes:
        kind: begins_inside or ends_inside.
        frame: where it does.
        tracks: its id, and that of the track that may go on with it, if there is one.
        text: a sentence about it.
        until: the frame in which the other track begins; None without one.
    """

    kind: str
    frame: int
    tracks: tuple[int, ...]
    text: str
    until: int | None = None


def track_ends(
    rows: TrackRows, frames: tuple[int, int], size: tuple[int, int] | None, frame_rate: float | None
) -> list[TrackEnd]:
    """The beginnings and ends inside the picture: first those that may be of one object, then those of long tracks.

    Args:
        rows: the boxes.
        frames: the first and the last frame of the video; what begins or ends there is not suspicious.
        size: width and height of the picture; None: that of the boxes.
        frame_rate: frames per second; None where it is not known.
    """
    if not len(rows):
        return []
    first, last = rows.start, rows.stop - 1
    inside = ~_at_border(rows, size)
    begins = np.flatnonzero(inside[first] & (rows.frame[first] > frames[0]))
    ends = np.flatnonzero(inside[last] & (rows.frame[last] < frames[1]))
    following = _following(rows, begins, ends, frame_rate)
    boxes = rows.stop - rows.start
    joined = [_joined(rows, before, after) for before, after in following]
    left = np.setdiff1d(ends, [before for before, _ in following])
    right = np.setdiff1d(begins, [after for _, after in following])
    alone = [("ends", int(track)) for track in left] + [("begins", int(track)) for track in right]
    alone.sort(key=lambda each: -boxes[each[1]])
    return joined + [_alone(rows, verb, track) for verb, track in alone]


def _at_border(rows: TrackRows, size: tuple[int, int] | None) -> BoolArray:
    """(N,) which boxes are at the border of the picture."""
    corner = np.array(size, np.float64) if size else rows.box[:, 2:].max(axis=0)
    origin = np.zeros(2) if size else rows.box[:, :2].min(axis=0)
    near = BORDER * (rows.box[:, 2:] - rows.box[:, :2])
    return np.asarray(((rows.box[:, :2] < origin + near) | (rows.box[:, 2:] > corner - near)).any(axis=1))


def _following(rows: TrackRows, begins: IntArray, ends: IntArray, frame_rate: float | None) -> list[tuple[int, int]]:
    """Ends and the beginnings that may go on with them, of one class: each end with the nearest, the nearest first."""
    longest = LONGEST_GAP_SECONDS * frame_rate if frame_rate else LONGEST_GAP_FRAMES
    second = frame_rate or LONGEST_GAP_FRAMES / LONGEST_GAP_SECONDS
    order = begins[np.argsort(rows.frame[rows.start[begins]], kind="stable")]
    frame = rows.frame[rows.start[order]]
    found: list[tuple[float, int, int]] = []
    for before in ends.tolist():
        end = int(rows.stop[before] - 1)
        bounds = np.searchsorted(frame, [rows.frame[end] + 1, rows.frame[end] + longest + 1])
        after = order[slice(*bounds)]
        after = after[rows.classes[after] == rows.classes[before]]
        if not len(after):
            continue
        gap = (rows.frame[rows.start[after]] - rows.frame[end]) / second
        distance: FloatArray = (
            np.linalg.norm(rows.centre[rows.start[after]] - rows.centre[end], axis=1) / rows.size[end]
        )
        relative = distance / np.maximum(1.0, REACH * gap)
        best = int(relative.argmin())
        if relative[best] <= 1:
            found.append((float(relative[best]), before, int(after[best])))
    pairs, used = [], set[int]()
    for _, before, follower in sorted(found):
        if follower not in used:
            used.add(follower)
            pairs.append((before, follower))
    return pairs


def _joined(rows: TrackRows, before: int, after: int) -> TrackEnd:
    end, begin = int(rows.frame[rows.stop[before] - 1]), int(rows.frame[rows.start[after]])
    one, other = int(rows.ids[before]), int(rows.ids[after])
    text = f"Track {one} ends inside the picture in frame {end}; track {other} begins near it in frame {begin}."
    return TrackEnd("ends_inside", end, (one, other), text, begin)


def _alone(rows: TrackRows, verb: str, track: int) -> TrackEnd:
    row = int(rows.start[track] if verb == "begins" else rows.stop[track] - 1)
    frame, number = int(rows.frame[row]), int(rows.ids[track])
    return TrackEnd(f"{verb}_inside", frame, (number,), f"Track {number} {verb} inside the picture in frame {frame}.")
