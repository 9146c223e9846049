"""The probability of each link of tracks, also of links to boxes that became final later than the box before."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray, IntArray
from siamlink.tracker.tracks import Tracks

ScoredLinks = tuple[Pairs, FloatArray]
"""P candidate pairs of detections, and (P,) the probability that each is a link."""


def next_in_track(track_id: NDArray[np.int32]) -> IntArray:
    """(N,) the next detection of the same track, -1 for none, from the tracks (N,), sorted by frame; 0 for none."""
    following = np.full(len(track_id), -1, np.int64)
    rows = np.flatnonzero(track_id > 0)
    rows = rows[np.argsort(track_id[rows], kind="stable")]
    same = track_id[rows[1:]] == track_id[rows[:-1]]
    following[rows[:-1][same]] = rows[1:][same]
    return following


def link_probabilities(following: IntArray, *scored: ScoredLinks) -> Float32Array:
    """(N,) the probability of the link from each detection to the next one of its track.

    NaN at the end of a track, for detections in no track, and for links that are none of the pairs, as constraints may
    demand them.

    Args:
        following: (N,) the next detection of the same track, -1 for none.
        scored: the candidates of one or more levels; a pair that is scored again has the last of these.
    """
    probability = np.full(len(following), np.nan, np.float32)
    for pairs, value in scored:
        linked = following[pairs.earlier] == pairs.later
        probability[pairs.earlier[linked]] = value[linked]
    return probability


class LateLinks(NamedTuple):
    """K links from boxes that were final before: the track and the frame of each box, and the probability."""

    track_id: NDArray[np.int32]
    frame: NDArray[np.int32]
    probability: Float32Array

    @classmethod
    def joined(cls, parts: "list[LateLinks]") -> "LateLinks":
        """All of several parts, in order."""
        if len(parts) == 1:
            return parts[0]
        none = cls(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
        return cls(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))

    def set_in(self, tracks: Tracks) -> Tracks:
        """Whole tracks with these probabilities; the boxes interpolated after such a box have them too.

        The last detected box of each track, and those extrapolated after it, have none, whatever was expected when they
        became final.
        """
        if not len(tracks):
            return tracks
        order = np.lexsort((tracks.frame, tracks.track_id))
        ids, frame, detected = tracks.track_id[order], tracks.frame[order], ~tracks.interpolated[order]
        begins = np.r_[True, np.diff(ids) != 0]
        part = np.cumsum(detected | begins) - 1
        key, span = ids.astype(np.int64), int(frame.max()) + 1
        place = np.searchsorted(key * span + frame, self.track_id.astype(np.int64) * span + self.frame)
        known = place < len(order)
        known[known] = (ids[place[known]] == self.track_id[known]) & (frame[place[known]] == self.frame[known])
        value, is_late = np.zeros(part[-1] + 1, np.float32), np.zeros(part[-1] + 1, bool)
        value[part[place[known]]], is_late[part[place[known]]] = self.probability[known], True
        link = tracks.link_probability[order]
        link = np.where(is_late[part], value[part], link)
        last_part = part[np.r_[np.flatnonzero(begins)[1:] - 1, len(order) - 1]]
        link[np.isin(part, last_part)] = np.nan
        unordered = np.empty_like(link)
        unordered[order] = link
        return tracks.with_link_probability(unordered)


class LateLinkCollector:
    """Collects late links until they are taken.

    Args:
        collects: without it, nothing is kept.
    """

    def __init__(self, collects: bool) -> None:
        self._collects, self._parts = collects, list[LateLinks]()

    def add(self, rows: BoolArray, track_id: NDArray[np.int32], frame: NDArray[np.int32], link: Float32Array) -> None:
        """Add those `rows` (N,) of N detections with their tracks, frames and probabilities, all (N,)."""
        if self._collects and rows.any():
            self.collect(LateLinks(track_id[rows], frame[rows], link[rows]))

    def collect(self, links: LateLinks) -> None:
        """Add links."""
        if self._collects and len(links.track_id):
            self._parts.append(links)

    def take(self) -> LateLinks:
        """Those added since the last call."""
        parts, self._parts = self._parts, []
        return LateLinks.joined(parts)
