"""The second level for the tracklets that a frame extends: they begin tracks, or continue some.

Only pairs of tracklets of which the later one has other detections than before are scored; others keep their
probabilities. The program is solved for the tracklets that likely pairs connect with them.
"""

import math
from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import hold_tracks, undecided
from siamlink.association.solvers.problem import track_ids
from siamlink.association.solvers.solvers import best_links
from siamlink.association.tracklets.candidates import candidate_tracklet_pairs
from siamlink.association.tracklets.features import tracklet_features
from siamlink.association.tracklets.linking import (
    TrackletAppearance,
    describe_tracklets,
    tracklet_problem,
)
from siamlink.association.tracklets.pair_features import tracklet_pair_features
from siamlink.association.tracklets.tracklets import Tracklets, make_tracklets
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.tracker.linking.left_out import FALSE_ALARM, IN_TRACK, SHORT_TRACK
from siamlink.tracker.linking.link_probability import ScoredLinks
from siamlink.tracker.linking.online.first_level import FirstLevel, Tracklet
from siamlink.tracker.linking.online.recent_tracklets import RecentTracklets
from siamlink.tracker.linking.online.window import DetectionWindow
from siamlink.tracker.linking.processed_frames import ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup

LEAST_KNOWN = 1000
"""Tracklets whose probability to show an object is known, up to which none is forgotten."""


@dataclass(frozen=True)
class LinkedEnd:
    """What the second level says of a tracklet that ends with a new detection.

    Attributes:
        track: the final track that it continues; 0 for none.
        begins: whether it begins a track.
        reason: why it does neither, as `left_out` names reasons.
    """

    track: int = 0
    begins: bool = False
    reason: int = FALSE_ALARM


