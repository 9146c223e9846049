"""Whether appearance tells the objects of a video apart, by the video's own tracklets.

A tracklet is one object, and tracklets that coexist are several. So the beginning of a tracklet should be more similar
to its end than to the ends of others. A network that does not know the class, or boxes that all look alike, fail here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import unit
from siamlink.association.appearance.separation import Judgement, calibrated_similarity
from siamlink.association.tracklets.appearance import centred_descriptors
from siamlink.association.tracklets.features import LONGEST_SECONDS
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.base.arrays import FloatArray, IntArray

LEAST = 0.4
"""The information, of 1, from which appearance is used; what counts is the estimate plus its standard error."""
FEWEST = 5
"""With fewer tracklets, nothing is known, and appearance is used."""
FEWEST_CROPS = 4
"""Described detections of a tracklet from which its beginning and its end are compared."""
GAP_SECONDS = 0.2
"""A tracklet counts as several at a longer gap."""
MOST_TRACKLETS = 1000
"""The latest tracklets that count."""
GROWTH = 0.1
"""The share of new tracklets after which the information is estimated anew."""

Key = tuple[int, bytes]
"""The first frame of a tracklet and its box there."""


@dataclass(frozen=True)
class _Evidence:
    """What one tracklet says.

    Attributes:
        same: similarity of its beginning and its end.
        different: (K,) similarities of one of these to the other end of tracklets that coexist with it.
        seconds: its duration, at most `LONGEST_SECONDS`: the longer, the more the two ends can differ.
    """

    same: float
    different: FloatArray
    seconds: float


class Separation:
    """How far descriptors separate the tracklets of one video, and whether they are used."""

    def __init__(self) -> None:
        self._information: float | None = None
        self._judged = self._refused = 0
        self._evidence: dict[Key, _Evidence] = {}
        self._unseen, self._uses = 0, True

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets have said so far; None if none have been described."""
        return Judgement(self._information, self._refused / self._judged) if self._judged else None

    def judge(self, tracklets: Tracklets, rows: NDArray[np.int64], descriptor: NDArray[np.floating]) -> bool:
        """Learn from described tracklets; returns whether their descriptors are used.

        Args:
            tracklets: T tracklets.
            rows: (K,) detections of them.
            descriptor: (K, D) their unit descriptors, NaN where the image was missing.
        """
        self._learn(tracklets, rows, descriptor)
        if len(self._evidence) >= FEWEST and self._unseen > GROWTH * (len(self._evidence) - self._unseen):
            self._estimate()
        self._judged += 1
        self._refused += not self._uses
        return self._uses

    def _learn(self, tracklets: Tracklets, rows: NDArray[np.int64], descriptor: NDArray[np.floating]) -> None:
        """Take in what the tracklets say that are long enough and coexist with others."""
        _, values = centred_descriptors(tracklets, rows, descriptor)
        if not values.size:
            return
        piece, first, last, box = _pieces(tracklets)
        shown = piece[rows[np.isfinite(descriptor).all(axis=1)]]
        order = np.argsort(shown, kind="stable")
        number, start, count = np.unique(shown[order], return_index=True, return_counts=True)
        long = count >= FEWEST_CROPS
        number, start, count = number[long], start[long], count[long]
        third = count // 3
        total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values[order], axis=0)])
        head, tail = (
            unit(total[start + third] - total[start]),
            unit(total[start + count] - total[start + count - third]),
        )
        similarity = head @ tail.T
        first, last, box = first[number], last[number], box[number]
        coexist = (first[:, None] <= last) & (first <= last[:, None]) & ~np.eye(len(number), dtype=bool)
        seconds = np.minimum((last - first + 1) / tracklets.frame_rate, LONGEST_SECONDS)
        for place in np.flatnonzero(coexist.any(axis=1)).tolist():
            key = int(first[place]), box[place].tobytes()
            self._unseen += key not in self._evidence
            self._evidence.pop(key, None)  # the latest are the last
            self._evidence[key] = _Evidence(
                float(similarity[place, place]), similarity[place, coexist[place]], float(seconds[place])
            )
        for key in list(self._evidence)[:-MOST_TRACKLETS]:
            del self._evidence[key]

    def _estimate(self) -> None:
        """Estimate the information, and decide; few tracklets, whose error is large, leave the benefit of the doubt."""
        known, self._unseen = list(self._evidence.values()), 0
        same, seconds = np.array([each.same for each in known]), np.array([each.seconds for each in known])
        different, owner = np.concatenate([each.different for each in known]), _owners(known)
        count = np.bincount(owner)
        calibration = calibrated_similarity(same, different, seconds, (seconds / count)[owner])
        mean_loss = np.bincount(owner, calibration.loss(different, same=False)) / count
        loss, weight = (calibration.loss(same, same=True) + mean_loss) / 2, seconds / seconds.sum()
        error = float(np.sqrt(np.sum((weight * (loss - weight @ loss)) ** 2)))
        self._information = calibration.information
        self._uses = self._information + error >= LEAST


def _owners(known: list[_Evidence]) -> NDArray[np.intp]:
    """The place of the tracklet of each of all `different` similarities."""
    return np.repeat(np.arange(len(known)), [len(each.different) for each in known])


def _pieces(tracklets: Tracklets) -> tuple[IntArray, IntArray, IntArray, NDArray[np.float32]]:
    """The parts of tracklets without a longer gap, across which a link may be wrong, as in a track that was continued.

    Returns:
        (N,) the piece of each detection, -1 for none; of each piece its first and last frame (Q,) and first box (Q, 4).
    """
    detections, member = tracklets.detections, tracklets.member
    frame, owner = detections.frame[member].astype(np.int64), tracklets.owner[member]
    longest = max(GAP_SECONDS * tracklets.frame_rate, 2)
    begins = np.append(True, (np.diff(owner) != 0) | (np.diff(frame) > longest))
    piece = np.full(len(detections), -1)
    piece[member] = np.cumsum(begins) - 1
    ends = np.append(begins[1:], True)
    return piece, frame[begins], frame[ends], detections.box[member[begins]]
