"""The detections of a sequence in columns, at the steps that the detector processed."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections

PAIRS_AT_ONCE = 400_000
"""Most pairs whose columns are in memory at a time."""


@dataclass(frozen=True)
class Scene:
    """N detections of a sequence, sorted by step.

    A step is a processed frame: if the detector ran on every fifth frame only, one step is five frames.

    Attributes:
        frame: (N,) the frame of each detection.
        step: (N,) its step, counted from 0.
        starts: (K + 1,) the first row of each of the K steps, then N.
        first_frame: the frame of step 0.
        stride: frames from one step to the next.
        place: (N, 4) centre x, centre y in pixels, log width, log height.
        unit: (N,) the object's own size: the square root of its box's area, in pixels.
        extent: (N, 2) width and height in pixels.
        score: (N,) the detector's scores.
        code: (N,) the detector's classes, renumbered from 0 without gaps.
        cover: (N,) the largest part of the box that another box of the same step covers.
        at_border: (N,) whether the box is within half its own size of the picture's border.
        memory: what was computed of these detections last, by what it was computed from.
    """

    frame: IntArray
    step: IntArray
    starts: IntArray
    first_frame: int
    stride: int
    place: FloatArray
    unit: FloatArray
    extent: FloatArray
    score: FloatArray
    code: IntArray
    cover: FloatArray
    at_border: BoolArray
    memory: dict[bytes, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.step)

    @property
    def steps(self) -> int:
        """The number of steps."""
        return len(self.starts) - 1

    @property
    def centre(self) -> FloatArray:
        """(N, 2) the centres of the boxes in pixels."""
        return self.place[:, :2]

    @property
    def box(self) -> FloatArray:
        """(N, 4) x1 y1 x2 y2 in pixels."""
        return np.hstack([self.centre - self.extent / 2, self.centre + self.extent / 2])

    @property
    def scored(self) -> bool:
        """Whether the scores differ; constant scores carry no information."""
        return bool(len(self) and self.score.min() < self.score.max())


def make_scene(
    detections: Detections,
    image_size: tuple[float, float] | None = None,
    processed_frames: IntArray | None = None,
) -> Scene:
    """The columns of a sequence.

    Args:
        detections: N boxes, sorted by frame.
        image_size: width and height in pixels; without it, the largest coordinates of the boxes are used.
        processed_frames: the frames that the detector processed, by default those with detections. The step is the
            greatest common divisor of their distances.
    """
    box = detections.box.astype(np.float64)
    frame = detections.frame.astype(np.int64)
    step, first, stride = _steps(frame, processed_frames)
    extent = np.maximum(box[:, 2:] - box[:, :2], 1e-3)
    centre = (box[:, :2] + box[:, 2:]) / 2
    unit = np.sqrt(extent.prod(1))
    width, height = image_size or (box[:, 2].max(initial=1), box[:, 3].max(initial=1))
    inside = np.minimum(box[:, :2].min(1), np.minimum(width - box[:, 2], height - box[:, 3]))
    starts = np.searchsorted(step, np.arange((step[-1] + 1 if len(step) else 0) + 1))
    return Scene(
        frame=frame,
        step=step,
        starts=starts,
        first_frame=first,
        stride=stride,
        place=np.column_stack([centre, np.log(extent)]),
        unit=unit,
        extent=extent,
        score=detections.score.astype(np.float64),
        code=np.unique(detections.label, return_inverse=True)[1].astype(np.int64),
        cover=_cover(step, box),
        at_border=inside < 0.5 * unit,
    )


def _steps(frame: IntArray, processed: IntArray | None) -> tuple[IntArray, int, int]:
    """The step of each detection (N,), the frame of step 0 and the frames between steps."""
    if not len(frame):
        return frame, 1, 1
    frames = np.unique(frame) if processed is None else np.union1d(processed, frame)
    stride = max(int(np.gcd.reduce(np.diff(frames))), 1) if len(frames) > 1 else 1
    return (frame - frames[0]) // stride, int(frames[0]), stride


def pairs_within(earlier: IntArray, later: IntArray, low: int, high: int) -> tuple[IntArray, IntArray]:
    """All pairs that are `low` to `high` steps apart.

    Args:
        earlier: (A,) ascending steps.
        later: (B,) ascending steps.
        low: the smallest difference.
        high: the largest.

    Returns:
        Indices into `earlier` and `later`, both (P,).
    """
    begin = np.searchsorted(later, earlier + low, side="left")
    count = np.searchsorted(later, earlier + high, side="right") - begin
    i = np.repeat(np.arange(len(earlier)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count - begin, count)
    return i, j


def mutually_nearest(i: IntArray, j: IntArray, apart: FloatArray, count: int) -> tuple[IntArray, IntArray]:
    """The pairs (i, j), both (P,) of N detections, that are each other's nearest by the distance `apart` (P,)."""
    best_i, best_j = np.full(count, np.inf), np.full(count, np.inf)
    np.minimum.at(best_i, i, apart)
    np.minimum.at(best_j, j, apart)
    mutual = (apart == best_i[i]) & (apart == best_j[j])
    return i[mutual], j[mutual]


