"""What trackers by windows have in common: they collect detections and settle tracks when the schedule says so."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.separation import Judgement
from siamlink.association.solvers.problem import number_in_order
from siamlink.association.tracklets.separation import Separation
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.class_vote import ClassVote
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.left_out import LeftOutCollector
from siamlink.tracker.linking.link_probability import LateLinkCollector
from siamlink.tracker.linking.processed_frames import ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup, read_frame
from siamlink.tracker.linking.window_schedule import Settlement, WindowSchedule
from siamlink.tracker.tracks import Tracks

Ids = NDArray[np.int32]


class SettlingTracker(ABC):
    """Takes in frames and settles tracks: with an infinite latency at the end, without latency in every frame.

    Args:
        setup: frame rate and settings; `parameters.latency` is the latency.

    Attributes:
        frame: the number of the present frame.
        last_ids: (N,) the track of each detection of the present frame; 0 for none, or none as yet.
        left_out: the detections of final frames that are in no track.
        late_links: from boxes that were final before to boxes that became final later.
        explained: why the links were chosen; None unless the setup says so.
        separation: judges the descriptors of tracklets; None without such.
    """

    explained: Explained | None = None
    separation: Separation | None = None

    def __init__(self, setup: TrackerSetup) -> None:
        self.frame, self.last_ids = 0, np.zeros(0, np.int32)
        self.left_out = LeftOutCollector(setup.collects_left_out)
        self.late_links = LateLinkCollector(setup.collects_left_out)
        self._class_vote, self._processed = ClassVote(setup.frame_rate), ProcessedFrames(setup.stride)
        self._processes_frame = True
        self._setup = setup
        self._schedule = WindowSchedule(setup.parameters.latency, setup.parameters.step_share, setup.frame_rate)

    @property
    @abstractmethod
    def window_count(self) -> int:
        """How many detections are in the window."""

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets so far say of the appearance; None where it is not judged."""
        return self.separation.judgement if self.separation else None

    @abstractmethod
    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        """Add later detections to the window: those of frame `number`, or without it those of one or more frames."""

    @abstractmethod
    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        """The tracks that become final by some settlements; sets the final frame of the schedule."""

    @abstractmethod
    def _newest_ids(self, count: int) -> Ids:
        """(count,) the final track of each detection of the present frame, 0 for none."""

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the next frame and return the tracks that are final with it; see `WindowedTracker.update`."""
        number, new, image = read_frame(detections, image, frame_number, self.frame)
        self._processes_frame = detections is not None
        if self._processes_frame:
            self._processed.add(number, len(new) > 0)
        before = self._settle(self._due(number - 1))  # skipped frames are settled without knowledge of this one
        self._take_in(new, image, number)
        self.frame = number
        after = self._settle(self._due(number))
        is_final = self.final_frame == number
        self.last_ids = self._newest_ids(len(new)) if is_final else np.zeros(len(new), np.int32)
        return Tracks.concatenate([before, after])

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of later frames without images, in blocks from one settlement to the next.

        Yields:
            What `update` would return frame by frame, joined. `last_ids` is left as it was.
        """
        start = 0
        while start < len(detections):
            before = self._settle(self._due(int(detections.frame[start]) - 1))
            stop = detections.count_until(self._schedule.next_frame)
            block = detections[start:stop]
            self._processes_frame = True
            self._processed.add(block.frame)
            self._take_in(block)
            self.frame, start = int(block.frame[-1]), stop
            yield Tracks.concatenate([before, self._settle(self._due(self.frame))])

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet."""
        return self._settle([Settlement(self.frame, self.frame)])

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        return self._schedule.final_frame

    def _due(self, frame: int) -> Iterator[Settlement]:
        """The settlements that are due when a frame is the last known one."""
        while settlement := self._schedule.due_by(frame):
            if self.window_count:
                yield settlement
            else:
                self._schedule.skip_to(frame)


def number_tracks(track_id: Ids, held: Ids, demanded: Ids, next_id: int) -> Ids:
    """(N,) ids: of tracks with a held or demanded id that one, of the others from `next_id` in order of their begin.

    Args:
        track_id: (N,) the track of each detection, from 1, 0 for none.
        held: (N,) the final ids of detections, 0 where there is none as yet.
        demanded: (N,) the ids that constraints demand, 0 for none.
        next_id: the first id that no track has.
    """
    id_of = np.zeros(track_id.max(initial=0) + 1, np.int32)
    np.maximum.at(id_of, track_id, held)
    rows = np.flatnonzero(demanded)
    id_of[track_id[rows]] = demanded[rows]
    id_of[0] = 0
    known_id = id_of[track_id]
    new = number_in_order(np.where(known_id > 0, 0, track_id))
    return np.where(new > 0, new + next_id - 1, known_id).astype(np.int32)


def drop_short(track_id: Ids, min_detections: int, fixed: NDArray[np.bool_]) -> Ids:
    """The tracks (N,) without those of fewer detections, unless one of these is `fixed` (N,)."""
    length = np.bincount(track_id)
    length[track_id[fixed]] = min_detections
    return np.where(length[track_id] >= min_detections, track_id, 0).astype(np.int32)
