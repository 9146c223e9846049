"""A fast online tracker: a Kalman filter for each track and the Hungarian method, on the same link probabilities."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.boxes import iou_matrix, suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.linking.appearance import FrameDescriber, RecentDescriptors
from siamlink.tracker.linking.kalman_filter import BoxFilters
from siamlink.tracker.linking.online_scores import OnlineScores, Scores
from siamlink.tracker.linking.overlaps import suppress_overlaps
from siamlink.tracker.linking.protocol import check_frame_rate, read_frame
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BLOCK = 4000
"""Detections that are scored together where those of later frames are known."""


class _OpenTracks:
    """The T tracks that are still open, in the order in which they began.

    Attributes:
        motion: of each.
        row: (T,) the last detection of each, counted from the first ever.
        last_frame: (T,) its frame.
        evidence: (T,) nats that speak for the track.
        track_id: (T,) 0 while it is not reported.
    """

    def __init__(self) -> None:
        self.motion = BoxFilters(np.zeros((0, 4), np.float32))
        self.row, self.last_frame, self.track_id = (np.zeros(0, np.int64) for _ in range(3))
        self.evidence = np.zeros(0)

    def __len__(self) -> int:
        return len(self.row)

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Close the others."""
        self.motion.keep(kept)
        self.row, self.last_frame, self.track_id = self.row[kept], self.last_frame[kept], self.track_id[kept]
        self.evidence = self.evidence[kept]

    def add(self, box: NDArray[np.float32]) -> None:
        """Open tracks at boxes (N, 4), of which nothing else is known yet."""
        nothing = np.zeros(len(box), np.int64)
        self.motion.add(box)
        self.row, self.last_frame = np.append(self.row, nothing), np.append(self.last_frame, nothing)
        self.track_id, self.evidence = np.append(self.track_id, nothing), np.append(self.evidence, nothing)


class _Seen(NamedTuple):
    """The N detections of a frame, and what speaks for them in nats.

    Attributes:
        frame: its number.
        row: (N,) each, counted from the first ever.
        box: (N, 4) `x1 y1 x2 y2` in pixels.
        person: (N,) for each being a person.
        earlier: (P,) the earlier detections of likely links, counted from the first ever.
        column: (P,) the later ones, of the N.
        link: (P,) the logarithm of how likely they are.
    """

    frame: int
    row: IntArray
    box: NDArray[np.float32]
    person: FloatArray
    earlier: IntArray
    column: IntArray
    link: FloatArray


