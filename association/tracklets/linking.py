"""The second level: tracklets into tracks by the same linear program, its nodes being tracklets."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.costs import CostParameters, hold_tracks, undecided
from siamlink.association.solvers.solvers import LinkProblem, Solver
from siamlink.association.tracklets.features import (
    TrackletGateParameters,
    candidate_tracklet_pairs,
    tracklet_features,
    tracklet_pair_features,
)
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets, best_crops, with_looks
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.detections import Detections

Describe = Callable[[Detections, NDArray[np.int64]], NDArray[np.floating]]
"""Gives unit descriptors (K, D) of the rows (K,) of detections, NaN where an image is missing."""
FloatArray = NDArray[np.float64]


class SafeCostParameters(CostParameters):
    """Costs of the first level in nats: doubtful links are left to the second, doubtful detections kept for it."""

    entry: float = Field(1.0, ge=0, le=100, description="cost of a tracklet's beginning")
    exit: float = Field(1.0, ge=0, le=100, description="cost of a tracklet's end")
    detection_bias: float = Field(
        -0.5, ge=-20, le=20, description="added to every detection's cost; above 0 asks for more evidence"
    )
    smallest_link_probability: float = Field(0.5, gt=0, lt=1, description="less likely links are left out")


class TrackletCostParameters(Parameters):
    """Costs of the second level in nats."""

    entry: float = Field(2.5, ge=0, le=100, description="cost of a track's beginning")
    exit: float = Field(2.5, ge=0, le=100, description="cost of a track's end")
    patience_seconds: float = Field(
        1.0, gt=0, le=60, description="a track that ends so long before the last frame, or longer, pays this in full"
    )
    bias: float = Field(
        0.5, ge=-20, le=20, description="added to every tracklet's cost; above 0 asks for more evidence"
    )
    smallest_link_probability: float = Field(0.1, gt=0, lt=1, description="less likely links are left out")
    probability_floor: float = Field(
        0.02, gt=0, lt=0.5, description="probabilities of persons are kept this far from 0 and 1"
    )
    independent_seconds: float = Field(
        0.3, gt=0, le=10, description="each such span of a tracklet is one independent piece of evidence"
    )
    least_evidence: float = Field(0.5, gt=0, le=100, description="what the shortest tracklets count, in such pieces")
    most_evidence: float = Field(6.0, gt=0, le=1000, description="what the longest tracklets count, in such pieces")


class SecondLevelParameters(Parameters):
    """Two levels: detections into safe tracklets, and these into tracks."""

    safe: SafeCostParameters = Field(SafeCostParameters(), description="costs of the first level")
    summary: TrackletParameters = Field(TrackletParameters(), description="how tracklets are summarised")
    gate: TrackletGateParameters = Field(TrackletGateParameters(), description="which of them can be linked at all")
    costs: TrackletCostParameters = Field(TrackletCostParameters(), description="costs of the second level")
    min_seconds: float = Field(0.2, ge=0, le=60, description="tracks with detections for less are dropped")


def link_tracklets(
    tracklets: Tracklets,
    scene: SceneStatistics,
    video_info: VideoInfo,
    matcher: TrackletMatcher,
    parameters: SecondLevelParameters,
    solve: Solver,
    describe: Describe | None = None,
    held: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Link T tracklets into tracks.

    Args:
        tracklets: of the first level.
        scene: what all the detections of the scene look like.
        video_info: what is known of the video.
        matcher: the models of the second level.
        parameters: gate and costs.
        solve: finds the best links.
        describe: looks at the best crops of those tracklets that have candidates; None where there are no images.
        held: (N,) the track that each detection is part of whatever comes, 0 for none; all in one tracklet each.

    Returns:
        (N,) the track of each detection, from 1; 0 for none.
    """
    pairs = candidate_tracklet_pairs(tracklets, parameters.gate)
    if describe is not None:
        tracklets = describe_tracklets(tracklets, pairs, parameters.summary, describe)
    track_id = tracklets.largest(np.zeros(len(tracklets.detections), np.int32) if held is None else held)
    asked = np.flatnonzero(undecided(pairs, track_id))
    link = matcher.link_probability(tracklet_pair_features(tracklets, pairs, video_info.size, asked))
    person = matcher.person_probability(tracklet_features(tracklets, scene))
    problem = tracklet_problem(tracklets, pairs[asked], link, person, video_info.last_frame, parameters.costs)
    solution = solve(hold_tracks(problem, track_id))
    return np.append(solution.track_ids(), 0)[tracklets.owner].astype(np.int32)


def describe_tracklets(
    tracklets: Tracklets, pairs: Pairs, parameters: TrackletParameters, describe: Describe
) -> Tracklets:
    """The tracklets, those that are part of a candidate pair with how they look."""
    rows = best_crops(tracklets, np.union1d(pairs.earlier, pairs.later), parameters.best_crops)
    return with_looks(tracklets, rows, describe(tracklets.detections, rows)) if len(rows) else tracklets


def tracklet_problem(
    tracklets: Tracklets,
    pairs: Pairs,
    link_probability: FloatArray,
    person_probability: FloatArray,
    last_frame: int,
    costs: TrackletCostParameters,
) -> LinkProblem:
    """The linear program of T tracklets and P candidate pairs.

    A link costs -log P(next). A tracklet costs n log((1 - q) / q): with q the probability that it is a person, that is
    what n independent observations of the same odds would say, n being its detections in spans of
    `independent_seconds`, so that what is long and likely outweighs entry and exit by itself. Who was seen up to the
    last frame has not left as far as is known: the exit costs nothing there, and in full `patience_seconds` before.
    """
    likely = link_probability >= costs.smallest_link_probability
    q = np.clip(person_probability, costs.probability_floor, 1 - costs.probability_floor)
    spans = tracklets.count / (tracklets.frame_rate * costs.independent_seconds)
    evidence = np.clip(spans, costs.least_evidence, costs.most_evidence)
    unseen = (last_frame - tracklets.last.frame) / tracklets.frame_rate
    return LinkProblem(
        frame=tracklets.first.frame.astype(np.int32),
        detection=np.log((1 - q) / q) * evidence + costs.bias,
        entry=np.full(len(tracklets), costs.entry),
        exit=costs.exit * np.minimum(unseen / costs.patience_seconds, 1),
        pairs=pairs[likely],
        link=-np.log(link_probability[likely]),
    )
