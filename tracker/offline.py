"""The offline tracker: all detections of a sequence, linked at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance import Comparisons
from siamlink.association.candidates import Pairs, candidate_pairs
from siamlink.association.constrained import solve_constrained
from siamlink.association.constraints import Constraints, Groups, group_detections
from siamlink.association.context import pair_features
from siamlink.association.matcher import Matcher
from siamlink.association.problem import link_problem
from siamlink.association.scene import SceneStatistics
from siamlink.association.solvers import SOLVERS, Solver, number_in_order
from siamlink.association.tracklet_linking import Describe, link_tracklets
from siamlink.association.tracklet_matcher import TrackletMatcher
from siamlink.association.tracklets import make_tracklets
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.tracker.gaps import fill_gaps
from siamlink.tracker.parameters import GapParameters, TrackerParameters
from siamlink.tracker.smoothing import smooth_tracks
from siamlink.tracker.stopwatch import Stopwatch
from siamlink.tracker.tracks import Tracks

Look = Callable[[Detections, Pairs], Comparisons]
"""Compares pairs of detections by how they look."""


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
        pairs: the candidates among them.
        link: (P,) probability of each pair.
        person: (N,) probability of each detection.
        groups: what constraints say of the detections.
        open_count: how many pairs geometry left open, for appearance to decide.
        compared_count: how many of these were compared.
    """

    detections: Detections
    scene: SceneStatistics
    pairs: Pairs
    link: NDArray[np.float64]
    person: NDArray[np.float64]
    groups: Groups
    open_count: int = 0
    compared_count: int = 0


def link_detections(
    detections: Detections,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    stopwatch: Stopwatch | None = None,
    constraints: Constraints = (),
) -> Tracks:
    """Link a sequence's detections into tracks by geometry alone, numbered from 1 in order of appearance."""
    watch = stopwatch or Stopwatch()
    scored = score_pairs(detections, frame_rate, matcher, parameters, watch, constraints=constraints)
    return link_scored(scored, frame_rate, None, matcher, parameters, watch)


def second_level(matcher: Matcher, parameters: TrackerParameters) -> TrackletMatcher | None:
    """The models of tracklets, if these are to be linked; None for one level."""
    return matcher.tracklets if parameters.levels == 2 else None


def score_pairs(
    detections: Detections,
    frame_rate: float,
    matcher: Matcher,
    parameters: TrackerParameters,
    watch: Stopwatch,
    look: Look | None = None,
    constraints: Constraints = (),
) -> ScoredPairs:
    """Ask the boosted models: context about all pairs, then looks about those that context leaves open.

    Args:
        detections: of one sequence.
        frame_rate: frames a second.
        matcher: the models.
        parameters: settings of the tracker.
        watch: counts the stages.
        look: compares pairs by looks; None where there are no images or nothing to compare by.
        constraints: what is known of some of the detections.

    Raises:
        ConstraintError: constraints contradict each other.
    """
    with watch.stage("features"):
        groups = group_detections(detections.frame, constraints)
        kept = _best_of_overlaps(detections, parameters.overlap_limit) | groups.named
        detections, groups = detections[kept], groups.part(kept)
        scene = SceneStatistics.of(detections)
        pairs = candidate_pairs(detections, frame_rate, parameters.gate)
        features, _ = pair_features(detections, pairs, scene.score_rank(detections), frame_rate)
    with watch.stage("boosting"):
        link, person = matcher.first_level(detections, scene, pairs, features)
        asked = np.flatnonzero(parameters.appearance_gate.leaves_open(link))
    if look is None or not len(asked):
        return ScoredPairs(detections, scene, pairs, link, person, groups, len(asked))
    compared = look(detections, pairs[asked])
    with watch.stage("boosting"):
        link = matcher.revise(link, features, pairs, asked, compared)
    return ScoredPairs(detections, scene, pairs, link, person, groups, len(asked), int(compared.known.sum()))


def link_scored(
    scored: ScoredPairs,
    frame_rate: float,
    image_size: tuple[int, int] | None,
    matcher: Matcher,
    parameters: TrackerParameters,
    watch: Stopwatch,
    describe: Describe | None = None,
) -> Tracks:
    """The best set of tracks by these probabilities, directly or by way of safe tracklets.

    Args:
        scored: detections and pairs.
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        matcher: with models of tracklets, if there are to be two levels.
        parameters: settings of the tracker.
        watch: counts the stages.
        describe: looks at detections of tracklets; None where there are no images or nothing to look by.
    """
    shortest, second, models = parameters.min_detections, parameters.tracklets, second_level(matcher, parameters)
    with watch.stage("solve"):
        costs = second.safe if models else parameters.costs
        problem = link_problem(scored.detections, scored.pairs, scored.link, scored.person, costs)
        ids = _solver(parameters, scored.groups)(problem).track_ids()
    if models:
        with watch.stage("tracklets"):
            fixed = scored.groups.kept
            tracklets = make_tracklets(scored.detections, ids, scored.person, frame_rate, second.summary, fixed)
            groups = scored.groups.of_tracklets(tracklets.owner, tracklets.first.frame, tracklets.last.frame)
            solve = _solver(parameters, groups)
            ids = link_tracklets(tracklets, scored.scene, image_size, models, second, solve, describe)
        shortest = max(shortest, round(second.min_seconds * frame_rate))
    with watch.stage("gaps"):
        ids = _drop_short(scored.groups.joined(ids), shortest, scored.groups.kept)
        return _complete(Tracks.from_detections(scored.detections, number_in_order(ids)), frame_rate, parameters.gaps)


def _complete(tracks: Tracks, frame_rate: float, parameters: GapParameters) -> Tracks:
    """Smooth the boxes of tracks and fill their gaps, as far as that is wanted."""
    if parameters.smooth:
        smoothed = smooth_tracks(tracks, frame_rate)
        return smoothed if parameters.fill else smoothed[~smoothed.interpolated]
    return fill_gaps(tracks) if parameters.fill else tracks


def _solver(parameters: TrackerParameters, groups: Groups) -> Solver:
    """The solver that was chosen, or, where something is known, the exact one that obeys."""
    return partial(solve_constrained, groups=groups) if groups.named.any() else SOLVERS[parameters.solver]


def suppress_overlaps(detections: Detections, overlap_limit: float) -> Detections:
    """Keep the best of the detections that overlap one another in a frame."""
    return detections[_best_of_overlaps(detections, overlap_limit)]


def _best_of_overlaps(detections: Detections, overlap_limit: float) -> NDArray[np.bool_]:
    kept = np.zeros(len(detections), bool)
    first = 0
    for _, part in detections.by_frame():
        kept[first + suppress_non_maxima(part.box, part.score, overlap_limit)] = True
        first += len(part)
    return kept


def _drop_short(track_id: NDArray[np.int32], min_detections: int, kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Drop the tracks of fewer detections, unless one of these is to be `kept` (N,)."""
    length = np.bincount(track_id)
    length[track_id[kept]] = min_detections
    return np.where(length[track_id] >= min_detections, track_id, 0).astype(np.int32)
