"""Tracklets in columns: short, safe tracks, summarised by their two ends, their detections and their appearance."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.classes import UNKNOWN_CLASSES, ClassEvidence, most_frequent
from siamlink.association.tracklets.overlap_in_time import TrimParameters, trim_overlaps
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.parameters import Parameters, renamed
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import ranges

LOOPS = "siamlink.association.tracklets.summary_loops"


class TrackletParameters(Parameters):
    """How tracklets are summarised."""

    fit_seconds: float = Field(
        0.7, gt=0, le=10, description="the motion of a tracklet's end is fitted to this many seconds of detections"
    )
    stiffness_seconds: float = Field(
        0.25,
        ge=0,
        le=10,
        description="damps the velocity fitted to an end with detections for less than this many seconds",
    )
    trim: TrimParameters = Field(
        TrimParameters(),
        description="when two tracklets of one object that overlap in time are trimmed",
        json_schema_extra=renamed(former_name="handover"),
    )
    best_crops: int = Field(
        16,
        ge=1,
        le=1000,
        description="maximum number of detections of a tracklet whose appearance descriptors are averaged",
    )


@dataclass(frozen=True)
class TrackletEnd:
    """One end, first or last, of each of T tracklets.

    Attributes:
        frame: (T,) frame of the outermost detection.
        row: (T,) row of the outermost detection.
        seconds: (T,) mean time of the fitted detections.
        place: (T, 3) their mean x of the centre, y of the top and y of the foot, in pixels.
        velocity: (T, 3) of the same, in pixels per second.
        height: (T,) their median box height in pixels.
    """

    frame: IntArray
    row: IntArray
    seconds: FloatArray
    place: FloatArray
    velocity: FloatArray
    height: FloatArray

    def part(self, which: IntArray) -> "TrackletEnd":
        """Those of some tracklets (K,)."""
        return TrackletEnd(**{name: value[which] for name, value in vars(self).items()})

    def at(self, seconds: FloatArray, which: IntArray) -> FloatArray:
        """(P, 3) places of the tracklets `which` (P,), extrapolated by their fitted motion to `seconds` (P,)."""
        return self.place[which] + self.velocity[which] * (seconds - self.seconds[which])[:, None]


@dataclass(frozen=True)
class Tracklets:
    """T tracklets over N detections, in order of their first frames.

    Attributes:
        detections: the N detections, including those in no tracklet.
        probability: (N,) that each detection shows an object.
        frame_rate: frames per second.
        owner: (N,) the tracklet of each detection, -1 for none.
        member: (M,) rows of the detections in tracklets, ordered by tracklet and then by frame.
        start: (T + 1,) tracklet t consists of `member[start[t]:start[t + 1]]`.
        first, last: the two ends.
        descriptor: (T, D) unit vectors of appearance, NaN without an image; D is 0 without an appearance.
    """

    detections: Detections
    probability: FloatArray
    frame_rate: float
    owner: IntArray
    member: IntArray
    start: IntArray
    first: TrackletEnd
    last: TrackletEnd
    descriptor: FloatArray

    def __len__(self) -> int:
        return len(self.start) - 1

    def part(self, which: IntArray) -> "Tracklets":
        """Some of the tracklets, by ascending numbers (K,); detections of others have the owner K."""
        number = np.full(len(self) + 1, len(which))
        number[which] = np.arange(len(which))
        length = self.count[which]
        return replace(
            self,
            owner=np.where(self.owner >= 0, number[self.owner], -1),
            member=self.member[ranges(self.start[which], self.start[which + 1])],
            start=np.append(0, np.cumsum(length)),
            first=self.first.part(which),
            last=self.last.part(which),
            descriptor=self.descriptor[which],
        )

    @property
    def count(self) -> IntArray:
        """(T,) number of detections of each."""
        count: IntArray = self.start[1:] - self.start[:-1]
        return count

    @property
    def seconds(self) -> FloatArray:
        """(T,) duration of each, including its first and its last frame."""
        duration: FloatArray = (self.last.frame - self.first.frame + 1) / self.frame_rate
        return duration

    @property
    def label(self) -> NDArray[np.int16]:
        """(T,) the most frequent class of each."""
        return most_frequent(self.detections.label[self.member], self.owner[self.member], len(self))

    @property
    def density(self) -> FloatArray:
        """(T,) detections per frame of the duration."""
        share: FloatArray = self.count / (self.seconds * self.frame_rate)
        return share

    def mean(self, value: FloatArray) -> FloatArray:
        """(T,) the mean over each tracklet of a value (N,) of the detections."""
        return self.mean_of_members(value[self.member])

    def mean_of_members(self, value: FloatArray) -> FloatArray:
        """(T,) the mean over each tracklet of a value (M,) of the members."""
        if loops := compiled(LOOPS, len(value)):
            by_loops: FloatArray = loops.means(np.ascontiguousarray(value, np.float64), self.start)
            return by_loops
        mean: FloatArray = (np.add.reduceat(value, self.start[:-1]) if len(self) else value[:0]) / self.count
        return mean

    def largest(self, value: NDArray[Any]) -> NDArray[Any]:
        """(T,) the largest over each tracklet of a value (N,) of the detections."""
        largest: NDArray[Any] = np.maximum.reduceat(value[self.member], self.start[:-1]) if len(self) else value[:0]
        return largest


def make_tracklets(
    detections: Detections,
    track_id: NDArray[np.int32],
    probability: FloatArray,
    frame_rate: float,
    parameters: TrackletParameters,
    fixed: NDArray[np.bool_] | None = None,
    classes: ClassEvidence = UNKNOWN_CLASSES,
) -> Tracklets:
    """Summarise the tracks of the first level, without descriptors; `with_appearance` adds these.

    Tracklets of one object that overlap in time are trimmed, see `trim_overlaps`.

    Args:
        detections: N detections sorted by frame.
        track_id: (N,) as `Solution.track_ids` numbers them: from 1 in order of the first detection, 0 for none.
        probability: (N,) that each detection shows an object.
        frame_rate: frames per second.
        parameters: how tracklets are summarised and trimmed.
        fixed: (N,) detections that may not be trimmed; by default any may be.
        classes: evidence for two classes being one object.
    """
    fixed = np.zeros(len(detections), bool) if fixed is None else fixed
    track_id = trim_overlaps(detections, track_id, probability, frame_rate, fixed, parameters.trim, classes)
    owner = track_id.astype(np.int64) - 1
    reach = parameters.fit_seconds * frame_rate + 1e-6
    if loops := compiled(LOOPS, len(owner)):
        member, start = loops.members(owner, int(track_id.max(initial=0)))
        frame, box = np.ascontiguousarray(detections.frame), np.ascontiguousarray(detections.box)
        settings = reach, float(frame_rate), parameters.stiffness_seconds**2
        first, last = (TrackletEnd(*loops.ends(frame, box, member, start, *settings, side)) for side in (0, 1))
        nothing = np.zeros((len(start) - 1, 0))
        return Tracklets(detections, probability, frame_rate, owner, member, start, first, last, nothing)
    member = np.argsort(owner, kind="stable")[np.count_nonzero(owner < 0) :]
    start = np.append(0, np.cumsum(np.bincount(owner[member], minlength=int(track_id.max(initial=0)))))
    frame, length = detections.frame[member], np.diff(start)
    since_first = frame - np.repeat(frame[start[:-1]], length)
    until_last = np.repeat(frame[start[1:] - 1], length) - frame
    first, last = (
        _fit_end(detections, member[near], owner[member[near]], frame_rate, parameters, outermost)
        for near, outermost in (
            (since_first <= reach, member[start[:-1]]),
            (until_last <= reach, member[start[1:] - 1]),
        )
    )
    no_descriptors = np.zeros((len(start) - 1, 0))
    return Tracklets(detections, probability, frame_rate, owner, member, start, first, last, no_descriptors)


def _fit_end(
    detections: Detections,
    rows: IntArray,
    owner: IntArray,
    frame_rate: float,
    parameters: TrackletParameters,
    outermost: IntArray,
) -> TrackletEnd:
    """Regularised least squares of place p against time t: velocity = sum(dt dp) / (sum(dt^2) + stiffness^2).

    Args:
        detections: N detections.
        rows: (K,) the detections of the ends.
        owner: (K,) the tracklet of each.
        frame_rate: frames per second.
        parameters: the stiffness.
        outermost: (T,) the first, or last, detection of each tracklet.
    """
    count = len(outermost)
    number = np.maximum(np.bincount(owner, minlength=count), 1)
    box, seconds = detections.box[rows].astype(np.float64), detections.frame[rows] / frame_rate
    place = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 1], box[:, 3]])
    mean_seconds = np.bincount(owner, seconds, minlength=count) / number
    mean_place = _sum(place, owner, count) / number[:, None]
    offset = seconds - mean_seconds[owner]
    variance = np.bincount(owner, offset**2, minlength=count) + parameters.stiffness_seconds**2
    covariance = _sum((place - mean_place[owner]) * offset[:, None], owner, count)
    velocity = covariance / np.maximum(variance, 1e-9)[:, None]
    height = _median(box[:, 3] - box[:, 1], owner, number)
    frame = detections.frame[outermost].astype(np.int64)
    return TrackletEnd(frame, outermost, mean_seconds, mean_place, velocity, height)


def _sum(value: FloatArray, owner: IntArray, count: int) -> FloatArray:
    return np.column_stack([np.bincount(owner, column, minlength=count) for column in value.T])


def _median(value: FloatArray, owner: IntArray, number: IntArray) -> FloatArray:
    """(T,) median of the values (K,) of each owner (K,); `number` (T,) of values of each is at least 1."""
    ordered = value[np.lexsort((value, owner))]
    start = np.cumsum(number) - number
    if not len(ordered):
        return np.zeros(0)
    median: FloatArray = (ordered[start + (number - 1) // 2] + ordered[start + number // 2]) / 2
    return median
