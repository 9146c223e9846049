"""Crossings: two tracks whose boxes overlap, and that could as well have been exchanged there, by their motion."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.frame_index import FrameIndex
from siamlink.tools.report.track_rows import TrackRows

BLOCK = 50_000
"""Boxes that are compared with others at once."""
LEAST_PEAK = 0.25
"""IoU that the two boxes reach."""
LEAST_SHARE = 0.3
"""Share of the residual of the tracks as they are in the sum of both residuals; one half: both fit equally well."""
WINDOW_SECONDS = 0.5
"""From which the motion before and after a crossing is estimated."""
WINDOW_FRAMES = 5
"""The same where the frame rate is not known, and at least."""


@dataclass(frozen=True)
class Crossing:
    """Two tracks that overlap from one frame to another.

    Attributes:
        first: the first frame.
        last: the last frame.
        tracks: the two ids.
        share: how little the tracks fit better than exchanged ones: 0 much better, 0.5 equally well, 1 much worse.
    """

    first: int
    last: int
    tracks: tuple[int, int]
    share: float

    @property
    def text(self) -> str:
        """A sentence about it."""
        fit = "better" if self.share > 0.5 else "nearly as well"
        frames = f"in frame {self.first}" if self.first == self.last else f"in frames {self.first} to {self.last}"
        first, second = self.tracks
        return f"Tracks {first} and {second} cross {frames}; exchanged there, they would fit the motion {fit}."


def crossings(rows: TrackRows, frame_rate: float | None) -> list[Crossing]:
    """The crossings after which the motion does not clearly tell the tracks apart, the least clear first."""
    found = []
    window = max(WINDOW_FRAMES, round(WINDOW_SECONDS * frame_rate)) if frame_rate else WINDOW_FRAMES
    pairs, frame, overlap = _overlapping(rows)
    order = np.lexsort((frame, pairs[:, 1], pairs[:, 0]))
    pairs, frame, overlap = pairs[order], frame[order], overlap[order]
    new = (np.diff(pairs, axis=0, prepend=-1) != 0).any(axis=1) | (np.diff(frame, prepend=0) > window)
    bounds = np.append(np.flatnonzero(new), len(frame)).tolist()
    for start, stop in pairwise(bounds):
        if overlap[start:stop].max() < LEAST_PEAK:
            continue
        first, last = int(frame[start]), int(frame[stop - 1])
        share = _share(rows, pairs[start].tolist(), first, last, window)
        if share is not None and share >= LEAST_SHARE:
            one, other = rows.ids[pairs[start]].tolist()
            found.append(Crossing(first, last, (one, other), share))
    return sorted(found, key=lambda each: (-each.share, each.first))


def _overlapping(rows: TrackRows) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of tracks (P, 2) whose boxes overlap, the lower first, the frame of each pair, and the IoU."""
    left, right = rows.box[:, 0], rows.box[:, 2]
    index = FrameIndex(rows.frame, left)
    found = [(np.zeros((0, 2), np.int64), np.zeros(0))]
    for start in range(0, len(rows), BLOCK):
        here = slice(start, start + BLOCK)
        one, other = index.within(rows.frame[here], (left[here] + right[here]) / 2, (right[here] - left[here]) / 2)
        one += start
        once = (left[one] < left[other]) | ((left[one] == left[other]) & (one < other))
        pair = np.column_stack([one, other])[once]
        overlap = iou_pairs(rows.box[pair[:, 0]], rows.box[pair[:, 1]])
        found.append((pair[overlap > 0], overlap[overlap > 0]))
    pairs = np.concatenate([pair for pair, _ in found])
    return np.sort(rows.track[pairs]), rows.frame[pairs[:, 0]], np.concatenate([overlap for _, overlap in found])


def _share(rows: TrackRows, pair: list[int], first: int, last: int, window: int) -> float | None:
    """The residual of the tracks as they are, by the sum of it and that of the exchanged tracks.

    A straight line is fitted to the boxes of each track in a window before the overlap, another after it. A residual is
    the distance in position and size between both lines in the middle of the overlap. None where a track has no boxes
    before or after.
    """
    middle = (first + last) / 2
    before = [_line(rows, track, first - window, first - 1, middle) for track in pair]
    after = [_line(rows, track, last + 1, last + window, middle) for track in pair]
    states = [state for state in (*before, *after) if state is not None]
    if len(states) < 4:
        return None
    (a, b), (c, d) = states[:2], states[2:]
    kept = float(np.linalg.norm(a - c) + np.linalg.norm(b - d))
    exchanged = float(np.linalg.norm(a - d) + np.linalg.norm(b - c))
    return kept / (kept + exchanged) if kept + exchanged else None


def _line(rows: TrackRows, track: int, first: int, last: int, at: float) -> FloatArray | None:
    """Left, top, right and bottom (4,) of a track at a time, by the straight line through its boxes in some frames."""
    start, stop = rows.start[track] + np.searchsorted(
        rows.frame[rows.start[track] : rows.stop[track]], [first, last + 1]
    )
    if start == stop:
        return None
    time, box = rows.frame[start:stop] - at, rows.box[start:stop]
    if stop - start < 3:
        mean: FloatArray = box.mean(axis=0)
        return mean
    line: FloatArray = np.linalg.lstsq(np.column_stack([np.ones(len(time)), time]), box, rcond=None)[0][0]
    return line
