"""What people know better: detections that must be, or cannot be, in one track, and what follows from that."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import ConstraintError

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Constraint:
    """What is known of two detections; made by `must_link` and `cannot_link`.

    Attributes:
        a, b: rows of `Detections`.
        together: whether they must be in one track; else they cannot be.
        origin: how messages call it.
    """

    a: int
    b: int
    together: bool
    origin: str


Constraints = Sequence[Constraint]


def must_link(a: int, b: int) -> Constraint:
    """Both rows of the detections, which are sorted by frame, are in one track."""
    return Constraint(index(a), index(b), True, f"must_link({a}, {b})")


def cannot_link(a: int, b: int) -> Constraint:
    """The two rows of the detections are not in one track; one of them, or both, may be in none."""
    return Constraint(index(a), index(b), False, f"cannot_link({a}, {b})")


@dataclass(frozen=True)
class Groups:
    """N nodes of a tracking problem, detections or tracklets, and what is known of them.

    Attributes:
        first, last: (N,) the frames in which each begins and ends.
        group: (N,) a number; nodes of the same must be in one track; -1 where nothing is known.
        kept: (N,) bool, whether a node must be in a track at all.
        apart: (A, 2) groups that cannot be in one track.
    """

    first: IntArray
    last: IntArray
    group: IntArray
    kept: NDArray[np.bool_]
    apart: IntArray

    @property
    def named(self) -> NDArray[np.bool_]:
        """(N,) whether anything is known of a node."""
        return self.group >= 0

    def apart_from(self, group: int) -> IntArray:
        """The groups that cannot be in one track with a group."""
        one, other = self.apart.T
        return np.union1d(other[one == group], one[other == group])

    def part(self, inside: NDArray[np.bool_]) -> "Groups":
        """What is known of some of the nodes (N,)."""
        group = self.group[inside]
        present = np.isin(self.apart, group).all(axis=1)
        return Groups(self.first[inside], self.last[inside], group, self.kept[inside], self.apart[present])

    def joined(self, track_id: NDArray[np.int32]) -> NDArray[np.int32]:
        """The tracks (N,) of the nodes, from 1 and 0 for none, with all the tracks that a group is in being one."""
        track = track_id.astype(np.int64)
        known = np.flatnonzero(self.named & (track > 0))
        count = int(track.max(initial=0)) + 1
        label = connected(count + int(self.group.max(initial=-1)) + 1, track[known], count + self.group[known])
        return np.where(track > 0, label[track] + 1, 0).astype(np.int32)

    def of_tracklets(self, owner: IntArray, first: IntArray, last: IntArray) -> "Groups":
        """The same of T tracklets that these N detections are in.

        Groups that meet in a tracklet become one.

        Args:
            owner: (N,) the tracklet of each detection, -1 for none.
            first: (T,) the frame in which each tracklet begins.
            last: (T,) the frame in which it ends.
        """
        known = np.flatnonzero(self.named & (owner >= 0))
        count = len(first)
        merged = connected(count + int(self.group.max(initial=-1)) + 1, owner[known], count + self.group[known])
        group = np.full(count, -1)
        group[owner[known]] = merged[owner[known]]
        kept = np.zeros(count, bool)
        kept[owner[self.kept]] = True
        return Groups(first, last, group, kept, merged[count + self.apart]).part(np.ones(count, bool))


def connected(count: int, a: IntArray, b: IntArray) -> IntArray:
    """(count,) a number below `count` for each node, the same for those that the edges `a[k]`-`b[k]` connect."""
    if not len(a):
        return np.arange(count)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(a)), (a, b)), (count, count))
    label: IntArray = connected_components(edges, directed=False)[1].astype(np.int64)
    return label


def group_detections(frame: NDArray[np.int32], constraints: Constraints) -> Groups:
    """What constraints together say of N detections: being one is transitive.

    Args:
        frame: (N,) of the detections.
        constraints: any number; none says nothing.

    Raises:
        ConstraintError: one names no detection, or some contradict each other; the fewest that do are named.
    """
    count = len(frame)
    for each in constraints:
        _check_rows(each, count)
    ends = np.array([(each.a, each.b) for each in constraints], np.int64).reshape(-1, 2)
    together = np.array([each.together for each in constraints], bool)
    label = connected(count, *ends[together].T)
    named = np.unique(ends)
    _check_frames(frame, label, named, constraints)
    for place in np.flatnonzero(~together & (label[ends[:, 0]] == label[ends[:, 1]])):
        a, b = ends[place].tolist()
        chain = [*_chain(a, b, constraints), int(place)]
        raise _contradiction(constraints, chain, "two detections must, and cannot, be in one track")
    group, kept = np.full(count, -1), np.zeros(count, bool)
    group[named] = label[named]
    kept[ends[together]] = True
    frames = frame.astype(np.int64)
    return Groups(frames, frames, group, kept, label[ends[~together]])


def _check_rows(constraint: Constraint, count: int) -> None:
    if not isinstance(constraint, Constraint):
        raise ConstraintError(f"expected must_link(a, b) or cannot_link(a, b), not {constraint!r:.40}")
    for row in (constraint.a, constraint.b):
        if not 0 <= row < count:
            raise ConstraintError(f"{constraint.origin}: there is no detection {row}; rows are 0 to {count - 1}")
    if constraint.a == constraint.b:
        raise ConstraintError(f"{constraint.origin}: names one detection twice")


def _check_frames(frame: NDArray[np.int32], label: IntArray, named: IntArray, constraints: Constraints) -> None:
    """No group may have two detections of one frame."""
    order = named[np.lexsort((frame[named], label[named]))]
    clash = (np.diff(label[order]) == 0) & (np.diff(frame[order]) == 0)
    for a, b in zip(order[:-1][clash].tolist(), order[1:][clash].tolist(), strict=True):
        chain = _chain(a, b, constraints)
        raise _contradiction(constraints, chain, f"two detections of frame {frame[a]} would be in one track")


def _chain(a: int, b: int, constraints: Constraints) -> list[int]:
    """The fewest constraints, by their places, which together say that two detections must be in one track."""
    reached: dict[int, list[int]] = {a: []}
    waiting = deque([a])
    while b not in reached:
        here = waiting.popleft()
        for place, each in enumerate(constraints):
            there = each.a + each.b - here
            if each.together and here in (each.a, each.b) and there not in reached:
                reached[there] = [*reached[here], place]
                waiting.append(there)
    return reached[b]


def _contradiction(constraints: Constraints, places: list[int], what: str) -> ConstraintError:
    *most, last = (constraints[place].origin for place in sorted(places))
    return ConstraintError(f"{', '.join(most)} and {last}: {what}" if most else f"{last}: {what}")
