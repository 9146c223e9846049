"""The boxes of tracks by track and then by frame, and the links between their detected boxes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True, eq=False)
class Links:
    """The M links: of each track from each detected box to its next detected box.

    Attributes:
        start: (M,) row of the first box.
        end: (M,) row of the second box.
    """

    start: IntArray
    end: IntArray


class TrackRows:
    """N boxes in order of their tracks, by id, and of their frames.

    Attributes:
        order: (N,) the row in `tracks` of each.
        frame: (N,) its frame.
        box: (N, 4) `x1 y1 x2 y2` in pixels, float64.
        score: (N,) its score, float64.
        interpolated: (N,) whether it was interpolated, extrapolated or found by a search.
        found: (N,) whether it was found by a search.
        probability: (N,) of the link to the next box; NaN where it is not known.
        ids: (K,) the ids of the tracks, ascending.
        start: (K,) the first row of each track.
        stop: (K,) the row after its last.
        track: (N,) the track of each row, from 0.
        label: (N,) the class of each box.
    """

    def __init__(self, tracks: Tracks) -> None:
        self.order = np.lexsort((tracks.frame, tracks.track_id)).astype(np.int64)
        self.frame: IntArray = tracks.frame[self.order].astype(np.int64)
        self.box: FloatArray = tracks.box[self.order].astype(np.float64)
        self.score: FloatArray = tracks.score[self.order].astype(np.float64)
        self.interpolated: BoolArray = tracks.interpolated[self.order]
        self.found: BoolArray = tracks.found[self.order]
        self.probability: FloatArray = tracks.link_probability[self.order].astype(np.float64)
        self.label: IntArray = tracks.label[self.order].astype(np.int64)
        ids, start, track = np.unique(tracks.track_id[self.order], return_index=True, return_inverse=True)
        self.ids, self.start, self.track = ids.astype(np.int64), start.astype(np.int64), track.astype(np.int64)
        self.stop: IntArray = np.append(self.start, len(self.frame))[1:].astype(np.int64)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def links(self) -> Links:
        """The links between detected boxes."""
        detected = np.flatnonzero(~self.interpolated)
        same = self.track[detected[:-1]] == self.track[detected[1:]]
        return Links(detected[:-1][same], detected[1:][same])

    @cached_property
    def centre(self) -> FloatArray:
        """(N, 2) the centres of the boxes in pixels."""
        return (self.box[:, :2] + self.box[:, 2:]) / 2

    @cached_property
    def size(self) -> FloatArray:
        """(N,) the square root of the area of each box, in pixels."""
        return np.asarray(np.sqrt((self.box[:, 2:] - self.box[:, :2]).prod(axis=1)))

    @cached_property
    def classes(self) -> IntArray:
        """(K,) the class of each track: that of most of its boxes."""
        pairs, counts = np.unique(np.column_stack([self.track, self.label]), axis=0, return_counts=True)
        best = np.lexsort((-counts, pairs[:, 0]))
        first = np.unique(pairs[best, 0], return_index=True)[1]
        return np.asarray(pairs[best[first], 1])

    def at(self, track: IntArray, frame: IntArray) -> IntArray:
        """(L,) the row of a track's box in a frame or, if it has none there, of its next box; N after its last."""
        width = int(self.frame.max(initial=0)) + 2
        row = np.searchsorted(self.track * width + self.frame, track * width + np.minimum(frame, width - 1))
        return np.where(row < self.stop[track], row, len(self)).astype(np.int64)

    def speed(self, frame_rate: float | None) -> FloatArray:
        """(K,) the median speed of the centre of each track in pixels per second; NaN where it is not known.

        Distances are taken over one second, over half of a track that is shorter than two, so that the jitter of boxes
        hardly counts.
        """
        speeds = np.full(len(self.ids), np.nan)
        if not frame_rate or not len(self):
            return speeds
        span = self.frame[self.stop - 1] - self.frame[self.start]
        lag = np.clip(round(frame_rate), 1, np.maximum(span // 2, 1))
        later = self.at(self.track, self.frame + lag[self.track])
        first = np.flatnonzero(later < len(self))
        second = later[first]
        seconds = (self.frame[second] - self.frame[first]) / frame_rate
        speed = np.linalg.norm(self.centre[second] - self.centre[first], axis=1) / seconds
        ordered = np.lexsort((speed, self.track[first]))
        tracks, begin, count = np.unique(self.track[first][ordered], return_index=True, return_counts=True)
        middle = speed[ordered[begin + (count - 1) // 2]], speed[ordered[begin + count // 2]]
        speeds[tracks] = (middle[0] + middle[1]) / 2
        return speeds
