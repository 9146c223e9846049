"""Boxes for the frames in which a track has no detection."""

import numpy as np

from siamlink.tracker.tracks import Tracks


def fill_gaps(tracks: Tracks) -> Tracks:
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
