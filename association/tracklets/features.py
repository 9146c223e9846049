"""Features of tracklets, which tell those of objects from series of false detections.

Lengths are in mean box heights of the tracklet, times in seconds, scores as probabilities or ranks.
"""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.columns import column_array
from siamlink.association.pairs.cover import covered_share
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.frame_index import FrameIndex

LOOPS = "siamlink.association.tracklets.feature_loops"
BLOCK = 4096
"""Detections worked on together."""
LONGEST_SECONDS = 4.0
"""Longer tracklets count as this long, so that the models do not depend on the exact length of long ones."""

TRACKLET_FEATURES = (
    *("seconds", "count", "density", "mean_probability", "best_probability"),
    *("speed", "extent", "height_residual", "relative_height", "score_rank", "roughness", "covered"),
)


def tracklet_features(tracklets: Tracklets, scene: SceneStatistics) -> NDArray[np.float32]:
    """The features of `TRACKLET_FEATURES`, which tell tracklets of objects from series of false detections.

    Args:
        tracklets: T tracklets.
        scene: statistics of all detections of the scene.

    Returns:
        (T, F) float32.
    """
    first, last = tracklets.first, tracklets.last
    members, mean = tracklets.detections[tracklets.member], tracklets.mean_of_members
    height = mean(members.height.astype(np.float64))
    travelled = vector_length((last.place - first.place) / height[:, None])
    speed = travelled / np.maximum(last.seconds - first.seconds, 0.3)
    columns = {
        "seconds": np.minimum(tracklets.seconds, LONGEST_SECONDS),
        "count": np.minimum(tracklets.count, 60),
        "density": tracklets.density,
        "mean_probability": tracklets.mean(tracklets.probability),
        "best_probability": tracklets.largest(tracklets.probability),
        "speed": speed,
        "extent": travelled,
        "height_residual": mean(scene.height_residual(members)),
        "relative_height": scene.relative_height(height, tracklets.label),
        "score_rank": mean(scene.score_rank(members)),
        "roughness": _roughness(tracklets) / height,
        "covered": mean(_largest_cover(tracklets)),
    }
    return column_array(columns, TRACKLET_FEATURES)


def vector_length(vector: FloatArray) -> FloatArray:
    """(P,) length of the vectors (P, 3) of x, top and foot; the mean of top and foot is the vertical part."""
    length: FloatArray = np.hypot(vector[:, 0], (vector[:, 1] + vector[:, 2]) / 2)
    return length


def _roughness(tracklets: Tracklets) -> FloatArray:
    """(T,) mean absolute second difference of centre x, foot y and height of consecutive detections, in pixels."""
    member, start = tracklets.member, tracklets.start
    if loops := compiled(LOOPS, len(member)):
        by_loops: FloatArray = loops.roughness(np.ascontiguousarray(tracklets.detections.box), member, start)
        return by_loops
    box = tracklets.detections.box[member].astype(np.float64)
    state = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3], box[:, 3] - box[:, 1]])
    difference = np.zeros(len(tracklets.detections))
    if len(member) > 2:
        difference[member[1:-1]] = np.abs(state[2:] - 2 * state[1:-1] + state[:-2]).sum(axis=1)
    difference[member[start[:-1]]] = 0
    difference[member[start[1:] - 1]] = 0
    total = tracklets.mean(difference) * tracklets.count
    roughness: FloatArray = np.where(tracklets.count > 2, total / np.maximum(tracklets.count - 2, 1), np.nan)
    return roughness


def _largest_cover(tracklets: Tracklets) -> FloatArray:
    """(M,) the largest share of each member's box that a tracklet in its frame covers."""
    if loops := compiled(LOOPS, len(tracklets.member)):
        columns = np.ascontiguousarray(tracklets.detections.frame), np.ascontiguousarray(tracklets.detections.box)
        by_loops: FloatArray = loops.largest_cover(*columns, tracklets.owner, tracklets.member)
        return by_loops
    rows = np.sort(tracklets.member)
    if not len(rows):
        return np.zeros(0)
    frame = tracklets.detections.frame
    begin, end = int(np.searchsorted(frame, frame[rows[0]])), int(np.searchsorted(frame, frame[rows[-1]], "right"))
    tracked = begin + np.flatnonzero(tracklets.owner[begin:end] >= 0)
    box = tracklets.detections.box[tracked].astype(np.float64)
    x, width, frame = (box[:, 0] + box[:, 2]) / 2, box[:, 2] - box[:, 0], frame[tracked]
    index, reach = FrameIndex(frame.astype(np.int64), x), (width + width.max()) / 2
    own, cover = np.searchsorted(tracked, rows), np.zeros(len(tracked))
    for start in range(0, len(own), BLOCK):
        some = own[start : start + BLOCK]
        query, other = index.within(frame[some].astype(np.int64), x[some], reach[some])
        query = some[query]
        different = query != other
        query, other = query[different], other[different]
        np.maximum.at(cover, query, covered_share(box[query], box[other]))
    every = np.zeros(len(tracklets.detections))
    every[rows] = cover[own]
    return every[tracklets.member]
