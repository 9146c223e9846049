"""Constraints by a user: detections that must be, or cannot be, in one track, and what follows from them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import ConstraintError


@dataclass(frozen=True)
class Constraint:
    """A constraint on two detections; made by `must_link` and `cannot_link`.

    Attributes:
        a, b: rows of `Detections`.
        together: True if they must be in one track, False if they cannot be.
        origin: name for messages.
        alone: whether `a` and `b` are one detection, which must be in a track.
    """

    a: int
    b: int
    together: bool
    origin: str
    alone: bool = False


Constraints = Sequence[Constraint]


def must_link(a: int, b: int) -> Constraint:
    """Require that two detections are in one track; `a` and `b` are rows of the detections sorted by frame."""
    return Constraint(index(a), index(b), True, f"must_link({a}, {b})")


def cannot_link(a: int, b: int) -> Constraint:
    """Forbid that two detections are in one track; one of them, or both, may be in none."""
    return Constraint(index(a), index(b), False, f"cannot_link({a}, {b})")


@dataclass(frozen=True)
class Groups:
    """Constraints on N nodes of a tracking problem, which are detections or tracklets.

    Attributes:
        first, last: (N,) the frames in which each node begins and ends.
        group: (N,) nodes with the same number must be in one track; -1 for a node without constraints.
        required: (N,) whether a node must be in a track.
        apart: (A, 2) pairs of groups that cannot be in one track.
    """

    first: IntArray
    last: IntArray
    group: IntArray
    required: NDArray[np.bool_]
    apart: IntArray

    @property
    def constrained(self) -> NDArray[np.bool_]:
        """(N,) whether there is a constraint on a node."""
        return self.group >= 0

    def apart_from(self, group: int) -> IntArray:
        """The groups that cannot be in one track with this group."""
        one, other = self.apart.T
        return np.union1d(other[one == group], one[other == group])

    def part(self, inside: NDArray[np.bool_]) -> "Groups":
        """The constraints on some of the nodes (N,)."""
        group = self.group[inside]
        present = np.isin(self.apart, group).all(axis=1)
        return Groups(self.first[inside], self.last[inside], group, self.required[inside], self.apart[present])

    def joined(self, track_id: NDArray[np.int32]) -> NDArray[np.int32]:
        """The tracks (N,) of the nodes, from 1, 0 for none; all tracks with nodes of one group become one track."""
        track = track_id.astype(np.int64)
        tracked = np.flatnonzero(self.constrained & (track > 0))
        count = int(track.max(initial=0)) + 1
        component = connected(count + int(self.group.max(initial=-1)) + 1, track[tracked], count + self.group[tracked])
        return np.where(track > 0, component[track] + 1, 0).astype(np.int32)

    def of_tracklets(self, owner: IntArray, first: IntArray, last: IntArray) -> "Groups":
        """The constraints on T tracklets that follow from those on these N detections.

        Groups with detections in one tracklet become one group.

        Args:
            owner: (N,) the tracklet of each detection, -1 for none.
            first: (T,) the frame in which each tracklet begins.
            last: (T,) the frame in which it ends.
        """
        member = np.flatnonzero(self.constrained & (owner >= 0))
        count = len(first)
        merged = connected(count + int(self.group.max(initial=-1)) + 1, owner[member], count + self.group[member])
        group = np.full(count, -1)
        group[owner[member]] = merged[owner[member]]
        required = np.zeros(count, bool)
        required[owner[self.required]] = True
        return Groups(first, last, group, required, merged[count + self.apart]).part(np.ones(count, bool))


def connected(count: int, a: IntArray, b: IntArray) -> IntArray:
    """(count,) the connected component of each node, as a number below `count`; edge k joins `a[k]` and `b[k]`."""
    if not len(a):
        return np.arange(count)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(a)), (a, b)), (count, count))
    component: IntArray = connected_components(edges, directed=False)[1].astype(np.int64)
    return component


def group_detections(frame: NDArray[np.int32], constraints: Constraints) -> Groups:
    """Combine constraints on N detections into groups; "must be in one track" is transitive.

    Args:
        frame: (N,) of the detections.
        constraints: any number, also none.

    Raises:
        ConstraintError: a row does not exist, or constraints contradict one another; the message names the fewest
            that do.
    """
    count = len(frame)
    for each in constraints:
        _check_rows(each, count)
    ends = np.array([(each.a, each.b) for each in constraints], np.int64).reshape(-1, 2)
    together = np.array([each.together for each in constraints], bool)
    component = connected(count, *ends[together].T)
    rows = np.unique(ends)
    _check_frames(frame, component, rows, constraints)
    for place in np.flatnonzero(~together & (component[ends[:, 0]] == component[ends[:, 1]])):
        a, b = ends[place].tolist()
        chain = [*_chain(a, b, constraints), int(place)]
        raise _contradiction(constraints, chain, "two detections must, and cannot, be in one track")
    group, required = np.full(count, -1), np.zeros(count, bool)
    group[rows] = component[rows]
    required[ends[together]] = True
    frames = frame.astype(np.int64)
    return Groups(frames, frames, group, required, component[ends[~together]])


def _check_rows(constraint: Constraint, count: int) -> None:
    if not isinstance(constraint, Constraint):
        raise ConstraintError(f"expected must_link(a, b) or cannot_link(a, b), not {constraint!r:.40}")
    for row in (constraint.a, constraint.b):
        if not 0 <= row < count:
            raise ConstraintError(f"{constraint.origin}: no detection has the row {row}; rows are 0 to {count - 1}")
    if constraint.a == constraint.b and not constraint.alone:
        raise ConstraintError(f"{constraint.origin}: both rows are the same detection")


def _check_frames(frame: NDArray[np.int32], component: IntArray, rows: IntArray, constraints: Constraints) -> None:
    """Check that no component has two of the constrained detections `rows` in one frame."""
    order = rows[np.lexsort((frame[rows], component[rows]))]
    clash = (np.diff(component[order]) == 0) & (np.diff(frame[order]) == 0)
    for a, b in zip(order[:-1][clash].tolist(), order[1:][clash].tolist(), strict=True):
        chain = _chain(a, b, constraints)
        raise _contradiction(constraints, chain, f"two detections of frame {frame[a]} would be in one track")


def _chain(a: int, b: int, constraints: Constraints) -> list[int]:
    """Indices of the fewest constraints that together require that two detections are in one track."""
    paths: dict[int, list[int]] = {a: []}
    queue = deque([a])
    while b not in paths:
        here = queue.popleft()
        for place, each in enumerate(constraints):
            neighbour = each.a + each.b - here
            if each.together and here in (each.a, each.b) and neighbour not in paths:
                paths[neighbour] = [*paths[here], place]
                queue.append(neighbour)
    return paths[b]


def _contradiction(constraints: Constraints, places: list[int], what: str) -> ConstraintError:
    *most, last = dict.fromkeys(constraints[place].origin for place in sorted(places))
    return ConstraintError(f"{', '.join(most)} and {last}: {what}" if most else f"{last}: {what}")
