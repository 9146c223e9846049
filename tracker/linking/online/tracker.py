"""The online tracker by linear program: what a frame cannot change is neither scored nor solved again."""

import math
from collections.abc import Iterable

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.association.tracklets.linking import TrackletAppearance
from siamlink.association.tracklets.separation import Separation
from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image, IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.left_out import DUPLICATE, FALSE_ALARM, IN_TRACK
from siamlink.tracker.linking.link_probability import LateLinks, ScoredLinks
from siamlink.tracker.linking.online.first_level import FirstLevel
from siamlink.tracker.linking.online.newest_boxes import NewestBoxes
from siamlink.tracker.linking.online.pair_scores import PairScores
from siamlink.tracker.linking.online.second_level import LinkedEnd, SecondLevel
from siamlink.tracker.linking.online.window import DetectionWindow
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.linking.settling import Ids, SettlingTracker
from siamlink.tracker.linking.window_schedule import Settlement
from siamlink.tracker.parameters import Matching
from siamlink.tracker.tracks import Tracks

NOTHING = Detections.empty(), np.zeros(0, np.int32)
"""No detections, with their rows in their frames."""


class OnlineProgramTracker(SettlingTracker):
    """Gives each detection its final track at once, with the answers of `LinearProgramTracker` without latency.

    The tracks of earlier frames are final. So a new detection changes only those parts of the program that it is
    connected with: the ends of tracks, and earlier detections that are in no track.

    Args:
        setup: frame rate, settings and models, of two levels.
        appearance: describes detections and sees the camera's motion; None: geometry alone decides.
    """

    matching: Matching = "learned"

    def __init__(self, setup: TrackerSetup, appearance: AppearanceSource | None = None) -> None:
        super().__init__(setup)
        self._costs, self._appearance = setup.parameters.second_level.safe, appearance
        self._tracklet_appearance: TrackletAppearance | None = None
        if appearance and setup.matcher.appearance is not None:
            self.separation = Separation()
            self._tracklet_appearance = TrackletAppearance(appearance.describe, self.separation)
        self._scene = RunningSceneStatistics(setup.separates_classes)
        self._known_scene = self._scene.statistics
        self._window = DetectionWindow()
        self._first_level = FirstLevel(self._window, self._costs)
        self._second_level = SecondLevel(self._window, self._first_level, setup, self._processed)
        self._scores = PairScores(self._window, setup, self._processed)
        self._stride = 1
        self._waiting, self._new = NOTHING, range(0)
        self._newest = np.zeros(0, np.intp)
        self._next_id = 1
        self._boxes = NewestBoxes(self._window, setup.frame_rate, setup.parameters.gaps)

    @property
    def window_count(self) -> int:
        """How many detections are in the window."""
        return len(self._window) + len(self._waiting[0])

    @property
    def open_count(self) -> int:
        """The detections to describe."""
        return self._appearance.requested_count if self._appearance else 0

    @property
    def compared_count(self) -> int:
        """Those of them that the appearance has described."""
        return self._appearance.described_count if self._appearance else 0

    def finish(self) -> Tracks:
        """Nothing: the tracks of all frames are final."""
        return Tracks.empty()

    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        """Add those of the detections to the window that are not suppressed."""
        with self._setup.stopwatch.stage("features"):
            rows = self._setup.without_duplicates(new)
        self._newest, selected, row_in_frame = rows, new, new.row_in_frame
        if len(rows) < len(new):
            left = np.ones(len(new), bool)
            left[rows] = False
            self.left_out.add(new[left], DUPLICATE)
            selected, row_in_frame = new[rows], row_in_frame[rows]
        self._waiting = selected, row_in_frame
        if self._appearance:
            for each, detections in selected.by_frame() if number is None else [(number, selected)]:
                self._appearance.see(each, image, detections.box)

    def _newest_ids(self, count: int) -> Ids:
        """(count,) the final track of each detection of the present frame, 0 for none."""
        ids = np.zeros(count, np.int32)
        ids[self._newest] = self._window.track[len(self._window) - len(self._newest) :]
        return ids

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """Link the new detections at each settlement; returns the tracks that are final by them."""
        final = []
        for settlement in settlements:
            scored = self._score_new()
            with self._setup.stopwatch.stage("solve"):
                self._first_level.solve()
            self._link_new(*scored)
            final.append(self._release(settlement.final_frame))
        return Tracks.concatenate(final)

    def _score_new(self) -> ScoredLinks:
        """Score the pairs that the new detections are part of; all pairs, if the detector's stride is another now."""
        window, (new, row_in_frame) = self._window, self._waiting
        self._waiting = NOTHING
        with self._setup.stopwatch.stage("features"):
            self._scene.learn(new, least=len(window) + len(new))
            start = len(window)
            self._new = window.append(new, row_in_frame)
            if self._processed.stride != self._stride:
                self._stride, start = self._processed.stride, 0
                window.support_past[:], window.support_future[:] = 0, 0
                self._first_level.forget_links()
                self._second_level.restart()
            if start == len(window):
                return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros(0)
            scene = self._scene.statistics
            same_scene, self._known_scene = scene is self._known_scene, scene
            self._scores.describe(start if same_scene else 0, scene)
        before = window.support_future.copy()
        scored = self._scores.score(window.first + start, scene)
        changed = window.support_future > before
        changed[start if same_scene else 0 :] = True
        places = np.flatnonzero(changed)
        self._scores.estimate(places)
        self._first_level.touch((places[window.track[places] == 0] + window.first).tolist())
        self._add_links(*scored)
        return scored

    def _add_links(self, pairs: Pairs, probability: FloatArray) -> None:
        """Add the links that are likely enough for the first level."""
        costs, gaps, window = self._costs, self._setup.matcher.gaps, self._window
        likely = probability >= costs.min_link_probability
        pairs, cost = pairs[likely], -np.log(probability[likely])
        if gaps:
            frame = window.frame.astype(np.int64)
            cost = cost + gaps.cost(frame[pairs.later - window.first] - frame[pairs.earlier - window.first])
        self._first_level.add_links(pairs, cost)

    def _link_new(self, pairs: Pairs, probability: FloatArray) -> None:
        """Give the new detections their tracks; P pairs lead to them with these probabilities (P,)."""
        window, first_level = self._window, self._first_level
        owners = [first_level.owner.get(row) for row in self._new]
        scored, ends = [(pairs, probability)], dict[int, LinkedEnd]()
        if any(owner is not None and not owner.track for owner in owners):
            with self._setup.stopwatch.stage("tracklets"):
                ends, links = self._second_level.link(self._new, self._known_scene, self._tracklet_appearance)
            scored.append(links)
        ids, reason = np.zeros(len(owners), np.int32), np.full(len(owners), FALSE_ALARM, np.uint8)
        for number, (row, owner) in enumerate(zip(self._new, owners, strict=True)):
            if owner is None:
                continue
            end = ends[row] if not owner.track else LinkedEnd(owner.track, reason=IN_TRACK)
            ids[number], reason[number] = end.track, end.reason
            if end.begins:
                ids[number] = self._next_id
                self._next_id += 1
        place = slice(self._new.start - window.first, None)
        previous = np.array([first_level.last_of(track) for track in ids.tolist()], np.int64)
        link = self._link_probability(previous, scored)
        late = np.flatnonzero(previous >= 0)
        self.late_links.collect(LateLinks(ids[late], window.frame[previous[late] - window.first], link[late]))
        if not ids.all():
            self.left_out.add(window.detections(place.start), reason)
        window.track[place] = ids
        window.followed[previous[late] - window.first] = True
        for row, track in zip(self._new, ids.tolist(), strict=True):
            if track:
                first_level.hold(row, track)

    def _link_probability(self, previous: IntArray, scored: Iterable[ScoredLinks]) -> Float32Array:
        """(K,) of the links from rows (K,) to the new detections, -1 for none; NaN where a link was not scored."""
        link, start = np.full(len(previous), np.nan, np.float32), self._new.start
        for pairs, value in scored:
            leads = np.flatnonzero(pairs.later >= start)
            leads = leads[previous[pairs.later[leads] - start] == pairs.earlier[leads]]
            link[pairs.later[leads] - start] = value[leads]
        return link

    def _release(self, final_frame: int) -> Tracks:
        """The tracks in a frame, which is final then."""
        camera = self._appearance.camera_motion(self._window.detections()) if self._appearance else None
        with self._setup.stopwatch.stage("gaps"):
            tracks = self._boxes.in_frame(final_frame, self._new.start - self._window.first, camera)
        self._schedule.final_frame = final_frame
        self._forget()
        return self._class_vote.voted(tracks)

    def _forget(self) -> None:
        """Drop the detections that nothing later is linked to or compared with."""
        parameters, rate = self._setup.parameters, self._setup.frame_rate
        longest = parameters.tracklets.gate.max_gap_seconds + LONGEST_SECONDS
        oldest = self.final_frame - self._scores.longest_gap - math.ceil(longest * rate)
        dropped = self._window.drop_before(oldest)
        self._first_level.drop(dropped)
        self._second_level.forget()
        self._boxes.forget()
        if self._appearance:
            self._appearance.forget(len(dropped), oldest)
