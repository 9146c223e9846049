"""The offline tracker: all detections of a sequence, linked at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Comparisons
from siamlink.association.matcher import Matcher, detection_features
from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.features import Motion, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import Constraints, Groups, group_detections
from siamlink.association.solvers.costs import hold_tracks, link_problem
from siamlink.association.solvers.solvers import SOLVERS, Solver, number_in_order
from siamlink.association.tracklets.linking import Describe, link_tracklets
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.overlaps import best_of_overlaps
from siamlink.tracker.parameters import GapParameters, TrackerParameters
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.gaps import carry_on, interpolate_gaps
from siamlink.tracker.postprocessing.smoothing import Smoothing, smooth_tracks
from siamlink.tracker.tracks import Tracks

FloatArray = NDArray[np.float64]
Look = Callable[[Detections, Pairs], Comparisons]
"""Compares pairs of detections by how they look."""
SeeCamera = Callable[[Detections], CameraMotion | None]
"""The camera's motion up to the last of some detections; None where nobody watches it."""


class Looks(NamedTuple):
    """What is known of the looks of a sequence's detections: for one level, and for two; None where nothing is."""

    compare: Look | None = None
    describe: Describe | None = None


@dataclass(frozen=True)
class ScoredPairs:
    """How likely N detections are people and P candidate pairs links.

    Attributes:
        detections: those that no better one overlaps, and those that constraints name.
        scene: what they look like as a whole.
        motion: how each came to be where it is.
        pairs: the candidates among them.
        context: (P,) probability of each pair by context.
        link: (P,) the same, revised by looks.
        person: (N,) probability of each detection.
        groups: what constraints say of the detections.
        open_count: how many pairs geometry left open, for appearance to decide.
        compared_count: how many of these were compared.
    """

    detections: Detections
    scene: SceneStatistics
    motion: Motion
    pairs: Pairs
    context: FloatArray
    link: FloatArray
    person: FloatArray
    groups: Groups
    open_count: int = 0
    compared_count: int = 0

    @classmethod
    def none(cls) -> "ScoredPairs":
        """Of no detections."""
        nothing, numbers, nowhere = Detections.empty(), np.zeros(0), np.zeros(0, np.int64)
        motion, pairs = Motion.none(), Pairs(nowhere, nowhere)
        groups = group_detections(nothing.frame, ())
        return cls(nothing, SceneStatistics.of(nothing), motion, pairs, numbers, numbers, numbers, groups)

    def without_first(self, count: int) -> "ScoredPairs":
        """Without the first `count` detections and the pairs that they are part of."""
        left = self.pairs.earlier >= count
        return replace(
            self,
            detections=self.detections[count:],
            motion=self.motion[count:],
            pairs=Pairs(self.pairs.earlier[left] - count, self.pairs.later[left] - count),
            context=self.context[left],
            link=self.link[left],
            person=self.person[count:],
            groups=self.groups.part(np.arange(len(self.detections)) >= count),
        )


def link_detections(
    detections: Detections,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch | None = None,
    constraints: Constraints = (),
) -> Tracks:
    """Link a sequence's detections into tracks by geometry alone, numbered from 1 in order of appearance."""
    stopwatch = stopwatch or Stopwatch()
    scored = score_pairs(detections, frame_rate, matcher, parameters, stopwatch, constraints=constraints)
    video_info = VideoInfo(frame_rate, int(detections.frame.max(initial=0)))
    return link_scored(scored, video_info, matcher, parameters, stopwatch)


def second_level(matcher: Matcher, parameters: TrackerParameters) -> TrackletMatcher | None:
    """The models of tracklets, if these are to be linked; None for one level."""
    return matcher.tracklets if parameters.levels == 2 else None


def score_pairs(
    detections: Detections,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch,
    look: Look | None = None,
    constraints: Constraints = (),
) -> ScoredPairs:
    """Ask the boosted models: context about all pairs, then looks about those that context leaves open.

    Args:
        detections: of one sequence.
        frame_rate: frames a second.
        matcher: the models.
        parameters: settings of the tracker.
        stopwatch: counts the stages.
        look: compares pairs by looks; None where there are no images or nothing to compare by.
        constraints: what is known of some of the detections.

    Raises:
        ConstraintError: constraints contradict each other.
    """
    with stopwatch.stage("features"):
        groups = group_detections(detections.frame, constraints)
        kept = best_of_overlaps(detections, parameters.overlap_limit) | groups.named
        detections = detections[kept]
        scene = SceneStatistics.of(detections)
    scored = score_later(ScoredPairs.none(), detections, scene, frame_rate, matcher, parameters, stopwatch, look)
    return replace(scored, groups=groups.part(kept))


