"""The trackers of matching calibrated: costs are estimated from the detections themselves, for objects of any kind."""

from collections.abc import Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.separation import Judgement
from siamlink.association.calibrated import CalibratedResult, OnlineLinker, WindowLinker
from siamlink.association.calibrated.appearance import USELESS
from siamlink.association.calibrated.explanation import Trace
from siamlink.association.calibrated.online import OnlineFrame
from siamlink.association.pairs.classes import most_frequent
from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.left_out import without_reason
from siamlink.tracker.linking.link_probability import next_in_track
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.row_constraints import RowConstraints, solve_in_window
from siamlink.tracker.linking.settling import Ids, SettlingTracker, number_tracks
from siamlink.tracker.linking.window_schedule import Settlement
from siamlink.tracker.parameters import Matching
from siamlink.tracker.tracks import Tracks


class CalibratedOnlineTracker(SettlingTracker):
    """Links the detections of each new frame to the open tracks, with costs estimated from the latest frames.

    A detection that is more likely a false alarm is in no track of its frame; its track may continue later.

    Args:
        setup: frame rate, image size and settings; models of the matcher and appearance are not used.

    Raises:
        ModelError: the models of the settings cannot be loaded.
    """

    matching: Matching = "calibrated"
    judgement = None
    open_count = compared_count = 0

    def __init__(self, setup: TrackerSetup) -> None:
        super().__init__(setup)
        self._linker = OnlineLinker(setup.frame_rate, setup.image_size, setup.parameters.load_calibrated_models())
        self._waiting: list[Tracks] = []
        self._ids, self._last = np.zeros(0, np.int32), 0

    @property
    def window_count(self) -> int:
        """How many detections of the present frame are not settled yet."""
        return sum(len(each) for each in self._waiting)

    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        """Link the detections to the open tracks, frame by frame; frames in between are frames without detections."""
        self._ids = np.zeros(0, np.int32)
        for each, detections in new.by_frame() if number is None else [(number, new)]:
            while number is None and 0 < self._last < each - 1 and self._linker.has_open_tracks:
                self._link(Detections.empty(), self._last + 1)
            if self._processes_frame:
                self._link(detections, each)

    def _link(self, detections: Detections, number: int) -> None:
        compared = detections.with_label(self._setup.compared_label(detections))
        with self._setup.stopwatch.stage("calibrate"):
            linked = self._linker.update(compared, number)
        self._last, self._ids = number, linked.track.astype(np.int32)
        self.left_out.add(detections, without_reason(detections, self._ids > 0))
        link = linked.link_probability.astype(np.float32)
        self.late_links.add(linked.link_frame > 0, self._ids, linked.link_frame.astype(np.int32), link)
        tracks = Tracks.concatenate([Tracks.from_detections(detections, self._ids), _predicted(linked, number)])
        self._waiting.append(self._class_vote.voted(tracks))

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """The tracks of the frames that have come."""
        for settlement in settlements:
            self._schedule.final_frame = settlement.final_frame
        final, self._waiting = self._waiting, []
        return Tracks.concatenate(final)

    def _newest_ids(self, count: int) -> Ids:
        """(count,) the final track of each detection of the present frame, 0 for none."""
        return self._ids


