"""A fast online tracker: a Kalman filter for each track, and the Hungarian method on matching probabilities."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.assignment import linear_sum_assignment
from siamlink.detectors.base.arrays import FloatArray, Image, IntArray
from siamlink.detectors.boxes import centres, iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.class_vote import ClassVote
from siamlink.tracker.linking.kalman_filter import measurement
from siamlink.tracker.linking.kalman_tracks import KalmanTracks
from siamlink.tracker.linking.left_out import (
    DUPLICATE,
    FALSE_ALARM,
    IN_TRACK,
    UNCONFIRMED,
    LeftOutCollector,
    Reasons,
)
from siamlink.tracker.linking.link_probability import LateLinkCollector
from siamlink.tracker.linking.online_scores import OnlineScores, Scores
from siamlink.tracker.linking.processed_frames import ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup, read_frame
from siamlink.tracker.parameters import Matching
from siamlink.tracker.tracks import Tracks

BLOCK = 4000
"""Detections that `update_many` scores together, at least."""


class _FrameScores(NamedTuple):
    """The N detections of a frame, and the evidence for them in nats; rows count from the first detection ever.

    Attributes:
        frame: its number.
        row: (N,) of each.
        box: (N, 4) `x1 y1 x2 y2` in pixels.
        measured: (N, 4) the same as `measurement` gives it.
        centre: (N, 2) the centres.
        label: (N,) classes; all 0 if classes are ignored.
        evidence: (N,) that each is an object.
        earlier: (P,) rows of the earlier detections of likely links.
        column: (P,) the later ones, of the N.
        link: (P,) the logarithm of their probability.
    """

    frame: int
    row: IntArray
    box: NDArray[np.float32]
    measured: FloatArray
    centre: FloatArray
    label: NDArray[np.int16]
    evidence: FloatArray
    earlier: IntArray
    column: IntArray
    link: FloatArray


class KalmanTracker:
    """Links the detections of each new frame to the open tracks, by Kalman gate and Hungarian method.

    A track is reported from the frame on in which the evidence for it exceeds `online.entry`; its id counts from 1 in
    the order of these frames and is never used again.

    Args:
        setup: frame rate, settings and models.
        appearance: describes detections; None: geometry alone decides.

    Attributes:
        frame: the number of the present frame.
        last_ids: (N,) the track of each detection of the present frame, 0 where it is not reported.
        left_out: the detections that are not reported.
        late_links: none, as links are chosen by motion too, and its cost is no probability.
        judgement: None, as there are no tracklets of which all detections are described.
        explained: None, as links are chosen frame by frame, not by a program.
    """

    matching: Matching = "learned"
    explained: None = None
    judgement: None = None

    def __init__(self, setup: TrackerSetup, appearance: AppearanceSource | None = None) -> None:
        self.frame = self.open_count = self.compared_count = 0
        self.last_ids = np.zeros(0, np.int32)
        self.left_out = LeftOutCollector(setup.collects_left_out)
        self.late_links = LateLinkCollector(collects=False)
        self._setup, self._appearance = setup, appearance
        self._processed = ProcessedFrames(setup.stride)
        self._scores = OnlineScores(setup, self._processed)
        self._tracks, self._class_vote = KalmanTracks(), ClassVote(setup.frame_rate)
        self._next_id = 1

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame and return its tracks; see `LinearProgramTracker.update`."""
        number, new, image = read_frame(detections, image, frame_number, self.frame)
        if detections is not None:
            self._processed.add(number, len(new) > 0)
        rows = self._setup.without_duplicates(new)
        selected = new[rows]
        self._leave_out(new, rows)
        if self._appearance:
            self._appearance.see(number, image, selected.box)
        self.last_ids = np.zeros(len(new), np.int32)
        for scores in self._scored_frames(selected):
            ids = self._follow(scores)
            self.left_out.add(selected, _reasons(ids, scores.evidence))
            self.last_ids[rows] = ids
        self._move_on_to(number)
        return self._class_vote.voted(Tracks.from_detections(selected, self.last_ids[rows], row=rows.astype(np.int32)))

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of later frames without images, in blocks of `BLOCK` detections or more.

        Yields:
            What `update` would return frame by frame, joined. `last_ids` is left as it was.
        """
        self._processed.add(detections.frame)
        rows = self._setup.without_duplicates(detections)
        selected, row = detections[rows], detections.row_in_frame[rows]
        self._leave_out(detections, rows)
        for start, stop in pairwise(_frame_bounds(selected.frame, BLOCK)):
            block = selected[start:stop]
            if self._appearance:
                for number, each in block.by_frame():
                    self._appearance.see(number, None, each.box)
            followed = [(self._follow(scores), scores.evidence) for scores in self._scored_frames(block)]
            ids, evidence = (np.concatenate(each) for each in zip(*followed, strict=True))
            self.left_out.add(block, _reasons(ids, evidence))
            yield self._class_vote.voted_by_frame(Tracks.from_detections(block, ids, row=row[start:stop]))

    def finish(self) -> Tracks:
        """Nothing: the tracks of every frame are final with it."""
        return Tracks.empty()

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final: the present one."""
        return self.frame

    def _scored_frames(self, new: Detections) -> Iterator[_FrameScores]:
        """The new detections frame by frame, and the evidence for them and their links."""
        if not len(new):
            return
        costs, scores = self._setup.parameters.costs, self._scores.take_in(new)
        link, first = self._revised(scores), scores.first_new_row
        row, label = np.arange(first, first + len(new)), self._setup.compared_label(new)
        likely = (link >= self._setup.parameters.online.min_link_probability).nonzero()[0]
        earlier, later, nats = scores.pairs.earlier[likely], scores.pairs.later[likely] - first, np.log(link[likely])
        q = np.clip(scores.detection, costs.probability_floor, 1 - costs.probability_floor)
        evidence = np.log(q / (1 - q)) - costs.detection_bias
        bounds, measured, centre = _frame_bounds(new.frame), measurement(new.box), centres(new.box)
        place = np.searchsorted(bounds, later, side="right")
        pair_bounds = np.searchsorted(place, np.arange(1, len(bounds) + 1)).tolist()
        for (start, stop), (begin, end) in zip(pairwise(bounds), pairwise(pair_bounds), strict=True):
            yield _FrameScores(
                int(new.frame[start]),
                row[start:stop],
                new.box[start:stop],
                measured[start:stop],
                centre[start:stop],
                label[start:stop],
                evidence[start:stop],
                earlier[begin:end],
                later[begin:end] - start,
                nats[begin:end],
            )

    def _revised(self, scores: Scores) -> FloatArray:
        """(P,) the probability of each link, by appearance where geometry leaves it open."""
        matcher = self._setup.matcher
        if self._appearance:
            self._appearance.forget(scores.dropped_count, 0)
        if matcher.appearance is None or self._appearance is None:
            return scores.link
        undecided = np.flatnonzero(self._setup.parameters.appearance_gate.leaves_open(scores.link))
        pairs = scores.pairs[undecided]
        with self._setup.stopwatch.stage("appearance"):
            in_window = Pairs(pairs.earlier - scores.first_row, pairs.later - scores.first_row)
            compared = self._appearance.compare(Detections.empty(), in_window)
        self.open_count += len(undecided)
        self.compared_count += int(compared.available.sum())
        return matcher.revise(scores.link, scores.features, scores.pairs, undecided, compared, scores.class_nats)

    def _leave_out(self, detections: Detections, rows: NDArray[np.intp]) -> None:
        """Note the detections that are not in `rows` as duplicates."""
        self.left_out.add(detections[np.setdiff1d(np.arange(len(detections)), rows)], DUPLICATE)

    def _follow(self, scores: _FrameScores) -> NDArray[np.int32]:
        """(N,) the track of each detection of a frame, 0 where it is not reported."""
        self._move_on_to(scores.frame)
        track, tracks = self._link(scores), self._tracks
        self._recover(track, scores)
        self._extend(track, scores)
        tracks.row[track], tracks.label[track], tracks.last_frame[track] = scores.row, scores.label, scores.frame
        tracks.evidence[track] += scores.evidence
        begins = track[(tracks.track_id[track] == 0) & (tracks.evidence[track] > self._setup.parameters.online.entry)]
        if len(begins):
            tracks.track_id[begins] = self._next_id + np.arange(len(begins))
            self._next_id += len(begins)
        return tracks.track_id[track].astype(np.int32)

    def _move_on_to(self, frame: int) -> None:
        """Close tracks that were not detected for too long before this frame, and predict the others to it."""
        tracks = self._tracks
        if len(tracks):
            longest, rate = self._scores.longest_gap, self._setup.frame_rate
            patience = max(longest, self._setup.parameters.online.max_lost_seconds * rate)
            still_open = frame - tracks.last_frame <= np.where(tracks.track_id > 0, patience, longest)
            if not still_open.all():
                tracks.keep(still_open)
            for _ in range(frame - self.frame):
                tracks.motion.predict(1 / rate)
        self.frame = frame

    def _link(self, scores: _FrameScores) -> NDArray[np.intp]:
        """(N,) the open track that each detection continues, by matching probability and motion together; -1 for none.

        The likelihood of a link is the matching probability times the Gaussian of the distance from the predicted
        place; its gain is the number of nats by which it beats the least likely link that is made.
        """
        online, tracks = self._setup.parameters.online, self._tracks
        place = {row: index for index, row in enumerate(tracks.row.tolist())}
        owner = np.array([place.get(row, -1) for row in scores.earlier.tolist()], np.intp)
        own = (owner >= 0).nonzero()[0]
        track, column, nats = owner[own], scores.column[own], scores.link[own]
        deviations = tracks.motion.deviations(track, scores.centre[column])
        worst = np.log(online.min_link_probability) - online.gate_deviations**2 / 2
        gain = np.zeros((len(tracks), len(scores.box)))
        gain[track, column] = np.where(deviations < online.gate_deviations, nats - deviations**2 / 2 - worst, 0.0)
        assigned = _best_assignment(gain)
        made = assigned[column] == track
        tracks.evidence[track[made]] += nats[made]
        return assigned

    def _recover(self, track: NDArray[np.intp], scores: _FrameScores) -> None:
        """Assign the other detections to the other reported tracks of their class, by overlap with predicted boxes.

        This continues tracks after gaps that are longer than the link model allows.
        """
        tracks, free = self._tracks, (track < 0).nonzero()[0]
        if not len(free):
            return
        lost = tracks.track_id > 0
        lost[track[track >= 0]] = False
        waiting = lost.nonzero()[0]
        if len(waiting):
            overlap = iou_matrix(tracks.motion.boxes(waiting), scores.box[free])
            overlap[overlap < self._setup.parameters.online.min_iou] = 0
            overlap[tracks.label[waiting, None] != scores.label[free]] = 0
            assigned = _best_assignment(overlap)
            track[free[assigned >= 0]] = waiting[assigned[assigned >= 0]]

    def _extend(self, track: NDArray[np.intp], scores: _FrameScores) -> None:
        """Correct the motion of tracks by their detections, and open new tracks at the others."""
        tracks, new = self._tracks, (track < 0).nonzero()[0]
        if not len(new):
            tracks.motion.update(track, scores.measured)
            return
        continued = (track >= 0).nonzero()[0]
        tracks.motion.update(track[continued], scores.measured[continued])
        track[new] = len(tracks) + np.arange(len(new))
        tracks.add(scores.box[new])


def _frame_bounds(frame: NDArray[np.int32], least: int = 1) -> list[int]:
    """The first rows of frames (N,), ascending, of which each has `least` rows or more to the next; and the end."""
    starts = np.flatnonzero(np.diff(frame, prepend=0))
    return [*starts[np.diff(starts // least, prepend=-1) > 0].tolist(), len(frame)]


def _reasons(track_id: NDArray[np.int32], evidence: FloatArray) -> Reasons:
    """(N,) why detections are not reported, by their track (N,) and the evidence for them (N,)."""
    reason = np.where(evidence < 0, FALSE_ALARM, UNCONFIRMED)
    return np.where(track_id > 0, IN_TRACK, reason).astype(np.uint8)


def _best_assignment(gain: FloatArray) -> NDArray[np.intp]:
    """(M,) the row for each of M columns that together have the largest gain (N, M); -1 for those without gain."""
    rows, columns = linear_sum_assignment(gain, maximize=True)
    made = gain[rows, columns] > 0
    assigned = np.full(gain.shape[1], -1)
    assigned[columns[made]] = rows[made]
    return assigned