def score_later(
    known: ScoredPairs,
    later: Detections,
    scene: SceneStatistics,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch,
    look: Look | None = None,
) -> ScoredPairs:
    """Score detections, and with them those of later frames; pairs that were scored before are not asked about again.

    Args:
        known: what was scored before; nothing is known of it by constraints.
        later: detections of later frames, none of which a better one overlaps.
        scene: what all of them look like as a whole.
        frame_rate: frames a second.
        matcher: the models.
        parameters: settings of the tracker.
        stopwatch: counts the stages.
        look: as for `score_pairs`.
    """
    with stopwatch.stage("features"):
        detections = Detections.concatenate([known.detections, later])
        since_frame = int(known.detections.frame.max(initial=0)) + 1
        new = candidate_pairs(detections, frame_rate, parameters.gate, since_frame)
        motion = known.motion.continued_by(past_motion(detections, new))
        new = new[new.gap(detections.frame) <= parameters.gate.max_link_frames]
        features = pair_features(detections, new, scene.score_rank(detections), frame_rate, motion)
    with stopwatch.stage("boosting"):
        context = matcher.context_probability(features)
        asked = np.flatnonzero(parameters.appearance_gate.leaves_open(context))
    link, compared_count = context, 0
    if look is not None and len(asked):
        compared = look(detections, new[asked])
        compared_count = int(compared.known.sum())
        with stopwatch.stage("boosting"):
            link = matcher.revise(context, features, new, asked, compared)
    pairs, context = known.pairs.followed_by(new), np.append(known.context, context)
    with stopwatch.stage("features"):
        shown = detection_features(detections, scene, pairs, context)
    with stopwatch.stage("boosting"):
        person = matcher.detection_probability(shown)
    return ScoredPairs(
        detections,
        scene,
        motion,
        pairs,
        context,
        np.append(known.link, link),
        person,
        group_detections(detections.frame, ()),
        known.open_count + len(asked),
        known.compared_count + compared_count,
    )


def link_scored(
    scored: ScoredPairs,
    video_info: VideoInfo,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch,
    describe: Describe | None = None,
    see_camera: SeeCamera | None = None,
) -> Tracks:
    """The best set of tracks by these probabilities, smoothed and with their gaps filled; see `assign_tracks`.

    The camera's motion is asked for when all links are made, for which frames are looked at.
    """
    free = np.zeros(len(scored.detections), np.int32)
    ids = assign_tracks(scored, video_info, matcher, parameters, stopwatch, describe, free)
    camera = see_camera(scored.detections) if see_camera else None
    with stopwatch.stage("gaps"):
        tracks = Tracks.from_detections(scored.detections, number_in_order(ids))
        return complete(tracks, video_info, parameters.gaps, camera)


def assign_tracks(
    scored: ScoredPairs,
    video_info: VideoInfo,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch,
    describe: Describe | None,
    held: NDArray[np.int32],
) -> NDArray[np.int32]:
    """The track of each of N detections by these probabilities, found directly or by way of safe tracklets.

    Args:
        scored: detections and pairs.
        video_info: what is known of the video.
        matcher: with models of tracklets, if there are to be two levels.
        parameters: settings of the tracker.
        stopwatch: counts the stages.
        describe: looks at detections of tracklets; None where there are no images or nothing to look by.
        held: (N,) the track that each detection is part of whatever comes, 0 for those that are free.

    Returns:
        (N,) the track of each detection in any numbering; 0 for none.
    """
    fixed = scored.groups.kept | (held > 0)
    shortest, second, models = parameters.min_detections, parameters.second_level, second_level(matcher, parameters)
    with stopwatch.stage("solve"):
        costs = second.safe if models else parameters.costs
        problem = link_problem(scored.detections, scored.pairs, scored.link, scored.person, costs)
        ids = _solver(parameters, scored.groups)(hold_tracks(problem, held)).track_ids()
    if models:
        with stopwatch.stage("tracklets"):
            tracklets = make_tracklets(
                scored.detections, ids, scored.person, video_info.frame_rate, second.summary, fixed
            )
            groups = scored.groups.of_tracklets(tracklets.owner, tracklets.first.frame, tracklets.last.frame)
            solve = _solver(parameters, groups)
            ids = link_tracklets(tracklets, scored.scene, video_info, models, second, solve, describe, held)
        shortest = max(shortest, round(second.min_seconds * video_info.frame_rate))
    return _drop_short(scored.groups.joined(ids), shortest, fixed)


def complete(
    tracks: Tracks,
    video_info: VideoInfo,
    parameters: GapParameters,
    camera: CameraMotion | None,
    smoothing: Smoothing | None = None,
) -> Tracks:
    """Smooth the boxes of tracks, fill their gaps and carry their ends on, as far as that is wanted."""
    rate = video_info.frame_rate
    filled = smooth_tracks(tracks, rate, camera, smoothing) if parameters.smooth else interpolate_gaps(tracks)
    if not parameters.fill:
        return filled[~filled.interpolated]
    return carry_on(filled, video_info.last_frame, parameters.carry_on_seconds, rate)


def _solver(parameters: TrackerParameters, groups: Groups) -> Solver:
    """The solver that was chosen, or, where something is known, the exact one that obeys."""
    return partial(solve_constrained, groups=groups) if groups.named.any() else SOLVERS[parameters.solver]


def _drop_short(track_id: NDArray[np.int32], min_detections: int, kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Drop the tracks of fewer detections, unless one of these is to be `kept` (N,)."""
    length = np.bincount(track_id)
    length[track_id[kept]] = min_detections
    return np.where(length[track_id] >= min_detections, track_id, 0).astype(np.int32)
