"""The online tracker by linear program: what a frame cannot change is neither scored nor solved again."""

import math
from collections.abc import Iterable
from functools import partial

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.solvers import SOLVERS
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.association.tracklets.linking import link_tracklets
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.detectors.base.arrays import FloatArray, Image, IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource, Descriptors
from siamlink.tracker.linking.left_out import DUPLICATE, FALSE_ALARM, IN_TRACK, SHORT_TRACK
from siamlink.tracker.linking.link_probability import LateLinks, ScoredLinks
from siamlink.tracker.linking.online.first_level import FirstLevel
from siamlink.tracker.linking.online.pair_scores import PairScores
from siamlink.tracker.linking.online.window import DetectionWindow
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.linking.settling import Ids, SettlingTracker, drop_short, number_tracks
from siamlink.tracker.linking.window_schedule import Settlement
from siamlink.tracker.parameters import Matching
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.gaps import complete_tracks
from siamlink.tracker.postprocessing.smoothing import Smoothing, choose_smoothing
from siamlink.tracker.tracks import Tracks

CHOICE_SECONDS = 0.5
"""How long a choice of the smoothing strength is used before it is made again, seconds."""


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
        assert setup.matcher.tracklets is not None
        self._second_level, self._appearance = setup.parameters.second_level, appearance
        self._tracklet_matcher = setup.matcher.tracklets.memoised()
        self._describe = appearance.describe if appearance and setup.matcher.appearance is not None else None
        self._scene = RunningSceneStatistics(setup.separates_classes)
        self._known_scene = self._scene.statistics
        self._window = DetectionWindow()
        self._first_level = FirstLevel(self._window, self._second_level.safe)
        self._scores = PairScores(self._window, setup, self._processed)
        self._stride = 1
        self._waiting, self._new = NOTHING, range(0)
        self._newest = np.zeros(0, np.intp)
        self._next_id = 1
        self._smoothing: Smoothing | None = None
        self._smoothing_due = 0

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
        self._newest = rows
        left = np.ones(len(new), bool)
        left[rows] = False
        self.left_out.add(new[left], DUPLICATE)
        selected = new[rows]
        self._waiting = selected, new.row_in_frame[rows]
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
            self._link_new(settlement, *scored)
            final.append(self._release(settlement))
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
        costs, gaps, window = self._second_level.safe, self._setup.matcher.gaps, self._window
        likely = probability >= costs.min_link_probability
        pairs, cost = pairs[likely], -np.log(probability[likely])
        if gaps:
            frame = window.frame.astype(np.int64)
            cost = cost + gaps.cost(frame[pairs.later - window.first] - frame[pairs.earlier - window.first])
        self._first_level.add_links(pairs, cost)

    def _link_new(self, settlement: Settlement, pairs: Pairs, probability: FloatArray) -> None:
        """Give the new detections their tracks; P pairs lead to them with these probabilities (P,)."""
        window, first_level = self._window, self._first_level
        place = slice(self._new.start - window.first, None)
        owners = [first_level.owner.get(row) for row in self._new]
        scored = [(pairs, probability)]
        if any(owner is not None and not owner.track for owner in owners):
            with self._setup.stopwatch.stage("tracklets"):
                ids, reason, links = self._link_tracklets(settlement.last_frame)
            ids, reason = ids[place], reason[place]
            scored.append(links)
        else:
            ids = np.array([owner.track if owner else 0 for owner in owners], np.int32)
            reason = np.where(ids > 0, IN_TRACK, FALSE_ALARM)
        previous = np.array([first_level.last_of(track) for track in ids.tolist()], np.int64)
        link = np.full(len(ids), np.nan, np.float32)
        for some, value in scored:
            leads = np.flatnonzero(some.later >= self._new.start)
            leads = leads[previous[some.later[leads] - self._new.start] == some.earlier[leads]]
            link[some.later[leads] - self._new.start] = value[leads]
        late = np.flatnonzero(previous >= 0)
        self.late_links.collect(LateLinks(ids[late], window.frame[previous[late] - window.first], link[late]))
        self.left_out.add(window.detections(place.start), reason.astype(np.uint8))
        window.track[place] = ids
        for row, track in zip(self._new, ids.tolist(), strict=True):
            if track:
                first_level.hold(row, track)
        self._next_id = max(self._next_id, int(ids.max(initial=0)) + 1)

    def _link_tracklets(self, last_frame: int) -> tuple[Ids, IntArray, ScoredLinks]:
        """The tracks (N,) of the detections in the window, 0 for none, by the second level, and why they have none.

        Also the candidate links of this level, by row numbers. Times are in steps of the detector here.
        """
        window, second, setup = self._window, self._second_level, self._setup
        scene, rate, held = self._known_scene, setup.frame_rate / self._stride, window.held
        detections = window.detections()
        stepped = self._processed.at_steps(detections)
        ids = np.zeros(len(window), np.int32)
        for number, tracklet in enumerate(self._first_level.tracklets(), 1):
            ids[np.frombuffer(tracklet.members, np.int64) - window.first] = number
        tracklets = make_tracklets(stepped, ids, window.probability, rate, second.summary, held, scene.classes)
        video = VideoInfo(rate, self._processed.step(last_frame), setup.image_size)
        describe = None if self._describe is None else partial(self._describe_rows, detections)
        solve = SOLVERS[setup.parameters.solver]
        linked = link_tracklets(tracklets, scene, video, self._tracklet_matcher, second, solve, describe, window.track)
        shortest = max(setup.parameters.min_detections, round(second.min_seconds * rate))
        long_enough = drop_short(linked.track_id, shortest, held)
        reason = np.where(linked.track_id > 0, np.where(long_enough > 0, IN_TRACK, SHORT_TRACK), FALSE_ALARM)
        reason[(ids > 0) & (tracklets.owner < 0)] = DUPLICATE
        final = held | (np.arange(len(window)) >= self._new.start - window.first)
        nothing_demanded = np.zeros(len(window), np.int32)
        ids = number_tracks(np.where(final, long_enough, 0), window.track, nothing_demanded, self._next_id)
        first = window.first
        return ids, reason, (Pairs(linked.pairs.earlier + first, linked.pairs.later + first), linked.probability)

    def _describe_rows(self, detections: Detections, _: Detections, rows: IntArray) -> Descriptors:
        """Descriptors of the rows of detections, in place of the same ones that have steps for frames."""
        assert self._describe is not None
        return self._describe(detections, rows)

    def _release(self, settlement: Settlement) -> Tracks:
        """The tracks that are final by a settlement."""
        detections, final_frame = self._window.detections(), settlement.final_frame
        camera = self._appearance.camera_motion(detections) if self._appearance else None
        with self._setup.stopwatch.stage("gaps"):
            tracks = self._complete(detections, settlement.last_frame, camera)
        final = self._class_vote.voted(tracks[(tracks.frame > self.final_frame) & (tracks.frame <= final_frame)])
        self._schedule.final_frame = final_frame
        self._forget()
        return final

    def _complete(self, detections: Detections, last_frame: int, camera: CameraMotion | None) -> Tracks:
        """The tracks with boxes in the newest frame, smoothed, interpolated and extrapolated."""
        window, gaps, rate = self._window, self._setup.parameters.gaps, self._setup.frame_rate
        if gaps.smooth and last_frame >= self._smoothing_due:
            tracks = Tracks.from_detections(detections, window.track, None, window.row_in_frame)
            self._smoothing = choose_smoothing(tracks, rate, camera)
            self._smoothing_due = last_frame + math.ceil(CHOICE_SECONDS * rate)
        since = self.final_frame - math.floor(gaps.extrapolate_seconds * rate + 1e-6)
        open_rows = [
            np.frombuffer(track.final, np.int64)
            for track in self._first_level.tracks
            if window.frame[track.final[-1] - window.first] > since
        ]
        rows = np.sort(np.concatenate([np.zeros(0, np.int64), *open_rows])) - window.first
        open_tracks = Tracks.from_detections(detections[rows], window.track[rows], None, window.row_in_frame[rows])
        return complete_tracks(open_tracks, last_frame, rate, gaps, camera, self._smoothing)

    def _forget(self) -> None:
        """Drop the detections that nothing later is linked to or compared with."""
        parameters, rate = self._setup.parameters, self._setup.frame_rate
        longest = parameters.tracklets.gate.max_gap_seconds + LONGEST_SECONDS
        oldest = self.final_frame - self._scores.longest_gap - math.ceil(longest * rate)
        dropped = self._window.drop_before(oldest)
        self._first_level.drop(dropped)
        if self._appearance:
            self._appearance.forget(len(dropped), oldest)
