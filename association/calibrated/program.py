"""The best set of links: the exact optimum of the linear program, solved where links compete.

Every detection is explained, alone or in a track, so the program chooses links only: at most one to and one from each
detection, with the largest sum of likelihood ratios. A link whose ratio is above the sum of the best others at both of
its ends is part of the optimum: whatever those ends do without it can be exchanged for it. Such links are taken, their
ends' other links dropped, a few times over; what is left is a min-cost flow.
"""

import numpy as np

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.solvers import LinkProblem, solve_lp
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

PASSES = 4
"""How often links without serious rivals are taken before the program is solved."""


def best_links(scene: Scene, links: Links) -> tuple[IntArray, FloatArray]:
    """The links of the most likely tracks.

    Args:
        scene: N detections.
        links: P candidates, of ratios above 0.

    Returns:
        The next detection of each (N,), -1 at a track's end, and the ratio of that link (N,), 0 where there is none.
    """
    count = len(scene)
    successor, ratio = np.full(count, -1, np.int64), np.zeros(count)
    left = np.arange(len(links))
    for _ in range(PASSES):
        sure = _dominant(links.earlier[left], links.later[left], links.ratio[left], count)
        taken = left[sure]
        successor[links.earlier[taken]] = links.later[taken]
        reached = np.zeros(count, bool)
        reached[links.later[taken]] = True
        left = left[(successor[links.earlier[left]] < 0) & ~reached[links.later[left]]]
        if not len(taken) or not len(left):
            break
    if len(left):
        _solve(scene, links, left, successor)
    chosen = successor[links.earlier] == links.later
    ratio[links.earlier[chosen]] = links.ratio[chosen]
    return successor, ratio


def _dominant(earlier: IntArray, later: IntArray, ratio: FloatArray, count: int) -> BoolArray:
    """(P,) links whose ratio is above the sum of the best others at both of their ends."""
    return ratio > best_other(earlier, ratio, count) + best_other(later, ratio, count)


def best_other(node: IntArray, ratio: FloatArray, count: int) -> FloatArray:
    """(P,) the largest ratio, above 0, of the other links at the same of N nodes (P,); 0 where there is none."""
    largest = np.zeros(count)
    np.maximum.at(largest, node, ratio)
    is_best = np.flatnonzero(ratio == largest[node])
    best = np.full(count, -1, np.int64)
    best[node[is_best]] = is_best
    others = ratio.copy()
    others[best[best >= 0]] = 0
    second = np.zeros(count)
    np.maximum.at(second, node, others)
    other: FloatArray = np.where(best[node] == np.arange(len(node)), second[node], largest[node])
    return other


def _solve(scene: Scene, links: Links, left: IntArray, successor: IntArray) -> None:
    """Enter the best of the links that are left, (Q,) of all P, into `successor` (N,)."""
    rows, places = np.unique(np.concatenate([links.earlier[left], links.later[left]]), return_inverse=True)
    nothing = np.zeros(len(rows))
    problem = LinkProblem(
        frame=scene.step[rows].astype(np.int32),
        detection=nothing,
        entry=nothing,
        exit=nothing,
        pairs=Pairs(places[: len(left)], places[len(left) :]),
        link=-links.ratio[left],
    )
    found = solve_lp(problem).successor
    linked = np.flatnonzero(found >= 0)
    successor[rows[linked]] = rows[found[linked]]
