"""Where walks begin: at the ends of tracks, and at detections of frames around which the truth is known."""

from typing import NamedTuple

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, Boxes, FloatArray
from siamlink.detectors.boxes import iou_matrix
from siamlink.tracker.searching.occupied import SAME
from siamlink.tracker.tracks import Tracks

SPEED_SECONDS = 0.4
"""The speed at a start is measured over so much time, or as long as there is."""
LONGEST_SECONDS = 1.0
"""No walk is longer; nor longer than the track was detected."""
LEAST_DISTANCE = 0.05
"""Part of its side by which a box ends before the border of the image. A nearer one is cut off by it: the box shows a
part of the object, often a narrow strip, which the background along the border fits as well."""
MOST_KNOWN = 12
"""Walks over frames in which the object is detected; they calibrate the others."""


class Start(NamedTuple):
    """The beginning of a walk.

    Attributes:
        track_id: of the object.
        frame: of the detection that the walk begins with.
        direction: 1 forwards in time, -1 backwards.
        frames: so many frames are searched at most.
        box: (4,) of the detection.
        speed: (2,) of its centre in pixels a frame, in the direction of the walk.
        others: of a known walk, one in the frames of which the object is detected: the tracks whose boxes are elsewhere
            in its first frame, so that they certainly show other objects. None of a walk whose frames are unknown.
    """

    track_id: int
    frame: int
    direction: int
    frames: int
    box: FloatArray
    speed: FloatArray
    others: frozenset[int] | None = None


def open_ends(tracks: Tracks, frame_rate: float, last_frame: int, size: tuple[int, int]) -> list[Start]:
    """The ends of all tracks from which there are frames to search, without those at the border of the image.

    Args:
        tracks: all.
        frame_rate: frames per second.
        last_frame: number of the last frame.
        size: width and height of the images in pixels.
    """
    starts = []
    for track_id, detected in tracks[~tracks.interpolated].by_track():
        span = int(detected.frame[-1] - detected.frame[0])
        frames = min(round(LONGEST_SECONDS * frame_rate), span)
        cut = cut_off(detected.box, size)
        for row, direction, left in ((0, -1, detected.frame[0] - 1), (-1, 1, last_frame - detected.frame[-1])):
            if min(frames, left) > 0 and not cut[row]:
                starts.append(_start(track_id, detected, row, direction, int(min(frames, left)), frame_rate))
    return starts


def known_starts(tracks: Tracks, frame_rate: float, size: tuple[int, int]) -> list[Start]:
    """Detections from which a walk leads through frames in which its track was detected as well; evenly chosen.

    Args:
        tracks: all.
        frame_rate: frames per second.
        size: width and height of the images in pixels; none of the detections is at their border.
    """
    frames, candidates = max(1, round(LONGEST_SECONDS * frame_rate)), []
    for track_id, detected in tracks[~tracks.interpolated].by_track():
        number, inside = detected.frame, ~cut_off(detected.box, size)
        for direction in (1, -1):
            ends = np.searchsorted(number, number + direction * frames)
            whole = (number + direction * frames >= number[0]) & (number + direction * frames <= number[-1])
            enough = np.abs(ends - np.arange(len(number))) >= frames / 2
            candidates += [(track_id, row, direction) for row in np.flatnonzero(whole & enough & inside).tolist()]
    chosen = np.unique(np.linspace(0, len(candidates) - 1, min(MOST_KNOWN, len(candidates))).round().astype(int))
    detections = dict(tracks[~tracks.interpolated].by_track())
    starts = []
    for track_id, row, direction in (candidates[each] for each in chosen):
        start = _start(track_id, detections[track_id], row, direction, frames, frame_rate)
        there = tracks.in_frame(start.frame)
        elsewhere = iou_matrix(start.box[None].astype(np.float32), there.box)[0] < SAME
        starts.append(start._replace(others=frozenset(there.track_id[elsewhere].tolist())))
    return starts


def cut_off(box: Boxes, size: tuple[int, int]) -> BoolArray:
    """(N,) whether boxes (N, 4) are so near to the border of images of a size (width, height) that it cuts them off."""
    distance = np.minimum(box[:, :2], np.array(size) - box[:, 2:])
    cut: BoolArray = (distance < LEAST_DISTANCE * (box[:, 2:] - box[:, :2])).any(1)
    return cut


def _start(track_id: int, detected: Tracks, row: int, direction: int, frames: int, frame_rate: float) -> Start:
    """The start at a row of the detections of a track, with the speed of those that are on the other side of it."""
    row %= len(detected)
    frame, box = detected.frame.astype(np.int64), detected.box.astype(np.float64)
    centre = (box[:, :2] + box[:, 2:]) / 2
    reach = max(1, round(SPEED_SECONDS * frame_rate))
    past = np.flatnonzero((frame - frame[row]) * -direction <= reach)
    other = int(past[0] if direction > 0 else past[-1])
    passed = max(1, abs(int(frame[row] - frame[other])))
    return Start(track_id, int(frame[row]), direction, frames, box[row], (centre[row] - centre[other]) / passed)
