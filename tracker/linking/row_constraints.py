"""Constraints between rows of a stream of detections, as far as these have come and are in the window."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import (
    Constraint,
    Constraints,
    Groups,
    connected,
    group_detections,
)
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import ConstraintError

FINAL_TRACKS_CONTRADICT = (
    "tracks that are final already contradict the constraints: use a longer latency_seconds, or mode offline"
)
"""Two groups that must be one track each turn out to share a frame only after they have become one track."""
Ids = NDArray[np.int32]


def solve_in_window(problem: LinkProblem, groups: Groups) -> Solution:
    """The exact solution under constraints.

    Raises:
        ConstraintError: there is none, as tracks that are final contradict them.
    """
    try:
        return solve_constrained(problem, groups)
    except RuntimeError:
        raise ConstraintError(FINAL_TRACKS_CONTRADICT) from None


class RowConstraints:
    """Knows which detections of the window constraints name, and the final tracks of those that left it.

    Args:
        constraints: rows count from 0 over all detections, before non-maximum suppression.

    Raises:
        ConstraintError: they contradict each other, or one is no constraint.
    """

    def __init__(self, constraints: Constraints) -> None:
        for each in constraints:
            _check(each)
        self._given: Constraints = ()
        self._row, self._frame, self._track = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)
        self._window, self._window_frame, self._window_track = self._row, self._frame, self._track
        self._count = 0
        self._extend(constraints)

    def _extend(self, constraints: Constraints) -> None:
        """Obey more constraints; what is known of the rows of the others, and of those in the window, stays known."""
        given = [*self._given, *constraints]
        row = np.unique(np.array([(each.a, each.b) for each in given], np.int64))
        frame = -1 - np.arange(len(row), dtype=np.int32)  # not known yet: all different
        track = np.maximum(-row, 0).astype(np.int32)
        for known, frames, tracks in (
            (self._row, self._frame, self._track),
            (self._window, self._window_frame, self._window_track),
        ):
            place, named = np.searchsorted(row, known), np.isin(known, row) & (frames >= 0)
            frame[place[named]], track[place[named]] = frames[named], tracks[named]
        places = [np.searchsorted(row, [each.a, each.b]).tolist() for each in given]
        placed = [replace(each, a=a, b=b) for each, (a, b) in zip(given, places, strict=True)]
        self._groups = group_detections(frame, placed)
        self._given, self._constraints = given, placed
        self._row, self._frame, self._track = row, frame, track

    def constrain(self, constraint: Constraint) -> None:
        """Obey one more constraint, on detections that have come and are not final, and on final tracks.

        Args:
            constraint: a row below 0 is the final track of this number.

        Raises:
            ConstraintError: it contradicts others, or a detection was suppressed and is not in the window.
        """
        rows = np.array([constraint.a, constraint.b])
        if not np.isin(rows[rows >= 0], self._window).all():
            raise ConstraintError(f"{constraint.origin}: a detection was dropped, as a better one shows the same")
        self._extend([constraint])

    def named_among(self, count: int) -> NDArray[np.bool_]:
        """(count,) which of the next detections a constraint names."""
        named = np.zeros(count, bool)
        named[self._row[self._next(count)] - self._count] = True
        return named

    def add(self, frame: NDArray[np.int32], rows: NDArray[np.intp]) -> None:
        """Take in the frames (N,) of the next detections, those `rows` of which come into the window.

        Raises:
            ConstraintError: two detections of a frame would be in one track.
        """
        named = self._next(len(frame))
        if len(self._row[named]):
            frames = self._frame.copy()
            frames[named] = frame[self._row[named] - self._count]
            self._groups = group_detections(frames, self._constraints)
            self._frame = frames
        self._window = np.append(self._window, self._count + rows)
        self._window_frame = np.append(self._window_frame, frame[rows])
        self._window_track = np.append(self._window_track, np.zeros(len(rows), np.int32))
        self._count += len(frame)

    def check_end(self) -> None:
        """Check that all rows have come.

        Raises:
            ConstraintError: one has not.
        """
        if len(self._row) and self._row[-1] >= self._count:
            row = int(self._row[np.searchsorted(self._row, self._count)])
            place = int(np.searchsorted(self._row, row))
            origin = next(each.origin for each in self._constraints if place in (each.a, each.b))
            raise ConstraintError(f"{origin}: there is no detection {row}; rows are 0 to {self._count - 1}")

    def groups(self, frame: NDArray[np.int32], held: Ids) -> Groups:
        """The constraints of the N detections in the window.

        Constraints of a detection with a final track are constraints of this track, even when the detection has left
        the window. While other detections wait for their track, no two final tracks can become one.

        Args:
            frame: (N,) of each detection.
            held: (N,) its final track, 0 for none.
        """
        if not len(self._row):
            return group_detections(frame, ())
        place, named = self._places()
        group, kept = np.full(len(frame), -1), np.zeros(len(frame), bool)
        group[named], kept[named] = self._groups.group[place], self._groups.required[place]
        apart = self._groups.apart
        concerned = np.isin(self._groups.group, group[named]) | np.isin(self._track, held)
        final = np.flatnonzero((self._track > 0) & concerned)
        tracks = np.union1d(held[held > 0], self._track[final])
        if len(tracks) and (held[named] == 0).any():
            first = int(self._groups.group.max()) + 1
            own_track = first + np.searchsorted(tracks, self._track[final])
            label = connected(first + len(tracks), self._groups.group[final], own_track)
            group[named] = label[group[named]]
            group[held > 0] = label[first + np.searchsorted(tracks, held[held > 0])]
            one, other = np.triu_indices(len(tracks), 1)
            apart = np.concatenate([label[apart], np.column_stack([label[first + one], label[first + other]])])
        frames = frame.astype(np.int64)
        return Groups(frames, frames, group, kept, apart).part(np.ones(len(frame), bool))

    def demanded_tracks(self, held: Ids) -> Ids:
        """(N,) the final track that each detection in the window must be in; 0 where none is known, or it is held."""
        demanded = np.zeros_like(held)
        if self._track.any():
            place, named = self._places()
            of_group = np.zeros(int(self._groups.group.max()) + 1, np.int32)
            final = (self._track > 0) & self._groups.required
            of_group[self._groups.group[final]] = self._track[final]
            demanded[named] = of_group[self._groups.group[place]]
        return np.where(held > 0, 0, demanded).astype(np.int32)

    def remember(self, final_ids: Ids) -> None:
        """Note the final tracks (N,) of the detections in the window, 0 where they are not final or in none."""
        self._window_track = final_ids
        place, named = self._places()
        self._track[place] = np.where(self._track[place] > 0, self._track[place], final_ids[named])

    def forget(self, count: int) -> None:
        """Drop the first `count` detections of the window."""
        self._window, self._window_frame = self._window[count:], self._window_frame[count:]
        self._window_track = self._window_track[count:]

    def _next(self, count: int) -> slice:
        """Where those of the next `count` rows are that a constraint names."""
        return slice(*np.searchsorted(self._row, [self._count, self._count + count]))

    def _places(self) -> tuple[IntArray, NDArray[np.bool_]]:
        """The places of the named detections of the window among all named ones, and which these are."""
        place = np.searchsorted(self._row, self._window)
        named = np.isin(self._window, self._row)
        return place[named], named


def _check(constraint: object) -> None:
    if not isinstance(constraint, Constraint):
        raise ConstraintError(f"expected must_link(a, b) or cannot_link(a, b), not {constraint!r:.40}")
    if min(constraint.a, constraint.b) < 0:
        raise ConstraintError(f"{constraint.origin}: there is no detection {min(constraint.a, constraint.b)}")
