"""What speaks against each chosen link: the best change of the chosen links that does without it."""

import numpy as np

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import predecessors
from siamlink.detectors.base.arrays import FloatArray, IntArray


def best_rivals(links: Links, successor: IntArray, ratio: FloatArray) -> FloatArray:
    """(N,) the gain, in nats, of the best change at the ends of each chosen link, beside the loss of its own ratio.

    Three kinds of changes are considered: another link from its earlier end, another link to its later end, or both at
    once, if these are the ends of another chosen link: two objects that swap their tracks. Whatever other chosen link
    has to go is subtracted. 0 is the gain of a change that only drops the link.

    Args:
        links: P candidates.
        successor: (N,) the chosen links, -1 for none.
        ratio: (N,) their ratios, 0 for none.
    """
    gain, before = np.zeros(len(successor)), predecessors(successor)
    others = links[successor[links.earlier] != links.later]
    into = np.where(before >= 0, ratio[before], 0)
    np.maximum.at(gain, others.earlier, others.ratio - into[others.later])
    last = before[others.later]
    reached = last >= 0
    np.maximum.at(gain, last[reached], (others.ratio - ratio[others.earlier])[reached])
    first, second = _swaps(others, successor, before)
    one, two = others.earlier[first], others.earlier[second]
    swapped = others.ratio[first] + others.ratio[second]
    np.maximum.at(gain, one, swapped - ratio[two])
    return np.where(successor >= 0, gain, 0)


def _swaps(others: Links, successor: IntArray, before: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of links that are not chosen, as rows, but would swap the later ends of two chosen links."""
    count = len(successor)
    possible = np.flatnonzero((successor[others.earlier] >= 0) & (before[others.later] >= 0))
    key = others.earlier[possible] * count + others.later[possible]
    order = np.argsort(key)
    partner = before[others.later[possible]] * count + successor[others.earlier[possible]]
    place = np.minimum(np.searchsorted(key[order], partner), max(len(key) - 1, 0))
    found = np.flatnonzero(key[order[place]] == partner) if len(key) else np.zeros(0, np.int64)
    return possible[found], possible[order[place[found]]]
