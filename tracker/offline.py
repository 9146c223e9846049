"""The offline tracker: all detections of a sequence, linked at once."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.candidates import candidate_pairs
from siamlink.association.context import pair_features
from siamlink.association.matcher import Matcher, detection_features
from siamlink.association.problem import link_problem
from siamlink.association.scene import SceneStatistics
from siamlink.association.solvers import SOLVERS
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.tracker.gaps import fill_gaps
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.stopwatch import Stopwatch
from siamlink.tracker.tracks import Tracks


def link_detections(
    detections: Detections,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch | None = None,
) -> Tracks:
    """Link a sequence's detections into tracks, numbered from 1 in order of appearance."""
    watch = stopwatch or Stopwatch()
    with watch.stage("features"):
        detections = suppress_overlaps(detections, parameters.overlap_limit)
        scene = SceneStatistics.of(detections)
        pairs = candidate_pairs(detections, frame_rate, parameters.gate)
        features, _ = pair_features(detections, pairs, scene.score_rank(detections), frame_rate)
    with watch.stage("boosting"):
        link = matcher.link_probability(features)
        person = matcher.detection_probability(detection_features(detections, scene, pairs, link))
    with watch.stage("solve"):
        solution = SOLVERS[parameters.solver](link_problem(detections, pairs, link, person, parameters.costs))
    with watch.stage("gaps"):
        ids = _renumber(_drop_short(solution.track_ids(), parameters.min_detections))
        tracks = Tracks.from_detections(detections, ids)
        return fill_gaps(tracks) if parameters.gaps.fill else tracks


def suppress_overlaps(detections: Detections, overlap_limit: float) -> Detections:
    """Keep the best of the detections that overlap one another in a frame."""
    kept = np.zeros(len(detections), bool)
    first = 0
    for _, part in detections.by_frame():
        kept[first + suppress_non_maxima(part.box, part.score, overlap_limit)] = True
        first += len(part)
    return detections[kept]


def _drop_short(track_id: NDArray[np.int32], min_detections: int) -> NDArray[np.int32]:
    length = np.bincount(track_id)
    return np.where(length[track_id] >= min_detections, track_id, 0).astype(np.int32)


def _renumber(track_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the tracks that are left from 1 without holes, in the order they had."""
    _, dense = np.unique(np.append(0, track_id), return_inverse=True)
    return dense[1:].astype(np.int32)