class KalmanTracker:
    """Links the detections of each new frame to the open tracks, by Kalman gate and Hungarian method.

    A track is reported from the frame on in which the evidence for it exceeds `online.entry`; its id counts from 1 in
    the order of these frames and is never used again.

    Args:
        frame_rate: frames a second.
        parameters: settings of the tracker.
        matcher: the models with their appearance; None: those that the parameters name.
        stopwatch: counts the stages.
        describer: describes detections; None: one of its own, by the appearance of the matcher.

    Attributes:
        last_ids: (N,) the track of each detection that the present frame was given with, 0 where it is not reported.

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
        describer: FrameDescriber | None = None,
    ) -> None:
        self.frame_rate = check_frame_rate(frame_rate)
        self.parameters = parameters or TrackerParameters(mode="online", solver="hungarian")
        self.matcher = matcher or self.parameters.load_matcher()
        self.frame = self.open_count = self.compared_count = 0
        self.last_ids = np.zeros(0, np.int32)
        self._stopwatch = stopwatch or Stopwatch()
        self._describer = describer or FrameDescriber(
            self.matcher.appearance, self.parameters.flow, frame_rate, self._stopwatch
        )
        self._looks, self._looked_from = RecentDescriptors(), 0
        self._scores = OnlineScores(frame_rate, self.matcher, self.parameters, self._stopwatch)
        self._tracks = _OpenTracks()
        self._row_count = 0
        self._next_id = 1

    def update(self, detections: Any, frame: Frame | Image | int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks seen in it; see `OnlineTracker.update`."""
        number, new, image = read_frame(detections, frame, self.frame)
        rows = suppress_non_maxima(new.box, new.score, self.parameters.overlap_limit)
        kept = new[rows]
        described = self._describer.describe(image, number, kept.box)
        self.last_ids = np.zeros(len(new), np.int32)
        if len(kept):
            scores = self._scores.take_in(kept)
            self._looks.add(len(kept), described)
            self._looks.forget(self._scores.first - self._looked_from)
            self._looked_from = self._scores.first
            (seen,) = self._by_frame(kept, scores, self._revised(scores))
            self.last_ids[rows] = self._follow(seen)
        else:
            self._move_on_to(number)
        return Tracks.from_detections(kept, self.last_ids[rows])

    def update_all(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of later frames that are known already, and return their tracks, many frames at once.

        The tracks are those that `update` gives one frame after another without images, but it is many times faster.
        """
        kept = suppress_overlaps(detections, self.parameters.overlap_limit)
        for start, stop in pairwise(_frame_bounds(kept.frame, BLOCK)):
            block = kept[start:stop]
            scores = self._scores.take_in(block)
            ids = [self._follow(seen) for seen in self._by_frame(block, scores, self._revised(scores))]
            yield Tracks.from_detections(block, np.concatenate(ids))

    def finish(self) -> Tracks:
        """Nothing: the tracks of every frame have been given."""
        return Tracks.empty()

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks have been given: the present one."""
        return self.frame

    def _revised(self, scores: Scores) -> FloatArray:
        """(P,) how likely links are, by the appearance where geometry leaves it open."""
        appearance = self.matcher.appearance
        if appearance is None:
            return scores.link
        asked = np.flatnonzero(self.parameters.appearance_gate.leaves_open(scores.link))
        pairs = scores.pairs[asked]
        with self._stopwatch.stage("appearance"):
            seen = Pairs(pairs.earlier - self._looked_from, pairs.later - self._looked_from)
            compared = self._looks.compare(seen, appearance)
        self.open_count += len(asked)
        self.compared_count += int(compared.known.sum())
        return self.matcher.revise(scores.link, scores.features, scores.pairs, asked, compared)

    def _by_frame(self, detections: Detections, scores: Scores, link: FloatArray) -> Iterator[_Seen]:
        """The detections frame by frame, and what speaks for them."""
        costs, first = self.parameters.costs, self._row_count
        self._row_count += len(detections)
        row = np.arange(first, self._row_count)
        likely = np.flatnonzero(link >= self.parameters.online.smallest_link_probability)
        earlier, later, nats = scores.pairs.earlier[likely], scores.pairs.later[likely] - first, np.log(link[likely])
        q = np.clip(scores.person, costs.probability_floor, 1 - costs.probability_floor)
        person = np.log(q / (1 - q)) - costs.detection_bias
        bounds = _frame_bounds(detections.frame)
        place = np.searchsorted(bounds, later, side="right")
        pair_bounds = np.searchsorted(place, np.arange(1, len(bounds) + 1)).tolist()
        for (start, stop), (begin, end) in zip(pairwise(bounds), pairwise(pair_bounds), strict=True):
            yield _Seen(
                int(detections.frame[start]),
                row[start:stop],
                detections.box[start:stop],
                person[start:stop],
                earlier[begin:end],
                later[begin:end] - start,
                nats[begin:end],
            )

    def _follow(self, seen: _Seen) -> NDArray[np.int32]:
        """(N,) the track of each detection of a frame, 0 where it is not reported."""
        self._move_on_to(seen.frame)
        track, tracks = self._link(seen), self._tracks
        self._recover(track, seen.box)
        self._extend(track, seen.box)
        tracks.row[track], tracks.last_frame[track] = seen.row, seen.frame
        tracks.evidence[track] += seen.person
        begins = track[(tracks.track_id[track] == 0) & (tracks.evidence[track] > self.parameters.online.entry)]
        tracks.track_id[begins] = self._next_id + np.arange(len(begins))
        self._next_id += len(begins)
        return tracks.track_id[track].astype(np.int32)

    def _move_on_to(self, frame: int) -> None:
        """Close tracks that were not seen for too long by this frame, and predict where the others are in it."""
        longest, tracks = self.parameters.gate.gap_frames(self.frame_rate), self._tracks
        patience = max(longest, self.parameters.online.max_lost_seconds * self.frame_rate)
        kept = frame - tracks.last_frame <= np.where(tracks.track_id > 0, patience, longest)
        if not kept.all():
            tracks.keep(kept)
        if len(tracks):
            for _ in range(frame - self.frame):
                tracks.motion.predict(1 / self.frame_rate)
        self.frame = frame

    def _link(self, seen: _Seen) -> NDArray[np.intp]:
        """(N,) the open track that goes on with each detection, by link probability and motion together; -1 for none.

        The likelihood of a link is the link probability times the Gaussian of the distance from the predicted place;
        its gain are the nats by which it beats the least likely link that is made.
        """
        online, tracks = self.parameters.online, self._tracks
        place = {row: index for index, row in enumerate(tracks.row.tolist())}
        owner = np.array([place.get(row, -1) for row in seen.earlier.tolist()], np.intp)
        own = owner >= 0
        track, column, nats = owner[own], seen.column[own], seen.link[own]
        deviations = tracks.motion.deviations(track, _centre(seen.box)[column])
        worst = np.log(online.smallest_link_probability) - online.gate_deviations**2 / 2
        gain = np.zeros((len(tracks), len(seen.box)))
        gain[track, column] = np.where(deviations < online.gate_deviations, nats - deviations**2 / 2 - worst, 0.0)
        assigned = _best_assignment(gain)
        made = assigned[column] == track
        tracks.evidence[track[made]] += nats[made]
        return assigned

    def _recover(self, track: NDArray[np.intp], box: NDArray[np.float32]) -> None:
        """Give what is left of the detections to what is left of the reported tracks, by overlap with predicted boxes.

        So tracks come back after gaps that the link model does not know.
        """
        tracks = self._tracks
        free, lost = np.flatnonzero(track < 0), tracks.track_id > 0
        lost[track[track >= 0]] = False
        left = np.flatnonzero(lost)
        if len(free) and len(left):
            overlap = iou_matrix(tracks.motion.boxes(left), box[free])
            overlap[overlap < self.parameters.online.smallest_overlap] = 0
            found = _best_assignment(overlap)
            track[free[found >= 0]] = left[found[found >= 0]]

    def _extend(self, track: NDArray[np.intp], box: NDArray[np.float32]) -> None:
        """Correct the motion of tracks by their detections, and open new tracks at the others."""
        tracks, new, known = self._tracks, np.flatnonzero(track < 0), track >= 0
        tracks.motion.update(track[known], box[known])
        if len(new):
            track[new] = len(tracks) + np.arange(len(new))
            tracks.add(box[new])


def _frame_bounds(frame: NDArray[np.int32], least: int = 1) -> list[int]:
    """Where frames (N,), ascending, begin that have about so many rows or more between them; and the end."""
    starts = np.flatnonzero(np.diff(frame, prepend=0))
    return [*starts[np.diff(starts // least, prepend=-1) > 0].tolist(), len(frame)]


def _centre(box: NDArray[np.float32]) -> FloatArray:
    """(N, 2) of boxes (N, 4)."""
    return (box[:, :2].astype(np.float64) + box[:, 2:]) / 2


def _best_assignment(gain: FloatArray) -> NDArray[np.intp]:
    """(M,) the row for each of M columns that together have the largest gain (N, M); -1 for those without gain."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gain, maximize=True)
    made = gain[rows, columns] > 0
    assigned = np.full(gain.shape[1], -1)
    assigned[columns[made]] = rows[made]
    return assigned
