"""Objects that were detected twice for a few steps, so that one track ends where another has begun beside it.

Two boxes of one object, the whole of it and a part or both of slightly different size, are linked one by one: the first
track goes on to the second box, and a new track begins at the better one. Where a track ends within a few steps after
the start of another one, and their boxes overlap in most of these steps, both are one object. The first track hands
over to the second at the most likely link between them, and the other boxes of these steps are duplicates.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.likelihood import LinkModel
from siamlink.association.calibrated.overlaps import overlapping_pairs
from siamlink.association.calibrated.scene import Scene, end_steps, predecessors, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray

LONGEST = 8
"""Most steps in which both tracks have detections."""
OVERLAP = 0.35
"""Smallest overlap (intersection over union) of both boxes."""
SHARE = 0.6
"""Smallest share of these steps in which the boxes overlap so much."""


@dataclass(frozen=True)
class Handover:
    """Where one track goes on in another one.

    Attributes:
        earlier: row of the last detection of the first track that remains.
        later: row of the first detection of the second track that remains.
        ratio: log likelihood ratio of the link between them.
        dropped: rows of the duplicates.
    """

    earlier: int
    later: int
    ratio: float
    dropped: IntArray


class OverlappingBoxes:
    """Pairs of boxes of the same step that may show one object twice."""

    def __init__(self, scene: Scene) -> None:
        i, j, _, iou = overlapping_pairs(scene)
        same = iou >= OVERLAP
        self._scene, self._i, self._j = scene, i[same], j[same]

    def handovers(self, successor: IntArray, make_model: Callable[[], LinkModel], settled: int = 0) -> list[Handover]:
        """The handovers between the present tracks, the most likely first, each track at most once at each end.

        Args:
            successor: (N,) the present links.
            make_model: makes the model of likelihood ratios with states along these links; called only if needed.
            settled: the first so many detections are not left out, and nothing is linked to them.
        """
        number = track_numbers(successor)
        step, tracks = self._scene.step, int(number.max(initial=-1)) + 1
        first, last = end_steps(number, step, tracks)
        p, q = number[self._i], number[self._j]
        p, q = np.where(first[p] <= first[q], p, q), np.where(first[p] <= first[q], q, p)
        shared = last[p] - first[q] + 1
        staggered = (first[p] < first[q]) & (last[p] < last[q]) & (shared <= LONGEST)
        pair, count = np.unique(p[staggered] * tracks + q[staggered], return_counts=True)
        if not len(pair):
            return []
        found, model = [], make_model()
        for code, steps in zip(pair.tolist(), count.tolist(), strict=True):
            one, two = divmod(code, tracks)
            rows, others = (np.flatnonzero(number == track) for track in (one, two))
            begin, end = first[two], last[one]
            if steps >= SHARE * max((step[rows] >= begin).sum(), (step[others] <= end).sum()):
                handover = self._best(rows, others, (begin, end), model)
                found += [handover] if handover else []
        possible = [each for each in found if min(each.later, each.dropped.min(initial=each.later)) >= settled]
        return _apart(sorted(possible, key=lambda handover: -handover.ratio))

    def _best(self, rows: IntArray, others: IntArray, shared: tuple[int, int], model: LinkModel) -> Handover | None:
        """The most likely link from one track (rows) to another one, if its ratio is above 0."""
        step = self._scene.step
        begin, end = shared
        switch = np.arange(begin - 1, end + 1)
        i = rows[np.searchsorted(step[rows], switch, side="right") - 1]
        j = others[np.searchsorted(step[others], switch, side="right")]
        links = model.links(i, j)
        if not len(links):
            return None
        best = int(links.ratio.argmax())
        earlier, later = int(links.earlier[best]), int(links.later[best])
        dropped = np.concatenate([rows[step[rows] > step[earlier]], others[step[others] < step[later]]])
        return Handover(earlier, later, float(links.ratio[best]), dropped)


def _apart(handovers: list[Handover]) -> list[Handover]:
    """The handovers whose rows are in no handover before them."""
    used: set[int] = set()
    chosen = []
    for handover in handovers:
        rows = {handover.earlier, handover.later, *handover.dropped.tolist()}
        if not rows & used:
            chosen.append(handover)
            used |= rows
    return chosen


def apply(handovers: list[Handover], successor: IntArray, ratio: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Links (N,) and their ratios (N,) after the handovers, and the rows of all duplicates."""
    successor, ratio = successor.copy(), ratio.copy()
    dropped = np.concatenate([np.zeros(0, np.int64), *(handover.dropped for handover in handovers)])
    before = predecessors(successor)[dropped]
    cut = np.concatenate([dropped, before[before >= 0]])
    successor[cut], ratio[cut] = -1, 0
    for handover in handovers:
        successor[handover.earlier], ratio[handover.earlier] = handover.later, handover.ratio
    return successor, ratio, dropped
