"""The windowed tracker: the offline one on a window that moves on with the frames; what it gave out stays as it is."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Comparisons
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import IntArray, Pairs
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.solvers import number_in_order
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.linking.appearance import FrameDescriber, RecentDescriptors
from siamlink.tracker.linking.linker import (
    ScoredPairs,
    assign_tracks,
    complete,
    score_later,
    second_level,
)
from siamlink.tracker.linking.protocol import check_frame_rate, read_frame
from siamlink.tracker.linking.running_scene import RunningSceneStatistics
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.postprocessing.camera_motion import camera_for
from siamlink.tracker.postprocessing.smoothing import Smoothing, choose_smoothing
from siamlink.tracker.tracks import Tracks

SMOOTHING_SECONDS = 0.5
"""How long tracks are smoothed as much as was found best."""


class WindowedTracker:
    """Links the detections of the latest seconds anew whenever the window has moved on by a step.

    The tracks of a frame are given out at most `latency_seconds` after it. From then on they are held: a track that
    was given out can only go on with later detections. Detections stay in the window for as long as later ones can be
    linked to them and features look back to them.

    Args:
        frame_rate: frames a second.
        parameters: settings of the tracker.
        matcher: the models with their appearance; None: those that the parameters name.
        stopwatch: counts the stages.
        image_size: width and height in pixels, if known.
        describer: describes detections; None: one of its own, by the appearance of the matcher.

    Attributes:
        last_ids: (N,) the track of each detection that the present frame was given with; 0 for none, or none as yet.

    Raises:
        ConfigError: the frame rate is not above 0.
        ModelError: no matcher is given, and the one that `parameters` name cannot be loaded.
    """

    def __init__(
        self,
        frame_rate: float,
        parameters: TrackerParameters | None = None,
        matcher: Matcher | None = None,
        stopwatch: Stopwatch | None = None,
        image_size: tuple[int, int] | None = None,
        describer: FrameDescriber | None = None,
    ) -> None:
        self.frame_rate = check_frame_rate(frame_rate)
        self.parameters = parameters or TrackerParameters(mode="windowed")
        self.matcher = (matcher or self.parameters.load_matcher()).memoised()
        self.frame = self.final_frame = 0
        self._stopwatch, self._image_size = stopwatch or Stopwatch(), image_size
        self._describer = describer or FrameDescriber(
            self.matcher.appearance, self.parameters.flow, frame_rate, self._stopwatch
        )
        seen, gaps = self._describer.seen.camera, self.parameters.gaps
        self._camera = camera_for(self.matcher, gaps, frame_rate, self._stopwatch, seen)
        self._looks = RecentDescriptors()
        self._two_levels = second_level(self.matcher, self.parameters) is not None
        self._passed = self._described = 0
        self._scene = RunningSceneStatistics()
        self._scored = ScoredPairs.none()
        self._new: list[Detections] = []
        self._smoothing: Smoothing | None = None
        self._smoothing_due = 0
        self._held = np.zeros(0, np.int32)
        self._next_id = 1
        self.last_ids = np.zeros(0, np.int32)
        self._latency = math.floor(self.parameters.delay_seconds * frame_rate + 1e-6)
        self._step = 1 + math.floor(self._latency * self.parameters.step_share)

    def update(self, detections: Any, frame: Frame | Image | int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks of the frames that are final with it.

        Args:
            detections: our `Detections` of a single frame, a `supervision.Detections`, or an array of rows
                `x1 y1 x2 y2 score [label]`.
            frame: the frame as a `Frame`, or its number, above the last one's; its image alone or None means the next
                frame. The image is looked at if there is an appearance; without an image, geometry alone decides.

        Returns:
            `Tracks` of the frames after the last `final_frame` up to the present one, none if this is the same.

        Raises:
            InputError: the frame number does not grow, or the detections are of several frames or none of these types.
        """
        number, new, image = read_frame(detections, frame, self.frame)
        before = self._move_on_to(number - 1)  # what was due in skipped frames knows nothing of this one
        rows = suppress_non_maxima(new.box, new.score, self.parameters.overlap_limit)
        kept = new[rows]
        described = self._describer.describe(image, number, kept.box)
        self._looks.add(len(kept), described)
        if self._camera:
            self._camera.see(number, image, kept.box)
        self._passed += len(kept)
        self._described += len(kept) if described else 0
        self._new.append(kept)
        after = self._move_on_to(number)
        self.last_ids = np.zeros(len(new), np.int32)
        if self.final_frame == number:
            self.last_ids[rows] = self._held[len(self._held) - len(rows) :]
        return Tracks.concatenate([before, after])

    def finish(self) -> Tracks:
        """The tracks of the frames that are left."""
        return self._settle(self.frame)

    @property
    def kept_count(self) -> int:
        """How many detections are remembered."""
        return len(self._scored.detections) + sum(map(len, self._new))

    @property
    def open_count(self) -> int:
        """How many pairs geometry left open, for appearance to decide; with two levels, all detections."""
        return self._passed if self._two_levels else self._scored.open_count

    @property
    def compared_count(self) -> int:
        """How many of these were looked at."""
        return self._described if self._two_levels else self._scored.compared_count

    def _move_on_to(self, frame: int) -> Tracks:
        """Give out what is due, step by step: all frames older than the latency."""
        parts = []
        while (overdue := frame - self._latency - self.final_frame) > 0:
            self.frame = self.final_frame + self._latency + 1  # when this was due, if frames were skipped since
            if self.kept_count:
                parts.append(self._settle(self.final_frame + self._step))
            else:
                self.final_frame += math.ceil(overdue / self._step) * self._step
        self.frame = frame
        return Tracks.concatenate(parts)

    def _settle(self, final_frame: int) -> Tracks:
        """Solve the window and give out the tracks up to a frame."""
        self._take_in_new()
        detections = self._scored.detections
        left_out = (detections.frame <= self.final_frame) & (self._held == 0)
        ids = _number_tracks(np.where(left_out, 0, self._assign()), self._held, self._next_id)
        with self._stopwatch.stage("gaps"):
            tracks = self._complete(Tracks.from_detections(detections, ids))
        given = tracks[(tracks.frame > self.final_frame) & (tracks.frame <= final_frame)]
        self._held = np.where(detections.frame <= final_frame, ids, 0).astype(np.int32)
        self._next_id = max(self._next_id, int(self._held.max(initial=0)) + 1)
        self.final_frame = final_frame
        self._forget()
        return given

    def _complete(self, tracks: Tracks) -> Tracks:
        """The tracks with boxes in frames that are not final yet, smoothed and filled."""
        gaps, rate = self.parameters.gaps, self.frame_rate
        if gaps.smooth and self.frame >= self._smoothing_due:
            self._smoothing = choose_smoothing(tracks, rate, self._camera)
            self._smoothing_due = self.frame + math.ceil(SMOOTHING_SECONDS * rate)
        carried = math.floor(gaps.carry_on_seconds * rate + 1e-6)
        going_on = np.unique(tracks.track_id[tracks.frame > self.final_frame - carried])
        left = tracks[np.isin(tracks.track_id, going_on)]
        return complete(left, self._video_info, gaps, self._camera, self._smoothing)

    def _take_in_new(self) -> None:
        """Score the pairs that the new detections are part of."""
        new = Detections.concatenate(self._new)
        self._scene.learn(new, least=self.kept_count)
        self._held = np.append(self._held, np.zeros(len(new), np.int32))
        self._new = []
        scene, look = self._scene.statistics, self._compare if self._sees and not self._two_levels else None
        self._scored = score_later(
            self._scored, new, scene, self.frame_rate, self.matcher, self.parameters, self._stopwatch, look
        )

    def _assign(self) -> NDArray[np.int32]:
        """(N,) the best tracks of the detections in the window, those that are held among them."""
        describe = self._describe if self._sees and self._two_levels else None
        stopwatch, held = self._stopwatch, self._held
        return assign_tracks(self._scored, self._video_info, self.matcher, self.parameters, stopwatch, describe, held)

    @property
    def _video_info(self) -> VideoInfo:
        return VideoInfo(self.frame_rate, self.frame, self._image_size)

    def _forget(self) -> None:
        """Drop the detections that nothing later is linked to or compared with."""
        oldest = self.final_frame - self._history_frames()
        first = int(np.searchsorted(self._scored.detections.frame, oldest))
        self._scored = self._scored.without_first(first)
        self._held = self._held[first:]
        self._looks.forget(first)
        if self._camera:
            self._camera.forget_before(oldest)

    def _history_frames(self) -> int:
        """How long before the frames that are not final yet detections can still matter.

        Links and the features of pairs look back over a gap each. With two levels, tracklets are linked over longer
        gaps, and features look at the latest seconds before these.
        """
        gap = self.parameters.gate.gap_frames(self.frame_rate)
        if not self._two_levels:
            return 2 * gap
        seconds = self.parameters.tracklets.gate.max_gap_seconds + LONGEST_SECONDS
        return gap + math.ceil(seconds * self.frame_rate)

    @property
    def _sees(self) -> bool:
        return self.matcher.appearance is not None

    def _compare(self, _: Detections, pairs: Pairs) -> Comparisons:
        assert self.matcher.appearance is not None
        return self._looks.compare(pairs, self.matcher.appearance)

    def _describe(self, _: Detections, rows: IntArray) -> NDArray[np.float32]:
        assert self.matcher.appearance is not None
        return self._looks.descriptors(rows, self.matcher.appearance)


def _number_tracks(track_id: NDArray[np.int32], held: NDArray[np.int32], next_id: int) -> NDArray[np.int32]:
    """(N,) ids: of held tracks as held, of the others from `next_id` in the order of their first detections."""
    known = np.zeros(track_id.max(initial=0) + 1, np.int32)
    np.maximum.at(known, track_id, held)
    known_id = known[track_id]
    new = number_in_order(np.where(known_id > 0, 0, track_id))
    return np.where(new > 0, new + next_id - 1, known_id).astype(np.int32)
