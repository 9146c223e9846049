"""The tracker by linear program: offline, with a bounded delay, or online; these differ in the latency alone."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import Constraints, Groups
from siamlink.association.solvers.costs import hold_tracks
from siamlink.association.solvers.solvers import SOLVERS, LinkProblem, Solution, Solver, number_in_order
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.association.tracklets.linking import link_tracklets
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.protocol import TrackerSetup, read_frame
from siamlink.tracker.linking.row_constraints import RowConstraints
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.linking.scored_pairs import ScoredPairs
from siamlink.tracker.linking.window_schedule import Settlement, WindowSchedule
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.gaps import complete_tracks
from siamlink.tracker.postprocessing.smoothing import Smoothing, choose_smoothing
from siamlink.tracker.tracks import Tracks

FINAL_TRACKS_CONTRADICT = (
    "tracks that are final already contradict the constraints: use a longer latency_seconds, or mode offline"
)
"""Two groups that must be one track each turn out to share a frame only after they have become one track."""
Ids = NDArray[np.int32]
CHOICE_SECONDS = 0.5
"""How long a choice of the smoothing strength is used before it is made again, seconds."""


class LinearProgramTracker:
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
    """

    def __init__(
        self, setup: TrackerSetup, appearance: AppearanceSource | None = None, constraints: Constraints = ()
    ) -> None:
        self.frame, self.last_ids = 0, np.zeros(0, np.int32)
        parameters = setup.parameters
        self._schedule = WindowSchedule(parameters.latency, parameters.step_share, setup.frame_rate)
        # most of a window was in the window before, too
        self._setup = setup if self._schedule.endless else replace(setup, matcher=setup.matcher.memoised())
        self._tracklet_matcher = self._setup.matcher.tracklets if parameters.levels == 2 else None
        self._appearance = appearance
        compared = appearance if setup.matcher.appearance is not None else None
        self._compare = compared.compare if compared and self._tracklet_matcher is None else None
        self._describe = compared.describe if compared and self._tracklet_matcher is not None else None
        self._constraints = RowConstraints(constraints)
        self._scene = RunningSceneStatistics()
        self._scored = ScoredPairs.empty()
        self._waiting: list[Detections] = []
        self._held = np.zeros(0, np.int32)
        self._next_id = 1
        self._smoothing: Smoothing | None = None
        self._smoothing_due = 0

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the next frame and return the tracks that are final with it; see `WindowedTracker.update`."""
        number, new, image = read_frame(detections, image, frame_number, self.frame)
        rows = suppress_non_maxima(new.box, new.score, self._setup.parameters.overlap_limit)
        named = self._constraints.named_among(len(new))
        rows = np.union1d(rows, np.flatnonzero(named)) if named.any() else rows
        before = self._settle(self._due(number - 1))  # skipped frames are settled without knowledge of this one
        selected = self._take_in(new, rows)
        if self._appearance:
            self._appearance.see(number, image, selected.box)
        self.frame = number
        after = self._settle(self._due(number))
        self.last_ids = np.zeros(len(new), np.int32)
        if self.final_frame == number:
            self.last_ids[rows] = self._held[len(self._held) - len(rows) :]
        return Tracks.concatenate([before, after])

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of later frames without images, in blocks from one settlement to the next.

        Yields:
            What `update` would return frame by frame, joined. `last_ids` is left as it was.
        """
        start = 0
        while start < len(detections):
            before = self._settle(self._due(int(detections.frame[start]) - 1))
            stop = int(np.searchsorted(detections.frame, self._schedule.next_frame, "right"))
            block = detections[start:stop]
            with self._setup.stopwatch.stage("features"):
                rows = np.zeros(len(block), bool)
                rows[suppress_non_maxima(block.box, block.score, self._setup.parameters.overlap_limit, block.frame)] = (
                    True
                )
            rows |= self._constraints.named_among(len(block))
            selected = self._take_in(block, np.flatnonzero(rows))
            if self._appearance:
                for number, each in selected.by_frame():
                    self._appearance.see(number, None, each.box)
            self.frame, start = int(block.frame[-1]), stop
            yield Tracks.concatenate([before, self._settle(self._due(self.frame))])

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet.

        Raises:
            ConstraintError: constraints name rows that never came.
        """
        self._constraints.check_end()
        return self._settle([Settlement(self.frame, self.frame)])

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        return self._schedule.final_frame

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

    def _take_in(self, new: Detections, rows: NDArray[np.intp]) -> Detections:
        """Add those `rows` of the next detections to the window that were not suppressed, and return them."""
        self._constraints.add(new.frame, rows)
        self._waiting.append(new[rows])
        self._held = np.append(self._held, np.zeros(len(rows), np.int32))
        return self._waiting[-1]

    def _due(self, frame: int) -> Iterator[Settlement]:
        """The settlements that are due when a frame is the last known one."""
        while settlement := self._schedule.due_by(frame):
            if self.window_count:
                yield settlement
            else:
                self._schedule.skip_to(frame)

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """Solve the window at each settlement; returns the tracks that are final by them."""
        final, setup, parameters = [], self._setup, self._setup.parameters
        second, stopwatch, models = parameters.second_level, setup.stopwatch, self._tracklet_matcher
        for settlement in settlements:
            self._score_waiting()
            scored, held = self._scored, self._held
            groups = self._constraints.groups(scored.detections.frame, held)
            fixed, shortest = groups.required | (held > 0), parameters.min_detections
            with stopwatch.stage("solve"):
                problem = scored.link_problem(second.safe if models else parameters.costs, setup.matcher.gaps)
                ids = self._solver(groups)(hold_tracks(problem, held)).track_ids()
            if models:
                with stopwatch.stage("tracklets"):
                    probability = scored.detection_probability
                    tracklets = make_tracklets(
                        scored.detections, ids, probability, setup.frame_rate, second.summary, fixed
                    )
                    solve = self._solver(
                        groups.of_tracklets(tracklets.owner, tracklets.first.frame, tracklets.last.frame)
                    )
                    video = VideoInfo(setup.frame_rate, settlement.last_frame, setup.image_size)
                    ids = link_tracklets(tracklets, scored.scene, video, models, second, solve, self._describe, held)
                shortest = max(shortest, round(second.min_seconds * setup.frame_rate))
            final.append(self._release(_drop_short(groups.joined(ids), shortest, fixed), settlement))
        return Tracks.concatenate(final)

    def _score_waiting(self) -> None:
        """Score the pairs that the new detections are part of."""
        new = Detections.concatenate(self._waiting)
        self._waiting = []
        with self._setup.stopwatch.stage("features"):
            self._scene.learn(new, least=self.window_count)
        self._scored = self._scored.extended(new, self._scene.statistics, self._setup, self._compare)

    def _solver(self, groups: Groups) -> Solver:
        """The solver of the settings, or the exact one that obeys constraints where there are any."""
        return (
            partial(_solve_in_window, groups=groups)
            if groups.constrained.any()
            else SOLVERS[self._setup.parameters.solver]
        )

    def _release(self, track_id: Ids, settlement: Settlement) -> Tracks:
        """The tracks that are final by a settlement, from the track (N,) of each detection in the window."""
        detections, final_frame = self._scored.detections, settlement.final_frame
        left_out = (detections.frame <= self.final_frame) & (self._held == 0)
        ids = np.where(left_out, 0, track_id)
        ids = _number_tracks(ids, self._held, self._constraints.demanded_tracks(self._held), self._next_id)
        camera = self._appearance.camera_motion(detections) if self._appearance else None
        with self._setup.stopwatch.stage("gaps"):
            tracks = self._complete(Tracks.from_detections(detections, ids), settlement.last_frame, camera)
        final = tracks[(tracks.frame > self.final_frame) & (tracks.frame <= final_frame)]
        self._held = np.where(detections.frame <= final_frame, ids, 0).astype(np.int32)
        self._constraints.remember(self._held)
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
        self._held = self._held[count:]
        self._constraints.forget(count)
        if self._appearance:
            self._appearance.forget(count, oldest)

    def _history_frames(self) -> int:
        """How long before the frames that are not final yet detections can still matter.

        Links and the features of pairs look back over a gap each. With two levels, tracklets are linked over longer
        gaps, and features look at the last seconds before these.
        """
        parameters, rate = self._setup.parameters, self._setup.frame_rate
        gap = parameters.gate.gap_frames(rate)
        if self._tracklet_matcher is None:
            return 2 * gap
        return gap + math.ceil((parameters.tracklets.gate.max_gap_seconds + LONGEST_SECONDS) * rate)


def _solve_in_window(problem: LinkProblem, groups: Groups) -> Solution:
    """The exact solution under constraints.

    Raises:
        ConstraintError: there is none, as tracks that are final contradict them.
    """
    try:
        return solve_constrained(problem, groups)
    except RuntimeError:
        raise ConstraintError(FINAL_TRACKS_CONTRADICT) from None


def _drop_short(track_id: Ids, min_detections: int, fixed: NDArray[np.bool_]) -> Ids:
    """The tracks (N,) without those of fewer detections, unless one of these is `fixed` (N,)."""
    length = np.bincount(track_id)
    length[track_id[fixed]] = min_detections
    return np.where(length[track_id] >= min_detections, track_id, 0).astype(np.int32)


def _number_tracks(track_id: Ids, held: Ids, demanded: Ids, next_id: int) -> Ids:
    """(N,) ids: of tracks with a held or demanded id that one, of the others from `next_id` in order of their begin."""
    id_of = np.zeros(track_id.max(initial=0) + 1, np.int32)
    np.maximum.at(id_of, track_id, held)
    rows = np.flatnonzero(demanded)
    id_of[track_id[rows]] = demanded[rows]
    known_id = id_of[track_id]
    new = number_in_order(np.where(known_id > 0, 0, track_id))
    return np.where(new > 0, new + next_id - 1, known_id).astype(np.int32)
