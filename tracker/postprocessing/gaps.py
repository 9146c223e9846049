"""Boxes for the frames in which a track has no detection: between two, and after the last as far as is known."""

import numpy as np
from numpy.typing import NDArray

from siamlink.tracker.tracks import Tracks

SPEED_SECONDS = 0.4
"""The speed of a track's end is measured over so much time, or as long as there is."""


def interpolate_gaps(tracks: Tracks) -> Tracks:
    """Interpolate boxes and scores linearly between the detections of each track; new rows are marked interpolated."""
    order = np.lexsort((tracks.frame, tracks.track_id))
    frame, track_id = tracks.frame[order], tracks.track_id[order]
    missing = np.diff(frame) - 1
    open_gap = np.flatnonzero((track_id[1:] == track_id[:-1]) & (missing > 0))
    if not len(open_gap):
        return tracks
    length = missing[open_gap]
    before = np.repeat(order[open_gap], length)
    after = np.repeat(order[open_gap + 1], length)
    step = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + 1
    share = step / np.repeat(length + 1, length)
    filled = Tracks(
        frame=tracks.frame[before] + step.astype(np.int32),
        box=(tracks.box[before] + (tracks.box[after] - tracks.box[before]) * share[:, None]).astype(np.float32),
        score=(tracks.score[before] + (tracks.score[after] - tracks.score[before]) * share).astype(np.float32),
        label=tracks.label[before],
        track_id=tracks.track_id[before],
        interpolated=np.ones(len(step), bool),
    )
    return Tracks.concatenate([tracks, filled])


def carry_on(tracks: Tracks, last_frame: int, longest_seconds: float, frame_rate: float) -> Tracks:
    """Carry tracks that were seen shortly before the last frame on to that frame, each at its speed in a straight line.

    Args:
        tracks: with their gaps filled.
        last_frame: the last that is known.
        longest_seconds: tracks that were not seen for longer are left as they are.
        frame_rate: frames a second.

    Returns:
        The tracks with new rows, marked interpolated, of the size and score that their track ended with.
    """
    order = np.lexsort((tracks.frame, tracks.track_id))
    frame, track_id = tracks.frame[order].astype(np.int64), tracks.track_id[order]
    last = np.flatnonzero(np.r_[track_id[1:] != track_id[:-1], True]) if len(order) else np.zeros(0, np.int64)
    first = np.r_[0, last[:-1] + 1][: len(last)]
    missing = last_frame - frame[last]
    open_end = (missing > 0) & (missing <= longest_seconds * frame_rate + 1e-6)
    last, first, missing = last[open_end], first[open_end], missing[open_end]
    if not len(last):
        return tracks
    before = np.maximum(first, last - max(1, round(SPEED_SECONDS * frame_rate)))
    speed = (_centre(tracks.box[order[last]]) - _centre(tracks.box[order[before]])) / np.maximum(
        frame[last] - frame[before], 1
    )[:, None]
    end = np.repeat(order[last], missing)
    step = np.arange(missing.sum()) - np.repeat(np.cumsum(missing) - missing, missing) + 1
    shift = np.repeat(speed, missing, axis=0) * step[:, None]
    carried = Tracks(
        frame=tracks.frame[end] + step.astype(np.int32),
        box=tracks.box[end] + np.hstack([shift, shift]).astype(np.float32),
        score=tracks.score[end],
        label=tracks.label[end],
        track_id=tracks.track_id[end],
        interpolated=np.ones(len(step), bool),
    )
    return Tracks.concatenate([tracks, carried])


def _centre(box: NDArray[np.float32]) -> NDArray[np.float64]:
    centre: NDArray[np.float64] = (box[:, :2].astype(np.float64) + box[:, 2:]) / 2
    return centre
