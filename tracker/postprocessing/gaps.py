"""The boxes of tracks: smoothed, interpolated between detections, and extrapolated after the last one."""

import numpy as np

from siamlink.detectors.boxes import centres
from siamlink.tracker.parameter_groups import GapParameters
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.smoothing import Smoothing, smooth_tracks
from siamlink.tracker.tracks import Tracks

SPEED_SECONDS = 0.4
"""The speed of a track's end is measured over so much time, or as long as there is."""


def complete_tracks(
    tracks: Tracks,
    last_frame: int,
    frame_rate: float,
    parameters: GapParameters,
    camera: CameraMotion | None = None,
    smoothing: Smoothing | None = None,
) -> Tracks:
    """Smooth, interpolate and extrapolate the boxes of tracks, as the parameters say.

    Args:
        tracks: the detections of tracks.
        last_frame: tracks are extrapolated up to it.
        frame_rate: frames per second.
        parameters: which of these are done.
        camera: the camera's motion; None: it stands still.
        smoothing: how much boxes are smoothed; None: chosen by these tracks.
    """
    dense = smooth_tracks(tracks, frame_rate, camera, smoothing) if parameters.smooth else interpolate_gaps(tracks)
    if not parameters.interpolate:
        return dense[~dense.interpolated]
    return extrapolate(dense, last_frame, parameters.extrapolate_seconds, frame_rate)


def interpolate_gaps(tracks: Tracks) -> Tracks:
    """Interpolate boxes and scores linearly between the detections of each track.

    New rows are marked interpolated, and have the link probability of the detection before the gap.
    """
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
    interpolated = Tracks(
        frame=tracks.frame[before] + step.astype(np.int32),
        box=(tracks.box[before] + (tracks.box[after] - tracks.box[before]) * share[:, None]).astype(np.float32),
        score=(tracks.score[before] + (tracks.score[after] - tracks.score[before]) * share).astype(np.float32),
        label=tracks.label[before],
        track_id=tracks.track_id[before],
        interpolated=np.ones(len(step), bool),
        link_probability=tracks.link_probability[before],
    )
    return Tracks.concatenate([tracks, interpolated])


def extrapolate(tracks: Tracks, last_frame: int, longest_seconds: float, frame_rate: float) -> Tracks:
    """Extrapolate tracks that end shortly before the last frame up to that frame, at constant velocity.

    Args:
        tracks: without gaps.
        last_frame: the last known frame.
        longest_seconds: tracks that end longer before it stay as they are.
        frame_rate: frames per second.

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
    speed = (centres(tracks.box[order[last]]) - centres(tracks.box[order[before]])) / np.maximum(
        frame[last] - frame[before], 1
    )[:, None]
    end = np.repeat(order[last], missing)
    step = np.arange(missing.sum()) - np.repeat(np.cumsum(missing) - missing, missing) + 1
    shift = np.repeat(speed, missing, axis=0) * step[:, None]
    extrapolated = Tracks(
        frame=tracks.frame[end] + step.astype(np.int32),
        box=tracks.box[end] + np.hstack([shift, shift]).astype(np.float32),
        score=tracks.score[end],
        label=tracks.label[end],
        track_id=tracks.track_id[end],
        interpolated=np.ones(len(step), bool),
    )
    return Tracks.concatenate([tracks, extrapolated])
