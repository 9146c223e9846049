"""Boxes that an earlier search found, once more: on tracks that were linked again, without a new search."""

from typing import NamedTuple

import numpy as np

from siamlink.detectors.base.arrays import Boxes
from siamlink.detectors.boxes import iou_matrix
from siamlink.tracker.searching.found_boxes import with_paths
from siamlink.tracker.searching.occupied import SAME, Occupied
from siamlink.tracker.searching.paths import Path
from siamlink.tracker.tracks import Tracks


class _End(NamedTuple):
    """The first or the last detection of a track.

    Attributes:
        track_id: of the track.
        frame: of the detection.
        direction: -1 of the first one, 1 of the last one.
        box: (1, 4) of it.
    """

    track_id: int
    frame: int
    direction: int
    box: Boxes

    def overlap(self, other: "_End") -> float:
        """The IoU with the box of another one."""
        return float(iou_matrix(self.box, other.box)[0, 0])


class EarlierFound:
    """The boxes that were found from the ends of earlier tracks.

    Args:
        tracks: the earlier tracks with these boxes.
    """

    def __init__(self, tracks: Tracks) -> None:
        self._paths: list[tuple[_End, Tracks]] = []
        searched = dict(tracks[tracks.found].by_track())
        for end in _ends(tracks[np.isin(tracks.track_id, list(searched))]):
            found = searched[end.track_id]
            away = (found.frame - end.frame) * end.direction
            order = away.argsort(kind="stable")
            self._paths.append((end, found[order[away[order] > 0]]))

    def added_to(self, tracks: Tracks) -> Tracks:
        """Tracks with the boxes that were found from an end that is one of theirs as well: other ends have none.

        Args:
            tracks: of the same video, without found boxes.
        """
        ends = _ends(tracks)
        paths = []
        for earlier, found in self._paths:
            same = [each for each in ends if (each.frame, each.direction) == (earlier.frame, earlier.direction)]
            nearest = max(same, key=earlier.overlap, default=None)
            if nearest and earlier.overlap(nearest) >= SAME:
                paths.append(_path(nearest.track_id, found))
        return with_paths(tracks, paths, Occupied(tracks))


def _ends(tracks: Tracks) -> list[_End]:
    return [
        _End(track_id, int(detected.frame[row]), direction, detected.box[row][None])
        for track_id, detected in tracks[~tracks.interpolated].by_track()
        for row, direction in ((0, -1), (-1, 1))
    ]


def _path(track_id: int, found: Tracks) -> Path:
    return Path(track_id, found.frame.astype(np.int64), found.box.astype(np.float64), found.score.astype(np.float64))