def touching_pairs(step: IntArray, box: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of boxes (N, 4) of one step (N,) that overlap, each pair once, and the area of the intersection (P,)."""
    left, top, right, bottom = (np.ascontiguousarray(box[:, n]) for n in range(4))
    parts = []
    for rows in portions(step, step, (0, 0)):
        i, j = pairs_within(step[rows], step, 0, 0)
        i = rows[i]
        once = i < j
        i, j = i[once], j[once]
        wide = np.minimum(right[i], right[j]) - np.maximum(left[i], left[j])
        near = wide > 0
        i, j, wide = i[near], j[near], wide[near]
        high = np.minimum(bottom[i], bottom[j]) - np.maximum(top[i], top[j])
        near = high > 0
        parts.append((i[near], j[near], (wide * high)[near]))
    i, j, common = (np.concatenate(column) for column in zip(*parts, strict=True))
    return i, j, common


def portions(earlier: IntArray, later: IntArray, gaps: tuple[int, int]) -> list[IntArray]:
    """Consecutive rows of `earlier`, in parts with a limited number of pairs with `later`; both are ascending steps."""
    count = np.searchsorted(later, earlier + gaps[1], side="right")
    count = count - np.searchsorted(later, earlier + gaps[0], side="left")
    part = np.cumsum(count) // PAIRS_AT_ONCE
    return np.split(np.arange(len(earlier)), np.flatnonzero(np.diff(part)) + 1)


def _cover(step: IntArray, box: FloatArray) -> FloatArray:
    """(N,) the largest part of each box that another box of the same step covers."""
    i, j, common = touching_pairs(step, box)
    area = np.maximum((box[:, 2:] - box[:, :2]).prod(1), 1e-9)
    cover = np.zeros(len(step))
    np.maximum.at(cover, i, common / area[i])
    np.maximum.at(cover, j, common / area[j])
    return cover


def predecessors(successor: IntArray) -> IntArray:
    """(N,) the detection before each in its track, -1 at a track's start, from the detection after each (N,)."""
    before = np.full(len(successor), -1, np.int64)
    linked = np.flatnonzero(successor >= 0)
    before[successor[linked]] = linked
    return before


def track_numbers(successor: IntArray) -> IntArray:
    """(N,) the track of each detection, counted from 0 in the order of the tracks' first detections.

    Args:
        successor: (N,) the next detection of each, in a later row; -1 at a track's end.
    """
    before = predecessors(successor)
    is_first = before < 0
    start = np.where(is_first, np.arange(len(successor)), before)
    while True:
        further = start[start]
        if (further == start).all():
            break
        start = further
    number: IntArray = (np.cumsum(is_first) - 1)[start]
    return number


def end_rows(number: IntArray) -> tuple[IntArray, IntArray]:
    """The first and the last row of each track, both (T,), from the track of each detection (N,), counted from 0."""
    first = np.unique(number, return_index=True)[1]
    last = len(number) - 1 - np.unique(number[::-1], return_index=True)[1]
    return first, last


def end_steps(number: IntArray, step: IntArray, tracks: int) -> tuple[IntArray, IntArray]:
    """The first and the last step of each track.

    Args:
        number: (M,) the track of each of some detections, counted from 0.
        step: (M,) its step.
        tracks: the number of tracks, T.

    Returns:
        Both (T,); of a track without such a detection, the first is above all steps and the last is -1.
    """
    first, last = np.full(tracks, np.iinfo(np.int64).max), np.full(tracks, -1, np.int64)
    np.minimum.at(first, number, step)
    np.maximum.at(last, number, step)
    return first, last