class SecondLevel:
    """Links tracklets without a final track.

    Args:
        window: the detections.
        first_level: their tracklets.
        setup: frame rate, settings and models, of two levels.
        processed: times are in steps of these frames.
    """

    def __init__(
        self, window: DetectionWindow, first_level: FirstLevel, setup: TrackerSetup, processed: ProcessedFrames
    ) -> None:
        assert setup.matcher.tracklets is not None
        self._window, self._first_level, self._setup, self._processed = window, first_level, setup, processed
        self._parameters, self._matcher = setup.parameters.second_level, setup.matcher.tracklets
        self._likely: dict[int, dict[int, float]] = {}
        self._earlier: dict[int, set[int]] = {}
        self._object_probability: dict[tuple[int, int], float] = {}
        self._most_known = LEAST_KNOWN

    def restart(self) -> None:
        """Forget all, as time is counted in other steps now."""
        self._likely, self._earlier, self._object_probability = {}, {}, {}

    def link(
        self, new: range, scene: SceneStatistics, appearance: TrackletAppearance | None
    ) -> tuple[dict[int, LinkedEnd], ScoredLinks]:
        """Link the tracklets without a track that end with a new detection; there is one.

        Args:
            new: row numbers of the new detections.
            scene: statistics of the scene.
            appearance: describes detections of the window; None without images.

        Returns:
            What becomes of each, by the row number of its new detection; and the candidate links that were scored.
        """
        recent = self._recent(new, scene)
        pairs, probability = self._score(recent, scene, appearance)
        self._remember(recent, pairs, probability)
        ends = self._solve(recent, scene)
        last, first = (recent.first_row + end.row for end in (recent.tracklets.last, recent.tracklets.first))
        return ends, (Pairs(last[pairs.earlier], first[pairs.later]), probability)

    def forget(self) -> None:
        """Forget what concerns detections that have left the window, whenever there may be twice as much as needed."""
        oldest = self._window.first
        if len(self._object_probability) > self._most_known:
            self._likely = {row: later for row, later in self._likely.items() if row >= oldest}
            self._earlier = {row: earlier for row, earlier in self._earlier.items() if row >= oldest}
            self._object_probability = {
                ends: value for ends, value in self._object_probability.items() if ends[0] >= oldest
            }
            self._most_known = max(LEAST_KNOWN, 2 * len(self._object_probability))

    def _recent(self, new: range, scene: SceneStatistics) -> RecentTracklets:
        """Summarise the tracklets that can be linked to those without a track that end with a new detection."""
        window, parameters, setup = self._window, self._parameters, self._setup
        owners = [self._first_level.owner.get(row) for row in new]
        ending = [each for each in owners if each is not None and not each.track]
        chosen = self._recent_ones(ending)
        first_row = chosen[0].first
        start = first_row - window.first
        ids, members, lengths = np.zeros(len(window) - start, np.int32), array("q"), []
        for each in chosen:
            members += each.members
            lengths.append(len(each.final) + len(each.free))
        ids[np.frombuffer(members, np.int64) - first_row] = np.repeat(np.arange(1, len(chosen) + 1), lengths)
        tracklets = make_tracklets(
            self._processed.at_steps(window.detections(start)),
            ids,
            window.probability[start:],
            setup.frame_rate / self._processed.stride,
            parameters.summary,
            window.held[start:],
            scene.classes,
        )
        known = [self._first_level.owner[first_row + row] for row in tracklets.last.row.tolist()]
        last_step = self._processed.step(int(window.frame[-1]))
        return RecentTracklets(tracklets, tracklets.largest(window.track[start:]), known, first_row, last_step)

    def _recent_ones(self, ending: list[Tracklet]) -> list[Tracklet]:
        """Those that are not over for longer than the gate of pairs allows before one of the ending ones."""
        window, first_level = self._window, self._first_level
        longest = self._parameters.gate.max_gap_seconds + self._parameters.summary.trim.max_seconds
        begin = int(window.frame[min(each.first for each in ending) - window.first])
        oldest = window.first + window.place_since(begin - math.ceil(longest * self._setup.frame_rate) - 1)
        return [each for each in first_level.tracklets() if each.last >= oldest]

    def _score(
        self, recent: RecentTracklets, scene: SceneStatistics, appearance: TrackletAppearance | None
    ) -> tuple[Pairs, FloatArray]:
        """The candidate pairs (P,) with later tracklets that are not scored yet, and (P,) how probable they are."""
        tracklets, window, gate = recent.tracklets, self._window, self._parameters.gate
        scored = recent.unscored
        leading = candidate_tracklet_pairs(tracklets, gate, later=scored)
        if not len(leading):
            return leading, np.zeros(0)
        label = tracklets.label
        pairs = candidate_tracklet_pairs(tracklets, gate, earlier=np.unique(leading.earlier))  # with all rivals
        pairs = pairs[scene.classes.of_pairs(pairs, label) >= NEVER]
        rows = np.flatnonzero(undecided(pairs, recent.track) & np.isin(pairs.later, scored))
        if not len(rows):
            return pairs[rows], np.zeros(0)
        if appearance is not None:
            appearance = appearance.in_frames(window.detections(), recent.first_row - window.first)
            tracklets = describe_tracklets(tracklets, pairs, self._parameters.summary, appearance)
        features = tracklet_pair_features(tracklets, pairs, self._setup.image_size, rows)
        pairs = pairs[rows]
        return pairs, add_evidence(self._matcher.link_probability(features), scene.classes.of_pairs(pairs, label))

    def _remember(self, recent: RecentTracklets, pairs: Pairs, probability: FloatArray) -> None:
        """Replace the likely links to the tracklets that were scored."""
        for number in recent.unscored.tolist():
            recent.known[number].scored = True
            first = recent.known[number].first
            for last in self._earlier.pop(first, ()):
                self._likely.get(last, {}).pop(first, None)
        likely = np.flatnonzero(probability >= self._parameters.costs.min_link_probability)
        for i, j, value in zip(
            pairs.earlier[likely].tolist(), pairs.later[likely].tolist(), probability[likely].tolist(), strict=True
        ):
            last, first = recent.known[i].last, recent.known[j].first
            self._likely.setdefault(last, {})[first] = value
            self._earlier.setdefault(first, set()).add(last)

    def _solve(self, recent: RecentTracklets, scene: SceneStatistics) -> dict[int, LinkedEnd]:
        """What becomes of the ending tracklets, by the row numbers of their last detections."""
        parameters, rate = self._parameters, recent.tracklets.frame_rate
        shortest = max(self._setup.parameters.min_detections, round(parameters.min_seconds * rate))
        ends = {recent.known[number].last: LinkedEnd(reason=SHORT_TRACK) for number in recent.ending.tolist()}
        long_enough = recent.tracklets.count >= shortest
        numbers, links = self._connected(recent, long_enough)
        if not len(numbers):
            return ends
        tracklets, track = recent.tracklets.part(numbers), recent.track[numbers]
        known = [recent.known[number] for number in numbers.tolist()]
        is_object = self._is_object(tracklets, track, known, recent.last_step, scene)
        earlier, later, probability = zip(*links, strict=True) if links else ((), (), ())
        problem = tracklet_problem(
            tracklets,
            Pairs(np.array(earlier, np.int64), np.array(later, np.int64)),
            np.array(probability, np.float64),
            is_object,
            recent.last_step,
            parameters.costs,
        )
        ids = track_ids(*best_links(hold_tracks(problem, track)))
        total, continued = np.zeros((2, len(numbers) + 1), np.int64)
        np.add.at(total, ids, tracklets.count)
        np.maximum.at(continued, ids, track)
        for place in np.flatnonzero((track == 0) & (tracklets.last.frame == recent.last_step)).tolist():
            group = int(ids[place])
            begins = group > 0 and not continued[group] and total[group] >= shortest
            reason = FALSE_ALARM if not group else IN_TRACK if begins or continued[group] else SHORT_TRACK
            ends[known[place].last] = LinkedEnd(int(continued[group]) if group else 0, begins, reason)
        return ends

    def _connected(
        self, recent: RecentTracklets, long_enough: BoolArray
    ) -> tuple[IntArray, list[tuple[int, int, float]]]:
        """The ending tracklets that may be in tracks, and those that likely links connect with them.

        Args:
            recent: T tracklets.
            long_enough: (T,) which of them may be tracks by themselves.

        Returns:
            Their numbers (C,), ascending; and the links: the places of both tracklets among the C, and the probability.
        """
        number_of, owner = {id(each): number for number, each in enumerate(recent.known)}, self._first_level.owner
        found: set[int] = set()
        links: list[tuple[int, int, float]] = []
        waiting = [
            each for each in recent.ending.tolist() if long_enough[each] or self._earlier.get(recent.known[each].first)
        ]
        found.update(waiting)
        while waiting:
            each = recent.known[waiting.pop()]
            earlier = () if each.track else self._earlier.get(each.first, ())
            others = [owner.get(last) for last in earlier]
            others = [other for other in others if other is not None and self._linked(other, each)]
            later = [owner.get(first) for first in self._likely.get(each.last, ())]
            others += [other for other in later if other is not None and self._linked(each, other)]
            for other in others:
                number = number_of.get(id(other), -1)
                if number >= 0 and number not in found:
                    found.add(number)
                    waiting.append(number)
        numbers = sorted(found)
        place = {number: place for place, number in enumerate(numbers)}
        for number in numbers:
            for first, value in self._likely.get(recent.known[number].last, {}).items():
                other = owner.get(first)
                later_number = number_of.get(id(other), -1)
                if later_number in found and other is not None and self._linked(recent.known[number], other):
                    links.append((place[number], place[later_number], value))
        return np.array(numbers, np.int64), links

    def _linked(self, earlier: Tracklet, later: Tracklet) -> bool:
        """Whether a likely link leads from the end of one tracklet to the beginning of one without a track."""
        return not later.track and later.first in self._likely.get(earlier.last, ())

    def _is_object(
        self,
        tracklets: Tracklets,
        track: NDArray[np.int32],
        known: list[Tracklet],
        last_step: int,
        scene: SceneStatistics,
    ) -> FloatArray:
        """(C,) the probability that each tracklet shows an object, which is computed where it has a new detection."""
        ends = [(each.first, each.last) for each in known]
        unknown = np.array([each not in self._object_probability for each in ends])
        chosen = np.flatnonzero((track == 0) & (unknown | (tracklets.last.frame == last_step)))
        if len(chosen):
            features = tracklet_features(tracklets.part(chosen), scene)
            for place, value in zip(chosen.tolist(), self._matcher.object_probability(features).tolist(), strict=True):
                self._object_probability[ends[place]] = value
        return np.array([self._object_probability.get(each, 0.5) for each in ends])
