"""Tracklets in columns: short safe tracks summarised by their two ends, what they were made of and how they look."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.tracklets.overlap_in_time import HandoverParameters, trim_overlaps
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.detections import Detections

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FEW = 10
"""Tracklets; of so many, half of what their looks have in common is taken for the video's."""


class TrackletParameters(Parameters):
    """How tracklets are summarised."""

    fit_seconds: float = Field(0.7, gt=0, le=10, description="an end's motion is fitted over up to so much time")
    stiffness_seconds: float = Field(
        0.25, ge=0, le=10, description="box jitter over usual speed: ends seen for less count as standing still"
    )
    handover: HandoverParameters = Field(
        HandoverParameters(), description="which of them give way to another, though they overlap in time"
    )
    best_crops: int = Field(16, ge=1, le=1000, description="appearance is pooled over so many detections at most")


@dataclass(frozen=True)
class TrackletEnd:
    """One end, first or last, of each of T tracklets.

    Attributes:
        frame: (T,) frame of the outermost detection.
        row: (T,) the outermost detection.
        seconds: (T,) mean time of the detections that were fitted.
        place: (T, 3) their mean x of the centre, y of the top and y of the foot, in pixels.
        velocity: (T, 3) of the same, in pixels a second.
        height: (T,) their median height in pixels.
    """

    frame: IntArray
    row: IntArray
    seconds: FloatArray
    place: FloatArray
    velocity: FloatArray
    height: FloatArray

    def at(self, seconds: FloatArray, which: IntArray) -> FloatArray:
        """(P, 3) where the fitted motion of the tracklets `which` (P,) leads at the times `seconds` (P,)."""
        return self.place[which] + self.velocity[which] * (seconds - self.seconds[which])[:, None]