class CalibratedTracker(SettlingTracker):
    """Links the detections of a window, with costs that are estimated from these and the latest earlier ones.

    Offline the window is the whole video and is linked once, by `finish`.

    Args:
        setup: frame rate, image size and settings; of the matcher, only the appearance is used.
        appearance: describes detections, in mode offline only; None: geometry alone decides.
        constraints: by the rows of the detections, counted from 0 over all that `update` is given, in order.

    Raises:
        ConstraintError: constraints contradict each other.
        ModelError: the models of the settings cannot be loaded.
    """

    matching: Matching = "calibrated"

    def __init__(
        self, setup: TrackerSetup, appearance: AppearanceSource | None = None, constraints: Constraints = ()
    ) -> None:
        super().__init__(setup)
        described = setup.matcher.appearance is not None and setup.parameters.mode == "offline"
        self._appearance = appearance if described else None
        models = setup.parameters.load_calibrated_models()
        self._trace = Trace() if setup.explains else None
        self._linker = WindowLinker(setup.frame_rate, setup.image_size, models, self._trace)
        self.constraints = RowConstraints(constraints)
        self._held, self._label, self._row = np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int32)
        self._count = 0
        self._next_id = 1
        self._ended = False

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet.

        Raises:
            ConstraintError: constraints name rows that never came.
        """
        self.constraints.check_end()
        self._ended = True
        return super().finish()

    @property
    def window_count(self) -> int:
        """How many detections are in the window."""
        return self._count

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets of the video say of the appearance; None before they are linked, or without one."""
        separation = self._linker.separation
        return None if separation is None else Judgement(separation, float(separation < USELESS))

    @property
    def open_count(self) -> int:
        """The number of detections to describe."""
        return self._appearance.requested_count if self._appearance else 0

    @property
    def compared_count(self) -> int:
        """How many of them have been described."""
        return self._appearance.described_count if self._appearance else 0

    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        """Add the detections to the window."""
        if self._appearance:
            for each, detections in new.by_frame() if number is None else [(number, new)]:
                self._appearance.see(each, image, detections.box)
        self.constraints.add(new.frame, np.arange(len(new)))
        self._linker.add(new.with_label(self._setup.compared_label(new)))
        self._label, self._row = np.append(self._label, new.label), np.append(self._row, new.row_in_frame)
        self._count += len(new)

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """Link the window at each settlement; returns the tracks that are final by them."""
        return Tracks.concatenate([self._final_tracks(settlement.final_frame) for settlement in settlements])

    def _final_tracks(self, final_frame: int) -> Tracks:
        """The tracks up to a frame that are not final yet; from then on they are."""
        linker, gaps = self._linker, self._setup.parameters.gaps
        detections = linker.detections.with_label(self._label)
        held = np.append(self._held, np.zeros(len(detections) - len(self._held), np.int32))
        describe = partial(self._appearance.describe, detections) if self._appearance else None
        with self._setup.stopwatch.stage("calibrate"):
            groups = self.constraints.groups(detections.frame, held)
            stride = self._processed.stride
            result = linker.link(self._held > 0, groups, solve_in_window, self._ended, stride, describe)
        demanded = self.constraints.demanded_tracks(held)
        ids = number_tracks(result.track_id.astype(np.int32), held, demanded, self._next_id)
        tracks = _tracks(detections, self._row, result, ids, gaps.smooth)
        tracks = self._class_vote.voted(tracks[(tracks.frame > self.final_frame) & (tracks.frame <= final_frame)])
        new = (detections.frame > self.final_frame) & (detections.frame <= final_frame)
        self.left_out.add(detections[new], without_reason(detections, ids > 0)[new])
        following, link, detected = next_in_track(ids), np.full(len(ids), np.nan, np.float32), result.row >= 0
        link[result.row[detected]] = result.link_probability[detected]
        self.late_links.add((held > 0) & new[following] & (following >= 0), ids, detections.frame, link)
        if self._trace is not None:
            self.explained = Explained(detections, self._row, ids, link, stride, self._trace.programs)
        self._hold(np.where(detections.frame <= final_frame, ids, 0).astype(np.int32), detections, final_frame)
        return tracks if gaps.interpolate else tracks[~tracks.interpolated]

    def _hold(self, ids: Ids, detections: Detections, final_frame: int) -> None:
        """Let the ids (N,) of the detections up to a frame be final, and drop what nothing later is linked to."""
        self.constraints.remember(ids)
        self._next_id = max(self._next_id, int(ids.max(initial=0)) + 1)
        self._schedule.final_frame = final_frame
        count = self._linker.settle(final_frame)
        self._held = ids[count : np.searchsorted(detections.frame, final_frame, side="right")]
        self._label, self._row = self._label[count:], self._row[count:]
        self._count -= count
        self.constraints.forget(count)

    def _newest_ids(self, count: int) -> Ids:
        """(count,) the final track of each detection of the present frame, 0 for none."""
        return self._held[len(self._held) - count :]


def _predicted(linked: OnlineFrame, number: int) -> Tracks:
    """The boxes of objects that were not detected in frame `number`."""
    count = len(linked.more_track)
    return Tracks(
        frame=np.full(count, number, np.int32),
        box=linked.more_box.astype(np.float32),
        score=linked.more_score.astype(np.float32),
        label=linked.more_label.astype(np.int16),
        track_id=linked.more_track.astype(np.int32),
        interpolated=np.ones(count, bool),
    )


def _tracks(
    detections: Detections, row_in_frame: NDArray[np.int32], result: CalibratedResult, ids: Ids, smooth: bool
) -> Tracks:
    """The boxes of a result; an interpolated box has the mean score of its track, every box its most frequent class.

    Args:
        detections: N detections.
        row_in_frame: (N,) their rows among all of their frames.
        result: their tracks.
        ids: (N,) the id of the track of each, 0 for none.
        smooth: whether the boxes are smoothed.
    """
    if not len(result.frame):
        return Tracks.empty()
    detected, row = result.row >= 0, np.maximum(result.row, 0)
    id_of = np.zeros(int(result.track.max()) + 1, np.int32)
    id_of[result.track_id] = ids
    count = np.bincount(result.track[detected], minlength=len(id_of))
    total = np.bincount(result.track[detected], detections.score[row[detected]], minlength=len(count))
    mean = (total / np.maximum(count, 1)).astype(np.float32)
    box = result.box if smooth else np.where(detected[:, None], detections.box[row], result.box)
    return Tracks(
        frame=result.frame.astype(np.int32),
        box=box.astype(np.float32),
        score=np.where(detected, detections.score[row], mean[result.track]),
        label=most_frequent(detections.label[row[detected]], result.track[detected], len(count))[result.track],
        track_id=id_of[result.track],
        interpolated=~detected,
        link_probability=result.link_probability.astype(np.float32),
        row=np.where(detected, row_in_frame[row], -1),
    )
