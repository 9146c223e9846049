"""The second level: tracklets are linked into tracks by the same linear program, with tracklets as nodes."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.explanation.program import Program
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.costs import CostParameters, hold_tracks, undecided
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.association.solvers.solvers import Solver
from siamlink.association.tracklets.appearance import best_crops, with_appearance
from siamlink.association.tracklets.candidates import TrackletGateParameters, candidate_tracklet_pairs
from siamlink.association.tracklets.evidence import TrackletEvidence
from siamlink.association.tracklets.features import tracklet_features
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.pair_features import tracklet_pair_features
from siamlink.association.tracklets.separation import Separation
from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.base.parameters import Parameters, Tunable, renamed
from siamlink.detectors.detections import Detections

DescribeDetections = Callable[[Detections, NDArray[np.int64]], NDArray[np.floating]]
"""Returns unit descriptors (K, D) of the rows (K,) of detections, NaN where an image is missing."""

TRACKLETS = "tracklets"
"""Name of the program."""


class SafeCostParameters(CostParameters):
    """Costs of the first level in nats. It leaves doubtful links to the second level, and keeps doubtful detections."""

    entry: Annotated[float, Tunable(0.1, 5, log=True)] = Field(
        1.0, ge=0, le=100, description="cost in nats of the beginning of a tracklet"
    )
    exit: float = Field(1.0, ge=0, le=100, description="cost in nats of the end of a tracklet")
    detection_bias: Annotated[float, Tunable(-2, 1)] = Field(
        -0.5,
        ge=-20,
        le=20,
        description="added to the cost of each detection, in nats; higher values keep fewer detections",
    )
    min_link_probability: Annotated[float, Tunable(0.1, 0.8)] = Field(
        0.5,
        gt=0,
        lt=1,
        description="links with a lower matching probability are not considered",
        json_schema_extra=renamed(former_name="smallest_link_probability"),
    )


class TrackletCostParameters(Parameters):
    """Costs of the second level in nats."""

    entry: Annotated[float, Tunable(0.3, 10, log=True)] = Field(
        2.5, ge=0, le=100, description="cost in nats of the beginning of a track"
    )
    exit: float = Field(2.5, ge=0, le=100, description="cost in nats of the end of a track")
    exit_ramp_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        description="the exit cost rises from 0 for a track that ends in the last frame to its full value for one that "
        "ends this many seconds earlier",
        json_schema_extra=renamed(former_name="patience_seconds"),
    )
    bias: Annotated[float, Tunable(-4, 3)] = Field(
        0.5,
        ge=-20,
        le=20,
        description="added to the cost of each tracklet, in nats; higher values keep fewer of them",
    )
    min_link_probability: Annotated[float, Tunable(0.01, 0.5, log=True)] = Field(
        0.1,
        gt=0,
        lt=1,
        description="links with a lower matching probability are not considered",
        json_schema_extra=renamed(former_name="smallest_link_probability"),
    )
    probability_floor: float = Field(
        0.02, gt=0, lt=0.5, description="probabilities of tracklets are kept at least this far from 0 and 1"
    )
    independent_seconds: Annotated[float, Tunable(0.05, 2, log=True)] = Field(
        0.3, gt=0, le=10, description="seconds of detections that count as one independent observation of a tracklet"
    )
    min_evidence: Annotated[float, Tunable(0.1, 3, log=True)] = Field(
        0.5,
        gt=0,
        le=100,
        description="minimum number of independent observations that a tracklet counts",
        json_schema_extra=renamed(former_name="least_evidence"),
    )
    max_evidence: float = Field(
        6.0,
        gt=0,
        le=1000,
        description="maximum number of independent observations that a tracklet counts",
        json_schema_extra=renamed(former_name="most_evidence"),
    )


class SecondLevelParameters(Parameters):
    """Linking at two levels: detections into safe tracklets, and tracklets into tracks."""

    safe: SafeCostParameters = Field(SafeCostParameters(), description="costs of the first level")
    summary: TrackletParameters = Field(TrackletParameters(), description="how tracklets are summarised")
    gate: TrackletGateParameters = Field(TrackletGateParameters(), description="which tracklets can be linked")
    costs: TrackletCostParameters = Field(TrackletCostParameters(), description="costs of the second level")
    min_seconds: Annotated[float, Tunable(0, 1)] = Field(
        0.2, ge=0, le=60, description="drop tracks with detections for fewer seconds than this"
    )


class TrackletAppearance(NamedTuple):
    """The appearance of tracklets.

    Attributes:
        describe: describes detections.
        separation: judges whether the descriptors tell the tracklets apart; None: they are used in any case.
    """

    describe: DescribeDetections
    separation: Separation | None = None

    def in_frames(self, detections: Detections, first: int = 0) -> "TrackletAppearance":
        """The same for tracklets in steps of the detector, whose row 0 is the row `first` of detections in frames."""

        def describe(_: Detections, rows: NDArray[np.int64]) -> NDArray[np.floating]:
            return self.describe(detections, rows + first)

        return self._replace(describe=describe)


class LinkedTracklets(NamedTuple):
    """Tracks made of tracklets, and how probable the links between these are.

    Attributes:
        track_id: (N,) the track of each detection, from 1; 0 for none.
        pairs: P candidate links, from the last detection of a tracklet to the first one of a later tracklet.
        probability: (P,) that both tracklets show one object and the later one comes next.
        evidence: of the P candidates.
        problem: of the tracklets and the likely ones of these candidates.
        likely: (K,) which these are.
        solution: its optimum.
    """

    track_id: NDArray[np.int32]
    pairs: Pairs
    probability: FloatArray
    evidence: TrackletEvidence
    problem: LinkProblem
    likely: IntArray
    solution: Solution

    def program(self, constrained: BoolArray | None) -> Program:
        """What explains the links; constraints name the tracklets `constrained` (T,)."""
        pairs, probability = self.pairs[self.likely], self.probability[self.likely]
        evidence = self.evidence[self.likely]
        return Program(TRACKLETS, self.problem, self.solution, pairs, evidence, probability, constrained)


def link_tracklets(
    tracklets: Tracklets,
    scene: SceneStatistics,
    video_info: VideoInfo,
    matcher: TrackletMatcher,
    parameters: SecondLevelParameters,
    solve: Solver,
    appearance: TrackletAppearance | None = None,
    held: NDArray[np.int32] | None = None,
) -> LinkedTracklets:
    """Link T tracklets into tracks.

    Args:
        tracklets: of the first level.
        scene: statistics of all detections of the scene.
        video_info: facts about the video.
        matcher: the models of the second level.
        parameters: gate and costs.
        solve: finds the best links.
        appearance: describes the best crops of the tracklets that are in a candidate pair; None without images.
        held: (N,) the fixed track of each detection, 0 for none; all detections of a fixed track are in one tracklet.
    """
    pairs = candidate_tracklet_pairs(tracklets, parameters.gate)
    pairs = pairs[scene.classes.of_pairs(pairs, tracklets.label) >= NEVER]
    if appearance is not None:
        tracklets = describe_tracklets(tracklets, pairs, parameters.summary, appearance)
    track_id = tracklets.largest(np.zeros(len(tracklets.detections), np.int32) if held is None else held)
    rows = np.flatnonzero(undecided(pairs, track_id))
    features = tracklet_pair_features(tracklets, pairs, video_info.size, rows)
    pairs = pairs[rows]
    class_nats = scene.classes.of_pairs(pairs, tracklets.label)
    link = add_evidence(matcher.link_probability(features), class_nats)
    is_object = matcher.object_probability(tracklet_features(tracklets, scene))
    problem = tracklet_problem(tracklets, pairs, link, is_object, video_info.last_frame, parameters.costs)
    solution = solve(hold_tracks(problem, track_id))
    track = np.append(solution.track_ids(), 0)[tracklets.owner].astype(np.int32)
    likely = np.flatnonzero(link >= parameters.costs.min_link_probability)
    pairs = Pairs(tracklets.last.row[pairs.earlier], tracklets.first.row[pairs.later])
    return LinkedTracklets(
        track, pairs, link, TrackletEvidence(matcher, features, class_nats), problem, likely, solution
    )


def describe_tracklets(
    tracklets: Tracklets, pairs: Pairs, parameters: TrackletParameters, appearance: TrackletAppearance
) -> Tracklets:
    """The tracklets, with descriptors of those that are part of a candidate pair; without, if these are useless."""
    rows = best_crops(tracklets, np.union1d(pairs.earlier, pairs.later), parameters.best_crops)
    if not len(rows):
        return tracklets
    descriptor = appearance.describe(tracklets.detections, rows)
    if appearance.separation is not None and not appearance.separation.judge(tracklets, rows, descriptor):
        return tracklets
    return with_appearance(tracklets, rows, descriptor)


def tracklet_problem(
    tracklets: Tracklets,
    pairs: Pairs,
    link_probability: FloatArray,
    object_probability: FloatArray,
    last_frame: int,
    costs: TrackletCostParameters,
) -> LinkProblem:
    """The linear program of T tracklets and P candidate pairs.

    A link costs -log p, where p is its matching probability. A tracklet costs n log((1 - q) / q), where q is the
    probability that it shows an object and n the number of independent observations: one for each
    `independent_seconds` of detections. So a long and probable tracklet outweighs entry and exit by itself. A track
    that reaches the last frame may go on after it, so its exit is free; the exit cost rises to its full value at
    `exit_ramp_seconds` before the last frame.

    Args:
        tracklets: T tracklets.
        pairs: P candidate pairs.
        link_probability: (P,).
        object_probability: (T,).
        last_frame: number of the last frame of the video.
        costs: in nats.
    """
    likely = link_probability >= costs.min_link_probability
    q = np.clip(object_probability, costs.probability_floor, 1 - costs.probability_floor)
    observations = tracklets.count / (tracklets.frame_rate * costs.independent_seconds)
    evidence = np.clip(observations, costs.min_evidence, costs.max_evidence)
    seconds_to_end = (last_frame - tracklets.last.frame) / tracklets.frame_rate
    return LinkProblem(
        frame=tracklets.first.frame.astype(np.int32),
        detection=np.log((1 - q) / q) * evidence + costs.bias,
        entry=np.full(len(tracklets), costs.entry),
        exit=costs.exit * np.minimum(seconds_to_end / costs.exit_ramp_seconds, 1),
        pairs=pairs[likely],
        link=-np.log(link_probability[likely]),
    )