@dataclass(frozen=True)
class Tracklets:
    """T tracklets over N detections, in order of their first frames.

    Attributes:
        detections: the N detections, those in no tracklet too.
        probability: (N,) of each detection to be a person.
        frame_rate: frames a second.
        owner: (N,) the tracklet of each detection, -1 for none.
        member: (M,) the detections in tracklets, by tracklet and then by frame.
        start: (T + 1,) tracklet t consists of `member[start[t]:start[t + 1]]`.
        first, last: the two ends.
        descriptor: (T, D) unit vectors of appearance, NaN where no image was seen; D is 0 without images.
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

    @property
    def count(self) -> IntArray:
        """(T,) how many detections each has."""
        return np.diff(self.start)

    @property
    def seconds(self) -> FloatArray:
        """(T,) how long each lasts, its first and last frame included."""
        duration: FloatArray = (self.last.frame - self.first.frame + 1) / self.frame_rate
        return duration

    @property
    def density(self) -> FloatArray:
        """(T,) detections per frame of its duration."""
        share: FloatArray = self.count / (self.seconds * self.frame_rate)
        return share

    def mean(self, value: FloatArray) -> FloatArray:
        """(T, ...) the mean over each tracklet of a value (N, ...) of the detections."""
        total = np.add.reduceat(value[self.member], self.start[:-1]) if len(self) else value[:0]
        mean: FloatArray = total / self.count.reshape(-1, *[1] * (value.ndim - 1))
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
) -> Tracklets:
    """Summarise the tracks of a level-one solution; how they look is not known yet, see `with_looks`.

    Where one gives way to another, detections are left out, see `hand_over`.

    Args:
        detections: N detections sorted by frame.
        track_id: (N,) as `Solution.track_ids` numbers them: from 1 in order of the first detection, 0 for none.
        probability: (N,) of each detection to be a person.
        frame_rate: frames a second.
        parameters: how.
        fixed: (N,) detections that are not left out; None: any may be.
    """
    fixed = np.zeros(len(detections), bool) if fixed is None else fixed
    track_id = trim_overlaps(detections, track_id, probability, frame_rate, fixed, parameters.handover)
    owner = track_id.astype(np.int64) - 1
    member = np.argsort(owner, kind="stable")[np.count_nonzero(owner < 0) :]
    start = np.append(0, np.cumsum(np.bincount(owner[member], minlength=int(track_id.max(initial=0)))))
    frame, length = detections.frame[member], np.diff(start)
    into = frame - np.repeat(frame[start[:-1]], length)
    left = np.repeat(frame[start[1:] - 1], length) - frame
    reach = parameters.fit_seconds * frame_rate + 1e-6
    first, last = (
        _fit_end(detections, member[near], owner[member[near]], frame_rate, parameters, outermost)
        for near, outermost in (
            (into <= reach, member[start[:-1]]),
            (left <= reach, member[start[1:] - 1]),
        )
    )
    unseen = np.zeros((len(start) - 1, 0))
    return Tracklets(detections, probability, frame_rate, owner, member, start, first, last, unseen)


def _fit_end(
    detections: Detections,
    rows: IntArray,
    owner: IntArray,
    frame_rate: float,
    parameters: TrackletParameters,
    outermost: IntArray,
) -> TrackletEnd:
    """Regularised least squares of place against time: velocity = sum dt dp / (sum dt^2 + stiffness^2)."""
    count = len(outermost)
    number = np.maximum(np.bincount(owner, minlength=count), 1)
    box, seconds = detections.box[rows].astype(np.float64), detections.frame[rows] / frame_rate
    place = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 1], box[:, 3]])
    mean_seconds = np.bincount(owner, seconds, minlength=count) / number
    mean_place = _sum(place, owner, count) / number[:, None]
    offset = seconds - mean_seconds[owner]
    scatter = np.bincount(owner, offset**2, minlength=count) + parameters.stiffness_seconds**2
    shared = _sum((place - mean_place[owner]) * offset[:, None], owner, count)
    velocity = shared / np.maximum(scatter, 1e-9)[:, None]
    height = _median(box[:, 3] - box[:, 1], owner, number)
    frame = detections.frame[outermost].astype(np.int64)
    return TrackletEnd(frame, outermost, mean_seconds, mean_place, velocity, height)


def _sum(value: FloatArray, owner: IntArray, count: int) -> FloatArray:
    return np.column_stack([np.bincount(owner, column, minlength=count) for column in value.T])


def _median(value: FloatArray, owner: IntArray, number: IntArray) -> FloatArray:
    """(T,) the median of each owner's values; `number` (T,) says how many each has, at least one."""
    ordered = value[np.lexsort((value, owner))]
    start = np.cumsum(number) - number
    if not len(ordered):
        return np.zeros(0)
    median: FloatArray = (ordered[start + (number - 1) // 2] + ordered[start + number // 2]) / 2
    return median


def best_crops(tracklets: Tracklets, which: IntArray, count: int) -> IntArray:
    """The most probable detections of the tracklets `which`, `count` of each at most, ascending."""
    member = tracklets.member[np.isin(tracklets.owner[tracklets.member], which)]
    owner = tracklets.owner[member]
    ranked = member[np.lexsort((-tracklets.probability[member], owner))]
    number = np.bincount(owner, minlength=len(tracklets))
    place = np.arange(len(ranked)) - np.repeat(np.cumsum(number) - number, number)
    return np.sort(ranked[place < count])


def with_looks(tracklets: Tracklets, rows: IntArray, descriptor: NDArray[np.floating]) -> Tracklets:
    """The tracklets with the normalised mean of the unit descriptors of some of their detections.

    First the mean of all descriptors is taken away: what everybody in a video has in common, light and camera, tells
    nobody apart. Of few tracklets it is taken away in part, as by then it is mostly what they themselves are.

    Args:
        tracklets: T tracklets.
        rows: (K,) detections that were looked at.
        descriptor: (K, D) unit descriptors of these, NaN where the image was missing.
    """
    seen = np.isfinite(descriptor).all(axis=1)
    owner, values = tracklets.owner[rows[seen]], descriptor[seen].astype(np.float64)
    number = len(np.unique(owner))
    if number:
        values = _unit(values - values.mean(axis=0) * number / (number + FEW))
    order = np.argsort(owner, kind="stable")
    total = np.full((len(tracklets), descriptor.shape[1]), np.nan)
    if len(order):
        looked_at, start = np.unique(owner[order], return_index=True)
        total[looked_at] = np.add.reduceat(values[order], start)
    return replace(tracklets, descriptor=_unit(total))


def _unit(vector: FloatArray) -> FloatArray:
    unit: FloatArray = vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-9)
    return unit
