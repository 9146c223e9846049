"""The class of a track: the most frequent one of its detections."""

from collections import Counter, defaultdict

import numpy as np

from siamlink.tracker.tracks import Tracks

LONGEST_SECONDS = 60.0
"""Votes of tracks that had no box for so long are forgotten; no tracker continues a track after such a gap."""


class ClassVote:
    """Counts the classes of the detections of each track, as its boxes become final.

    Args:
        frame_rate: frames per second.
    """

    def __init__(self, frame_rate: float) -> None:
        self._votes: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._last: dict[int, int] = {}
        self._seen: set[int] = set()
        self._longest = max(1, round(LONGEST_SECONDS * frame_rate))
        self._due = self._longest

    def voted(self, tracks: Tracks) -> Tracks:
        """Boxes that are final now, each with the class of most detections of its track so far, these included.

        Of classes with equally many votes, the first one of the track wins.
        """
        if not len(tracks):
            return tracks
        self._count(tracks)
        if len(self._seen) < 2:
            return tracks
        ids, place = np.unique(tracks.track_id, return_inverse=True)
        first = tracks.label[np.unique(tracks.track_id, return_index=True)[1]]
        winner = np.array(
            [
                self._votes[each].most_common(1)[0][0] if each in self._votes else label
                for each, label in zip(ids.tolist(), first.tolist(), strict=True)
            ],
            np.int16,
        )
        return tracks.with_label(winner[place])

    def voted_by_frame(self, tracks: Tracks) -> Tracks:
        """The same for boxes of several frames, each by the detections up to its frame."""
        if len(self._seen.union(tracks.label.tolist())) < 2:
            self._count(tracks)
            return tracks
        return Tracks.concatenate([self.voted(each) for _, each in tracks.by_frame()])

    def _count(self, tracks: Tracks) -> None:
        self._seen.update(tracks.label.tolist())
        detected = ~tracks.interpolated
        ids, label, frame = (column[detected].tolist() for column in (tracks.track_id, tracks.label, tracks.frame))
        for track_id, each in zip(ids, label, strict=True):
            self._votes[track_id][each] += 1
        self._last.update(zip(ids, frame, strict=True))
        if frame:
            self._forget(frame[-1])

    def _forget(self, frame: int) -> None:
        """Forget the tracks without a detection for too long before a frame, from time to time."""
        if frame < self._due:
            return
        self._due = frame + self._longest
        for track_id in [each for each, last in self._last.items() if last < frame - self._longest]:
            del self._votes[track_id], self._last[track_id]
