"""The open tracks of online linking: filter states and sums over their detections, one row each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.motion import CENTRE
from siamlink.association.calibrated.object_features import NO_GAP, OWN, UNLINKED
from siamlink.association.calibrated.online_statistics import NewDetections, WindowStatistics
from siamlink.association.calibrated.scene import predecessors
from siamlink.association.calibrated.states import States, filter_step
from siamlink.detectors.base.arrays import FloatArray, IntArray

RECENT = 4
"""Detections of the mean of "score_evidence_nearby"."""
MEANS = ("score_evidence", "score_as_probability", "cover", "better_overlap", "size_surprise")
"""Features of which a track has the mean."""
SUMMED = [OWN.index(name) for name in MEANS]
EVIDENCE, RANK = OWN.index("score_evidence"), OWN.index("score_rank")
TRACK_NAMES = (
    *("track_score_evidence", "track_score_as_probability", "track_cover", "track_better_overlap"),
    "track_size_surprise",
    "score_evidence_nearby",
    "track_length",
    "track_density",
    "track_best_score_rank",
    "track_link_ratio",
    "track_weakest_link",
    "track_travel",
    "gap_before",
    "seconds",
)
"""The columns of `track_features`; their meaning is that in `object_features`."""
ONLINE_NAMES = (*OWN, *TRACK_NAMES, "steps")
"""The features of the online model of objects; the last one is the logarithm of the number of frames so far."""
ROW = np.dtype(
    [
        ("id", np.int64),
        ("code", np.int64),
        ("first_frame", np.int64),
        ("last_frame", np.int64),
        ("count", np.int64),
        ("extrapolated", np.int64),
        ("group", np.int64),
        ("place", np.float64, 4),
        ("velocity", np.float64, 4),
        ("place_variance", np.float64, 4),
        ("covariance", np.float64, 4),
        ("velocity_variance", np.float64, 4),
        ("unit", np.float64),
        ("first_place", np.float64, 2),
        ("gap", np.int64),
        ("ratio", np.float64),
        ("weakest", np.float64),
        ("best_rank", np.float64),
        ("recent", np.float64, RECENT),
        ("sums", np.float64, len(SUMMED)),
        ("probability", np.float64),
        ("shown", np.bool_),
        ("score", np.float64),
        ("label", np.int64),
    ]
)
"""A track: state after its last detection, number of detections, sums and extremes of features."""
STATE = ("place", "velocity", "place_variance", "covariance", "velocity_variance")
OpenTracks = NDArray[Any]
"""(T,) of `ROW`."""


def new_tracks(new: NewDetections, rows: IntArray, first_id: int, statistics: WindowStatistics) -> OpenTracks:
    """Tracks that begin with some of the new detections, numbered from `first_id`."""
    tracks = np.zeros(len(rows), ROW)
    scene = new.scene
    tracks["id"] = first_id + np.arange(len(rows))
    tracks["first_frame"] = scene.frame[rows]
    tracks["place"], tracks["place_variance"] = scene.place[rows], new.variance[rows]
    square = scene.unit[rows, None] ** 2
    tracks["velocity_variance"][:, :2] = statistics.motion.velocity_spread[:2] ** 2 * square
    tracks["first_place"] = scene.place[rows, :2]
    tracks["weakest"], tracks["best_rank"], tracks["gap"] = UNLINKED, -np.inf, NO_GAP
    tracks["recent"] = np.nan
    _count(tracks, new, rows)
    return tracks


def _count(tracks: OpenTracks, new: NewDetections, rows: IntArray) -> None:
    """Count new detections, (T,) rows, one for each track."""
    features = new.features
    _set_last(tracks, new, rows)
    tracks["count"] += 1
    tracks["best_rank"] = np.maximum(tracks["best_rank"], features[rows, RANK])
    tracks["recent"] = np.column_stack([tracks["recent"][:, 1:], features[rows, EVIDENCE]])
    tracks["sums"] += features[rows][:, SUMMED]


def _set_last(tracks: OpenTracks, new: NewDetections, rows: IntArray) -> None:
    """Take over what is known of the last detections of tracks, (T,) rows."""
    tracks["last_frame"], tracks["unit"] = new.scene.frame[rows], new.scene.unit[rows]
    tracks["score"], tracks["label"] = new.scene.score[rows], new.label[rows]
    tracks["code"], tracks["group"] = new.code[rows], new.group[rows]


def tracks_of_window(
    window: NewDetections, successor: IntArray, ratio: FloatArray, state: States, track: IntArray
) -> OpenTracks:
    """The tracks of a window.

    Args:
        window: its N detections.
        successor: (N,) the next detection of the same track, -1 at its end.
        ratio: (N,) the ratio of that link.
        state: forward states of all detections.
        track: (N,) the number of each detection's track, the same all along its links.
    """
    scene, before = window.scene, predecessors(successor)
    ends = np.flatnonzero(successor < 0)
    ends = ends[np.argsort(track[ends], kind="stable")]
    number = np.searchsorted(track[ends], track)
    tracks = np.zeros(len(ends), ROW)
    _set_last(tracks, window, ends)
    tracks["id"], tracks["count"] = track[ends], np.bincount(number)
    starts = np.flatnonzero(before < 0)
    tracks["first_frame"][number[starts]] = scene.frame[starts]
    tracks["first_place"][number[starts]] = scene.place[starts, :2]
    for name in STATE:
        tracks[name] = getattr(state, name)[ends]
    last_gap = np.where(before >= 0, scene.step - scene.step[before], NO_GAP)
    tracks["gap"], tracks["ratio"] = last_gap[ends], np.bincount(number, ratio)
    tracks["weakest"], tracks["best_rank"] = UNLINKED, -np.inf
    linked = np.flatnonzero(successor >= 0)
    np.minimum.at(tracks["weakest"], number[linked], ratio[linked])
    np.maximum.at(tracks["best_rank"], number, window.features[:, RANK])
    tracks["sums"] = np.column_stack([np.bincount(number, window.features[:, column]) for column in SUMMED])
    recent = ends
    for place in range(RECENT - 1, -1, -1):
        tracks["recent"][:, place] = np.where(recent >= 0, window.features[recent, EVIDENCE], np.nan)
        recent = np.where(recent >= 0, before[recent], -1)
    return tracks


def follow(
    tracks: OpenTracks, new: NewDetections, rows: IntArray, ratio: FloatArray, statistics: WindowStatistics
) -> None:
    """Continue tracks by new detections, (T,) rows, over links of some ratios (T,)."""
    scene = new.scene
    gap = (scene.frame[rows] - tracks["last_frame"]) // statistics.stride
    table = statistics.table[:, :, np.minimum(gap, statistics.longest)]
    square = scene.unit[rows] ** 2
    reach, decay, noise, cross, velocity_noise = table.transpose(1, 0, 2)
    noise[CENTRE] *= square
    step = reach[CENTRE], decay[CENTRE], cross[CENTRE] * square, velocity_noise[CENTRE] * square, noise
    measurement = scene.place[rows].T, new.variance[rows].T, np.full(len(rows), statistics.motion.tail)
    x, v, pp, pv, vv = (tracks[name].T for name in STATE)
    state, _, _ = filter_step((x, v[CENTRE], pp, pv[CENTRE], vv[CENTRE]), step, measurement)
    for name, column in zip(STATE, state, strict=True):
        tracks[name][:, : len(column)] = column.T
    tracks["gap"] = gap
    tracks["ratio"] += ratio
    tracks["weakest"] = np.minimum(tracks["weakest"], ratio)
    _count(tracks, new, rows)


def track_features(tracks: OpenTracks, stride: int, frame_rate: float) -> FloatArray:
    """(T, 14) the features `TRACK_NAMES` for the last detection of each track.

    Args:
        tracks: (T,) tracks that have a detection in the present frame.
        stride: frames from one step to the next.
        frame_rate: frames a second.
    """
    count = tracks["count"].astype(np.float64)
    span = (tracks["last_frame"] - tracks["first_frame"]) // stride + 1
    moved = np.abs(tracks["place"][:, :2] - tracks["first_place"]).max(1, initial=0)
    known = ~np.isnan(tracks["recent"])
    return np.column_stack(
        [
            tracks["sums"] / count[:, None],
            np.where(known, tracks["recent"], 0).sum(1) / known.sum(1),
            np.log(count),
            count / span,
            tracks["best_rank"],
            tracks["ratio"] / np.maximum(count - 1, 1),
            tracks["weakest"],
            np.log1p(moved / tracks["unit"]),
            tracks["gap"],
            np.log(span * stride / frame_rate),
        ]
    )


def take_over(former: OpenTracks, tracks: OpenTracks) -> None:
    """Set in `tracks` what a window does not tell about tracks to what is known of those of the same number."""
    if not len(former):
        return
    former = former[np.argsort(former["id"])]
    at = np.minimum(np.searchsorted(former["id"], tracks["id"]), len(former) - 1)
    known = former["id"][at] == tracks["id"]
    for name in ("extrapolated", "probability", "shown"):
        tracks[name][known] = former[name][at[known]]
