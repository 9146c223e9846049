"""Constraints that turn the boxes of an earlier result, or of a detector, into corrected tracks.

An earlier box belongs to the corrected track whose box overlaps it best in its frame. Where consecutive boxes of a
corrected track are of different earlier tracks, they must be in one; where consecutive boxes of an earlier track are of
different corrected tracks, they cannot be. So that nothing else changes there, the first and the last of the boxes that
stay together must do so too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from siamlink.association.training.ground_truth import GroundTruth, identify
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.tracks import Tracks

LONGEST_SECONDS = 10.0
"""Two corrected tracks are kept apart if one begins so long after the end of the other at most."""
ConstraintLine = tuple[str, int, int]
"""`must` or `cannot`, and the rows of two boxes."""


@dataclass(frozen=True)
class Matched:
    """Earlier boxes, and the corrected track of each.

    Attributes:
        boxes: N earlier boxes that were detected.
        earlier: (N,) their earlier tracks; all different for detections.
        corrected: (N,) the track of each after the correction; below 1 for none.
    """

    boxes: Detections
    earlier: IntArray
    corrected: IntArray

    @property
    def lines(self) -> list[ConstraintLine]:
        """The constraints, in order of the frames of their first boxes."""
        changed = self._changed
        lines = {*self._joins(), *self._splits(), *self._kept(changed)}
        return sorted(lines, key=lambda line: (self.boxes.frame[line[1]], line))

    @property
    def _changed(self) -> IntArray:
        """The earlier and corrected tracks that differ, as rows of boxes that are in one of them."""
        known = self.corrected > 0
        pairs = np.unique(np.column_stack([self.earlier[known], self.corrected[known]]), axis=0)
        split = [each for each, count in zip(*np.unique(pairs[:, 0], return_counts=True), strict=True) if count > 1]
        joined = [each for each, count in zip(*np.unique(pairs[:, 1], return_counts=True), strict=True) if count > 1]
        return np.flatnonzero(known & (np.isin(self.earlier, split) | np.isin(self.corrected, joined)))

    def _joins(self) -> Iterator[ConstraintLine]:
        for a, b in _consecutive(self.corrected):
            if self.earlier[a] != self.earlier[b]:
                yield "must", a, b

    def _splits(self) -> Iterator[ConstraintLine]:
        rows = np.flatnonzero(self.corrected > 0)
        for a, b in _consecutive(self.earlier, rows):
            if self.corrected[a] != self.corrected[b]:
                yield "cannot", a, b

    def _kept(self, changed: IntArray) -> Iterator[ConstraintLine]:
        for track in np.unique(self.corrected[changed]).tolist():
            rows = np.flatnonzero(self.corrected == track)
            for run in np.split(rows, np.flatnonzero(np.diff(self.earlier[rows])) + 1):
                if len(run) > 1:
                    yield "must", int(run[0]), int(run[-1])


def match(boxes: Detections, earlier: IntArray, corrected: Tracks) -> Matched:
    """Find the corrected track of each of N earlier boxes, of which `earlier` (N,) are the tracks."""
    truth = GroundTruth(corrected, corrected.track_id.astype(np.int64))
    return Matched(boxes, earlier, identify(boxes, truth))


def keep_apart(matched: Matched, frame_rate: float) -> list[ConstraintLine]:
    """Lines that keep each two corrected tracks apart of which one begins soon after the end of the other."""
    ends = [
        (int(rows[0]), int(rows[-1]))
        for track in np.unique(matched.corrected[matched.corrected > 0]).tolist()
        for rows in [np.flatnonzero(matched.corrected == track)]
    ]
    frame = matched.boxes.frame
    return [
        ("cannot", last, first)
        for _, last in ends
        for first, _ in ends
        if 0 < frame[first] - frame[last] <= LONGEST_SECONDS * frame_rate
    ]


def constraints_text(tracks_file: str, frame: IntArray, track_id: IntArray, lines: list[ConstraintLine]) -> str:
    """The file that `siamlink track --constraints` reads.

    Args:
        tracks_file: the file that holds the boxes, relative to the folder of the constraints.
        frame: (N,) of the boxes.
        track_id: (N,) in this file.
        lines: the constraints.
    """
    named = [f"{kind} {frame[a]} {track_id[a]} {frame[b]} {track_id[b]}\n" for kind, a, b in lines]
    return "".join([f"tracks {tracks_file}\n", *named])


def _consecutive(track: IntArray, rows: IntArray | None = None) -> Iterator[tuple[int, int]]:
    """Each two consecutive rows of one track (N,), whose number is above 0, of some rows that are sorted by frame."""
    chosen = np.flatnonzero(track > 0) if rows is None else rows
    order = chosen[np.argsort(track[chosen], kind="stable")]
    same = np.flatnonzero(track[order[1:]] == track[order[:-1]])
    yield from zip(order[same].tolist(), order[same + 1].tolist(), strict=True)
