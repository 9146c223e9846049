"""The best set of links: the exact optimum of the linear program, solved where links compete.

Every detection is in exactly one track, maybe alone, so the program chooses links only: at most one to and one from
each detection, with the largest sum of likelihood ratios. A link whose ratio is above the sum of the best other ratios
at its two ends is part of the optimum: replacing the links at its ends by it increases the sum. Such links are accepted
and competing ones dropped, in a few passes. The rest is solved as a min-cost flow.
"""

import numpy as np

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

PASSES = 4
"""Most passes in which dominant links are accepted before the program is solved."""


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
    open_links = np.arange(len(links))
    for _ in range(PASSES):
        dominant = _dominant(links.earlier[open_links], links.later[open_links], links.ratio[open_links], count)
        accepted = open_links[dominant]
        successor[links.earlier[accepted]] = links.later[accepted]
        reached = np.zeros(count, bool)
        reached[links.later[accepted]] = True
        open_links = open_links[(successor[links.earlier[open_links]] < 0) & ~reached[links.later[open_links]]]
        if not len(accepted) or not len(open_links):
            break
    if len(open_links):
        _solve(scene, links, open_links, successor)
    chosen = successor[links.earlier] == links.later
    ratio[links.earlier[chosen]] = links.ratio[chosen]
    return successor, ratio


def _dominant(earlier: IntArray, later: IntArray, ratio: FloatArray, count: int) -> BoolArray:
    """(P,) links whose ratio is above the sum of the best other ratios at their two ends."""
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


def _solve(scene: Scene, links: Links, open_links: IntArray, successor: IntArray) -> None:
    """Write the best of the open links, (Q,) rows of all P, into `successor` (N,)."""
    rows, places = np.unique(np.concatenate([links.earlier[open_links], links.later[open_links]]), return_inverse=True)
    nothing = np.zeros(len(rows))
    problem = LinkProblem(
        frame=scene.step[rows].astype(np.int32),
        detection=nothing,
        entry=nothing,
        exit=nothing,
        pairs=Pairs(places[: len(open_links)], places[len(open_links) :]),
        link=-links.ratio[open_links],
    )
    solution = solve_lp(problem).successor
    linked = np.flatnonzero(solution >= 0)
    successor[rows[linked]] = rows[solution[linked]]
