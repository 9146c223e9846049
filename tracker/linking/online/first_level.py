"""The program of the first level, solved again for those detections alone that a new one, or another cost, touches.

Final tracks are given: their last detections are nodes that are used in any case, and everything before is no part of
the program. The links and nodes that are left make up small connected components.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.costs import CERTAIN, CostParameters
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import best_links
from siamlink.detectors.base.arrays import FloatArray
from siamlink.tracker.linking.online.window import DetectionWindow


@dataclass(eq=False)
class Tracklet:
    """Detections of one object by the first level, by their row numbers.

    Attributes:
        track: the final track that it continues; 0 for none.
        final: the detections of that track.
        free: the detections after these, which are in no final track.
        scored: whether the second level has scored pairs with it.
    """

    track: int = 0
    final: "array[int]" = field(default_factory=lambda: array("q"))
    free: "array[int]" = field(default_factory=lambda: array("q"))
    scored: bool = False

    @property
    def first(self) -> int:
        """Its first detection."""
        return self.final[0] if self.final else self.free[0]

    @property
    def last(self) -> int:
        """Its last detection."""
        return self.free[-1] if self.free else self.final[-1]

    @property
    def members(self) -> "array[int]":
        """All its detections."""
        return self.final + self.free


class FirstLevel:
    """Tracklets of the detections in a window.

    Args:
        window: the detections.
        costs: of the program.
    """

    def __init__(self, window: DetectionWindow, costs: CostParameters) -> None:
        self._window, self._costs = window, costs
        self._after: dict[int, dict[int, float]] = {}
        self._before: dict[int, set[int]] = {}
        self._tracks: dict[int, Tracklet] = {}
        self._others: set[Tracklet] = set()
        self.owner: dict[int, Tracklet] = {}
        self._touched: set[int] = set()

    def last_of(self, track: int) -> int:
        """The last detection of a final track; -1 if none is in the window."""
        continued = self._tracks.get(track)
        return continued.final[-1] if continued else -1

    def tracklets(self) -> list[Tracklet]:
        """All of them, in order of their first detections."""
        return sorted((*self._tracks.values(), *self._others), key=lambda each: each.first)

    def add_links(self, pairs: Pairs, cost: FloatArray) -> None:
        """Add P candidate links between row numbers, with their costs (P,) in nats."""
        track, first = self._window.track, self._window.first
        for earlier, later, nats in zip(pairs.earlier.tolist(), pairs.later.tolist(), cost.tolist(), strict=True):
            held = int(track[earlier - first])
            if not track[later - first] and (not held or self._tracks[held].final[-1] == earlier):
                self._after.setdefault(earlier, {})[later] = nats
                self._before.setdefault(later, set()).add(earlier)
                self._touched.add(later)

    def touch(self, rows: Iterable[int]) -> None:
        """Let detections be solved again, as their costs are others."""
        self._touched.update(rows)

    def forget_links(self) -> None:
        """Drop all links; the detections in no final track are solved again when there are new ones."""
        self._after.clear()
        self._before.clear()
        for tracklet in self.tracklets():
            self._dissolve(tracklet)

    def solve(self) -> None:
        """Find the best tracklets again, where costs changed or links are new."""
        track, first = self._window.track, self._window.first
        rows = sorted(self._connected([row for row in self._touched if row >= first and not self._is_past(row)]))
        for row in rows:
            if row in self.owner:
                self._dissolve(self.owner[row])
        self._touched.clear()
        if not rows:
            return
        place = {row: number for number, row in enumerate(rows)}
        earlier, later, cost = list[int](), list[int](), list[float]()
        for number, row in enumerate(rows):
            following = self._after.get(row, {})
            earlier += [number] * len(following)
            later += [place[other] for other in following]
            cost += following.values()
        index = np.array(rows) - first
        held = track[index] > 0
        problem = LinkProblem(
            frame=self._window.frame[index],
            detection=np.where(held, -CERTAIN, self._window.cost[index]),
            entry=np.full(len(rows), self._costs.entry),
            exit=np.full(len(rows), self._costs.exit),
            pairs=Pairs(np.array(earlier, np.int64), np.array(later, np.int64)),
            link=np.array(cost, np.float64),
        )
        used, successor = best_links(problem)
        self._take(rows, track[index].tolist(), used.tolist(), successor.tolist())

    def _take(self, rows: list[int], track: list[int], used: list[bool], successor: list[int]) -> None:
        """Put detections into tracklets: the used ones of R, each with its final track and the place of the next."""
        for row, held, is_used, following in zip(rows, track, used, successor, strict=True):
            if not is_used:
                continue
            if held:
                tracklet = self._tracks[held]
            else:
                tracklet = self.owner.get(row) or self._begin(row)
                tracklet.free.append(row)
            if following >= 0:
                self.owner[rows[following]] = tracklet

    def _begin(self, row: int) -> Tracklet:
        """A tracklet that begins with a detection."""
        tracklet = self.owner[row] = Tracklet()
        self._others.add(tracklet)
        return tracklet

    def hold(self, row: int, track: int) -> None:
        """Let a detection be the next one of a final track, which may begin with it."""
        tracklet = self.owner.pop(row, None)
        if tracklet is not None:
            self._dissolve(tracklet)
        for earlier in self._before.pop(row, ()):
            del self._after[earlier][row]
            self._touched.add(earlier)
        continued = self._tracks.get(track)
        if continued is None:
            continued = self._tracks[track] = Tracklet(track)
        else:
            self._dissolve(continued)
            self._unlink_later(continued.final[-1])
        continued.final.append(row)
        self.owner[row] = continued

    def drop(self, rows: Iterable[int]) -> None:
        """Forget the oldest detections of the window."""
        for row in rows:
            self._unlink_later(row)
            self._before.pop(row, None)
            tracklet = self.owner.pop(row, None)
            if tracklet is None:
                continue
            if tracklet.final and tracklet.final[0] == row:
                del tracklet.final[0]
                if not tracklet.final:
                    self._dissolve(tracklet)
                    del self._tracks[tracklet.track]
            else:
                self._dissolve(tracklet)

    def _is_past(self, row: int) -> bool:
        """Whether a detection is in a final track, but not its last."""
        held = int(self._window.track[row - self._window.first])
        return held > 0 and self._tracks[held].final[-1] != row

    def _connected(self, seeds: list[int]) -> set[int]:
        """The detections that links connect with the seeds, these included."""
        found, waiting = set(seeds), seeds
        while waiting:
            row = waiting.pop()
            for other in (*self._after.get(row, ()), *self._before.get(row, ())):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def _dissolve(self, tracklet: Tracklet) -> None:
        """Let the free detections of a tracklet be in none, to be solved again."""
        if not tracklet.free:
            return
        for row in tracklet.free:
            self.owner.pop(row, None)
        self._touched.update(tracklet.free)
        self._others.discard(tracklet)
        tracklet.free = array("q")

    def _unlink_later(self, row: int) -> None:
        """Drop the links from a detection to later ones."""
        for later in self._after.pop(row, ()):
            self._before[later].discard(row)
            self._touched.add(later)
