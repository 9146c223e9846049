"""Trackers of matching auto: they choose between both matchings, by the first frame or at the end of the video."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.appearance.separation import Judgement
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.arrays import Image, IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource, Descriptors
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.left_out import LeftOutCollector
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.link_probability import LateLinkCollector
from siamlink.tracker.linking.matching_choice import (
    choose_by_first_frame,
    choose_matching,
    explains_as_much,
    has_one_upright_shape,
)
from siamlink.tracker.linking.protocol import Constrainable, Tracker, TrackerSetup, read_frame
from siamlink.tracker.linking.row_constraints import RowConstraints
from siamlink.tracker.parameters import Matching
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.tracks import Tracks

MakeTracker = Callable[[TrackerSetup, AppearanceSource | None, Constraints], Tracker]


class _Delegating:
    """A tracker that hands everything to another one, which may be replaced before there are tracks.

    Attributes:
        left_out: the detections of final frames that are in no track.
    """

    _tracker: Tracker
    left_out: LeftOutCollector

    def _collected(self, tracks: Tracks) -> Tracks:
        """The tracks; what the chosen tracker left out meanwhile is collected."""
        left_out = self._tracker.left_out.take()
        self.left_out.add(left_out.detections, left_out.reason)
        return tracks

    @property
    def late_links(self) -> LateLinkCollector:
        """Those of the present tracker."""
        return self._tracker.late_links

    @property
    def explained(self) -> Explained | None:
        """Why the present tracker has chosen the links, if that is known."""
        return self._tracker.explained

    @property
    def matching(self) -> Matching:
        """The matching of the present tracker."""
        return self._tracker.matching

    @property
    def frame(self) -> int:
        """The number of the present frame; 0 before the first."""
        return self._tracker.frame

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        return self._tracker.final_frame

    @property
    def last_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection of the present frame; 0 for none, or none as yet."""
        return self._tracker.last_ids

    @property
    def open_count(self) -> int:
        """As that of the chosen tracker."""
        return self._tracker.open_count

    @property
    def compared_count(self) -> int:
        """As that of the chosen tracker."""
        return self._tracker.compared_count

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets of the video say of its appearance; None where it is not judged."""
        return self._tracker.judgement


class FirstFrameTracker(_Delegating):
    """Chooses the matching by the first frame with detections, for modes in which later ones are not known.

    Args:
        setup: of both trackers.
        appearance: for learned matching.
        constraints: on the rows of the detections.
        make: makes the tracker of a setup whose matching is fixed.
    """

    def __init__(
        self, setup: TrackerSetup, appearance: AppearanceSource | None, constraints: Constraints, make: MakeTracker
    ) -> None:
        self._make_learned = partial(make, setup.with_matching("learned"), appearance, constraints)
        self._tracker = make(setup.with_matching("calibrated"), appearance, constraints)
        self.left_out, self._chosen = LeftOutCollector(setup.collects_left_out), False

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks of the frames that are final with it."""
        if not self._chosen:
            number, new, image = read_frame(detections, image, frame_number, self.frame)
            self._choose(new)
            detections, frame_number = new if detections is not None else None, number
        return self._collected(self._tracker.update(detections, image, frame_number))

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """The tracks that `update` would return for the frames of these detections without images, but faster."""
        if not self._chosen and len(detections):
            self._choose(detections.in_frame(int(detections.frame[0])))
        yield from map(self._collected, self._tracker.update_many(detections))

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet."""
        return self._collected(self._tracker.finish())

    @property
    def constraints(self) -> RowConstraints:
        """Those of the chosen tracker."""
        return cast("Constrainable", self._tracker).constraints

    def _choose(self, new: Detections) -> None:
        """Choose by the detections of a frame, if there are any; there are no tracks yet."""
        self._chosen = len(new) > 0
        if self._chosen and choose_by_first_frame(new) == "learned":
            frame, self._tracker = self._tracker.frame, self._make_learned()
            if frame:
                self._tracker.update(None, None, frame)


class WholeVideoTracker(_Delegating):
    """Collects all frames for both matchings and links them with the one that suits the video, in `finish`.

    Args:
        setup: of both trackers.
        appearance: describes the detections that learned matching takes in.
        constraints: on the rows of the detections.
    """

    def __init__(self, setup: TrackerSetup, appearance: AppearanceSource | None, constraints: Constraints) -> None:
        self._setup = setup
        self._described = appearance is not None and setup.matcher.appearance is not None
        self._learned = LinearProgramTracker(setup.with_matching("learned"), appearance, constraints)
        selected = None if appearance is None else _SelectedDetections(appearance, self._learned)
        self._calibrated = CalibratedTracker(setup.with_matching("calibrated"), selected, constraints)
        self._tracker: Tracker = self._learned
        self.left_out = LeftOutCollector(setup.collects_left_out)
        self._waiting: list[Detections] = []

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame. No tracks are final yet."""
        number, new, image = read_frame(detections, image, frame_number, self.frame)
        taken = new if detections is not None else None
        self._waiting.append(new)
        self._calibrated.update(taken, None, number)
        return self._learned.update(taken, image, number)

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of many later frames at once."""
        self._waiting.append(detections)
        for _ in self._calibrated.update_many(detections):
            pass
        yield from self._learned.update_many(detections)

    def finish(self) -> Tracks:
        """The tracks of all frames, by the matching that suits them."""
        detections, self._waiting = Detections.concatenate(self._waiting), []
        if self._described or has_one_upright_shape(detections):
            chosen = choose_matching(detections, self._setup)
            self._tracker = self._learned if chosen == "learned" else self._calibrated
            tracks = self._tracker.finish()
        else:
            learned, calibrated = self._learned.finish(), self._calibrated.finish()
            fewer = explains_as_much(learned, calibrated)
            self._tracker, tracks = (self._learned, learned) if fewer else (self._calibrated, calibrated)
        return self._collected(tracks)


class _SelectedDetections:
    """Descriptors of all detections, from a source that knows those that remained after non-maximum suppression.

    Args:
        source: of the detections that `tracker` has taken in.
        tracker: whose detections are described.
    """

    def __init__(self, source: AppearanceSource, tracker: LinearProgramTracker) -> None:
        self._source, self._tracker = source, tracker

    @property
    def requested_count(self) -> int:
        """How many detections were to be described."""
        return self._source.requested_count

    @property
    def described_count(self) -> int:
        """How many were."""
        return self._source.described_count

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Nothing: the tracker has seen them."""

    def compare(self, detections: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs; unknown."""
        return ComparedPairs.none(len(pairs))

    def describe(self, detections: Detections, rows: IntArray) -> Descriptors:
        """Unit descriptors (K, D) of `rows` (K,), NaN for those that were suppressed; or D = 0."""
        selected = self._tracker.selected
        place = {key: row for row, key in enumerate(_keys(selected))}
        found = np.array([place.get(key, -1) for key in _keys(detections[rows])], np.intp)
        described = self._source.describe(selected, found[found >= 0])
        descriptors = np.full((len(rows), described.shape[1]), np.nan, np.float32)
        descriptors[found >= 0] = described
        return descriptors

    def camera_motion(self, detections: Detections) -> CameraMotion | None:
        """The camera's motion as far as it is known."""
        return self._source.camera_motion(detections)

    def forget(self, count: int, frame: int) -> None:
        """Nothing: all is known until the end."""


def _keys(detections: Detections) -> list[tuple[int, bytes]]:
    """(N,) the frame and the box of each detection, which tell it from the others."""
    return [(frame, box.tobytes()) for frame, box in zip(detections.frame.tolist(), detections.box, strict=True)]
