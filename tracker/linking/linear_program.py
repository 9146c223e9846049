"""The tracker by linear program: offline, with a bounded delay, or online; these differ in the latency alone."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from siamlink.association.explanation.program import Program
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.constraints import Constraints, Groups
from siamlink.association.solvers.costs import hold_tracks
from siamlink.association.solvers.solvers import SOLVERS, Solver
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.association.tracklets.linking import (
    LinkedTracklets,
    TrackletAppearance,
    link_tracklets,
)
from siamlink.association.tracklets.separation import Separation
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.left_out import DUPLICATE, FALSE_ALARM, IN_TRACK, SHORT_TRACK, Reasons
from siamlink.tracker.linking.link_probability import ScoredLinks, link_probabilities, next_in_track
from siamlink.tracker.linking.memory import content
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.row_constraints import RowConstraints, solve_in_window
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.linking.scored_pairs import ScoredPairs
from siamlink.tracker.linking.settling import Ids, SettlingTracker, drop_short, number_tracks
from siamlink.tracker.linking.window_schedule import Settlement
from siamlink.tracker.parameters import Matching
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.gaps import complete_tracks
from siamlink.tracker.postprocessing.smoothing import Smoothing, choose_smoothing
from siamlink.tracker.tracks import Tracks

CHOICE_SECONDS = 0.5
"""How long a choice of the smoothing strength is used before it is made again, seconds."""


class LinearProgramTracker(SettlingTracker):
    """Links the detections of a window anew whenever a step of frames becomes final.

    With an infinite latency the window is the whole video and is solved once, by `finish`. Tracks that are final are
    held: they can only be continued by later detections. Detections stay in the window for as long as later ones can be
    linked to them and features look back to them.

    Args:
        setup: frame rate, settings and models; `parameters.latency` is the latency.
        appearance: describes detections and sees the camera's motion; None: geometry alone decides.
        constraints: by the rows of the detections, counted from 0 over all that `update` is given, in order.

    Attributes:
        frame: the number of the present frame.
        last_ids: (N,) the track of each detection of the present frame; 0 for none, or none as yet.
        left_out: the detections of final frames that are in no track.
    """

    matching: Matching = "learned"

    def __init__(
        self, setup: TrackerSetup, appearance: AppearanceSource | None = None, constraints: Constraints = ()
    ) -> None:
        super().__init__(setup)
        parameters = setup.parameters
        # most of a window was in the window before, too
        self._setup = setup if self._schedule.endless else replace(setup, matcher=setup.matcher.memoised())
        self._tracklet_matcher = self._setup.matcher.tracklets if parameters.levels == 2 else None
        self._second_level = parameters.second_level
        self._appearance = appearance
        compared = appearance if setup.matcher.appearance is not None else None
        self._compare = compared.compare if compared and self._tracklet_matcher is None else None
        self._tracklet_appearance: TrackletAppearance | None = None
        if compared and self._tracklet_matcher is not None:
            self.separation = Separation()
            self._tracklet_appearance = TrackletAppearance(compared.describe, self.separation)
        self.constraints = RowConstraints(constraints)
        self._scene = RunningSceneStatistics(setup.separates_classes)
        self._scored = ScoredPairs.empty()
        self._stride = 1
        self._waiting: list[Detections] = []
        self._newest = np.zeros(0, np.intp)
        self._held, self._row = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self._next_id = 1
        self._smoothing: Smoothing | None = None
        self._smoothing_due = 0
        self._programs: list[Program] = []

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet.

        Raises:
            ConstraintError: constraints name rows that never came.
        """
        self.constraints.check_end()
        return super().finish()

    @property
    def selected(self) -> Detections:
        """The detections in the window, after non-maximum suppression."""
        return Detections.concatenate([self._scored.detections, *self._waiting])

    @property
    def window_count(self) -> int:
        """How many detections are in the window."""
        return len(self._held)

    @property
    def open_count(self) -> int:
        """The candidate pairs that geometry left open; with two levels, the detections to describe."""
        if self._tracklet_matcher is None:
            return self._scored.open_count
        return self._appearance.requested_count if self._appearance else 0

    @property
    def compared_count(self) -> int:
        """Those of them that the appearance has compared or described."""
        if self._tracklet_matcher is None:
            return self._scored.compared_count
        return self._appearance.described_count if self._appearance else 0

    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        """Add those of the detections to the window that are not suppressed, or that constraints name."""
        with self._setup.stopwatch.stage("features"):
            chosen = np.zeros(len(new), bool)
            chosen[self._setup.without_duplicates(new)] = True
        self._newest = rows = np.flatnonzero(chosen | self.constraints.named_among(len(new)))
        self.constraints.add(new.frame, rows)
        self.left_out.add(new[np.setdiff1d(np.arange(len(new)), rows)], DUPLICATE)
        selected = new[rows]
        self._waiting.append(selected)
        self._held = np.append(self._held, np.zeros(len(rows), np.int32))
        self._row = np.append(self._row, new.row_in_frame[rows])
        if self._appearance:
            for each, detections in selected.by_frame() if number is None else [(number, selected)]:
                self._appearance.see(each, image, detections.box)

    def _newest_ids(self, count: int) -> Ids:
        """(count,) the final track of each detection of the present frame, 0 for none."""
        ids = np.zeros(count, np.int32)
        ids[self._newest] = self._held[len(self._held) - len(self._newest) :]
        return ids

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """Solve the window at each settlement; returns the tracks that are final by them."""
        final, parameters = [], self._setup.parameters
        costs = self._second_level.safe if self._tracklet_matcher else parameters.costs
        for settlement in settlements:
            self._score_waiting()
            groups = self.constraints.groups(self._scored.detections.frame, self._held)
            fixed, shortest = groups.required | (self._held > 0), parameters.min_detections
            with self._setup.stopwatch.stage("solve"):
                problem = hold_tracks(self._scored.link_problem(costs, self._setup.matcher.gaps), self._held)
                solution = self._solver(groups)(problem)
                ids = solution.track_ids()
            if self._setup.explains:
                self._programs = [self._scored.program(problem, solution, groups.constrained)]
            reason, scored = np.where(ids > 0, IN_TRACK, FALSE_ALARM), [self._scored.links]
            if self._tracklet_matcher:
                with self._setup.stopwatch.stage("tracklets"):
                    linked, reason = self._link_tracklets(ids, groups, fixed, settlement.last_frame)
                ids = linked.track_id
                scored.append((linked.pairs, linked.probability))
                shortest = max(shortest, round(self._second_level.min_seconds * self._rate))
            ids = groups.joined(ids)
            long_enough = drop_short(ids, shortest, fixed)
            reason = np.where(long_enough > 0, IN_TRACK, np.where(ids > 0, SHORT_TRACK, reason))
            final.append(self._release(long_enough, reason.astype(np.uint8), settlement, scored))
        return Tracks.concatenate(final)

    def _link_tracklets(
        self, ids: Ids, groups: Groups, fixed: NDArray[np.bool_], last_frame: int
    ) -> tuple[LinkedTracklets, NDArray[np.int64]]:
        """The tracks of the second level, from the tracklets (N,) of the first, and why detections are left out (N,).

        Times are in steps of the detector here.
        """
        scored, second, setup = self._scored, self._second_level, self._setup
        classes, models = scored.scene.classes, self._tracklet_matcher
        assert models is not None
        stepped = self._processed.at_steps(scored.detections)
        tracklets = make_tracklets(
            stepped, ids, scored.detection_probability, self._rate, second.summary, fixed, classes
        )
        groups = groups.of_tracklets(tracklets.owner, tracklets.first.frame, tracklets.last.frame)
        solve = self._solver(groups)
        video = VideoInfo(self._rate, self._processed.step(last_frame), setup.image_size)
        appearance = self._tracklet_appearance and self._tracklet_appearance.in_frames(scored.detections)
        linked = link_tracklets(tracklets, scored.scene, video, models, second, solve, appearance, self._held)
        if self._setup.explains:
            self._programs.append(linked.program(groups.constrained))
        trimmed = (ids > 0) & (tracklets.owner < 0)
        return linked, np.where(trimmed, DUPLICATE, np.where(linked.track_id > 0, IN_TRACK, FALSE_ALARM))

    @property
    def _rate(self) -> float:
        """Steps of the detector per second."""
        return self._setup.frame_rate / self._processed.stride

    def _score_waiting(self) -> None:
        """Score the pairs that the new detections are part of; all pairs, if the detector's stride is another now."""
        new = Detections.concatenate(self._waiting)
        self._waiting = []
        with self._setup.stopwatch.stage("features"):
            self._scene.learn(new, least=self.window_count)
        if self._processed.stride != self._stride:
            self._scored, before = self._scored.restarted()
            self._stride, new = self._processed.stride, Detections.concatenate([before, new])
        scene, setup = self._scene.statistics, self._setup
        score = partial(self._scored.extended, new, scene, setup, self._compare, self._processed)
        same = self._schedule.endless and self._compare is None  # the whole video, by geometry alone
        if setup.memory and same:
            self._scored = setup.memory.recalled((self._stride, setup.explains, *content(new)), score)
        else:
            self._scored = score()

    def _solver(self, groups: Groups) -> Solver:
        """The solver of the settings, or the exact one that obeys constraints where there are any."""
        return (
            partial(solve_in_window, groups=groups)
            if groups.constrained.any()
            else SOLVERS[self._setup.parameters.solver]
        )

    def _release(self, track_id: Ids, reason: Reasons, settlement: Settlement, scored: list[ScoredLinks]) -> Tracks:
        """The tracks that are final by a settlement, from the track (N,) of each detection in the window.

        `reason` (N,) says why detections are left out, `scored` how probable links are.
        """
        detections, final_frame = self._scored.detections, settlement.final_frame
        left_out = (detections.frame <= self.final_frame) & (self._held == 0)
        ids = np.where(left_out, 0, track_id)
        ids = number_tracks(ids, self._held, self.constraints.demanded_tracks(self._held), self._next_id)
        camera = self._appearance.camera_motion(detections) if self._appearance else None
        following = next_in_track(ids)
        link = link_probabilities(following, *scored)
        tracks = Tracks.from_detections(detections, ids, link, self._row)
        with self._setup.stopwatch.stage("gaps"):
            tracks = self._complete(tracks, settlement.last_frame, camera)
        final = self._class_vote.voted(tracks[(tracks.frame > self.final_frame) & (tracks.frame <= final_frame)])
        new = (detections.frame > self.final_frame) & (detections.frame <= final_frame)
        self.left_out.add(detections[new], reason[new])
        self.late_links.add((self._held > 0) & new[following] & (following >= 0), ids, detections.frame, link)
        if self._setup.explains:
            stride = self._processed.stride
            self.explained = Explained(detections, self._row, ids, link, stride, tuple(self._programs))
        self._held = np.where(detections.frame <= final_frame, ids, 0).astype(np.int32)
        self.constraints.remember(self._held)
        self._next_id = max(self._next_id, int(self._held.max(initial=0)) + 1)
        self._schedule.final_frame = final_frame
        self._forget()
        return final

    def _complete(self, tracks: Tracks, last_frame: int, camera: CameraMotion | None) -> Tracks:
        """The tracks with boxes in frames that are not final yet, smoothed, interpolated and extrapolated."""
        gaps, rate = self._setup.parameters.gaps, self._setup.frame_rate
        if gaps.smooth and not self._schedule.endless and last_frame >= self._smoothing_due:
            self._smoothing = choose_smoothing(tracks, rate, camera)
            self._smoothing_due = last_frame + math.ceil(CHOICE_SECONDS * rate)
        extrapolated = math.floor(gaps.extrapolate_seconds * rate + 1e-6)
        open_ids = np.unique(tracks.track_id[tracks.frame > self.final_frame - extrapolated])
        open_tracks = tracks[np.isin(tracks.track_id, open_ids)]
        return complete_tracks(open_tracks, last_frame, rate, gaps, camera, self._smoothing)

    def _forget(self) -> None:
        """Drop the detections that nothing later is linked to or compared with."""
        oldest = self.final_frame - self._history_frames()
        count = int(np.searchsorted(self._scored.detections.frame, oldest))
        self._scored = self._scored.without_first(count)
        self._held, self._row = self._held[count:], self._row[count:]
        self.constraints.forget(count)
        if self._appearance:
            self._appearance.forget(count, oldest)

    def _history_frames(self) -> int:
        """How long before the frames that are not final yet detections can still matter.

        Links and the features of pairs look back over a gap each. With two levels, tracklets are linked over longer
        gaps, and features look at the last seconds before these.
        """
        parameters, rate = self._setup.parameters, self._setup.frame_rate
        gap = parameters.gate.gap_frames(self._rate) * self._processed.stride
        if self._tracklet_matcher is None:
            return 2 * gap
        return gap + math.ceil((parameters.tracklets.gate.max_gap_seconds + LONGEST_SECONDS) * rate)
