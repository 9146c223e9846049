"""The window of recent frames of online linking, and how its tracks look in hindsight.

In hindsight, links between past detections may turn out wrong, as later detections show where objects went. Numbers of
tracks that are in the results cannot change, but what continues under which number can: each track of the window gets
the number that most of its detections had.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.candidate_links import candidate_links
from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, first_estimate
from siamlink.association.calibrated.motion import jump_probability
from siamlink.association.calibrated.online_statistics import NewDetections
from siamlink.association.calibrated.rates import first_rates, update_rates
from siamlink.association.calibrated.rounds import relink
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections

KEEP = 3.0
"""Nats that are added to the ratio of present links, so that a track does not change its number without good reason."""
ROUNDS = 2
"""Rounds of linking in hindsight."""


@dataclass(frozen=True)
class LinkedFrame:
    """The N detections of one frame.

    Attributes:
        detections: their boxes.
        new: what the statistics of that time told about them.
        track: (N,) the number of each one's track.
        ratio: (N,) the ratio of its link to the detection before it, 0 for none.
        jumped: (N,) the probability of a jump of the box since then.
    """

    detections: Detections
    new: NewDetections
    track: IntArray
    ratio: FloatArray
    jumped: FloatArray


@dataclass(frozen=True)
class WindowLinks:
    """The links of a window with N detections.

    Attributes:
        successor: (N,) the next detection of the same track, -1 at its end.
        ratio: (N,) the ratio of that link, 0 for none.
        track: (N,) the number of each one's track.
    """

    successor: IntArray
    ratio: FloatArray
    track: IntArray


def window_links(window: Iterable[LinkedFrame], new: int) -> WindowLinks:
    """The links of all frames of a window, and then of some new detections that are not linked yet.

    Those have negative numbers, each another one.
    """
    track = np.concatenate([*(frame.track for frame in window), -1 - np.arange(new)])
    to_each = np.concatenate([*(frame.ratio for frame in window), np.zeros(new)])
    order = np.argsort(track, kind="stable")
    same = np.flatnonzero(track[order[:-1]] == track[order[1:]])
    successor, ratio = np.full(len(track), -1, np.int64), np.zeros(len(track))
    successor[order[same]] = order[same + 1]
    ratio[order[same]] = to_each[order[same + 1]]
    return WindowLinks(successor, ratio, track)


def past_links(estimate: Estimate, old: int, track: IntArray, next_number: int) -> WindowLinks:
    """The links of an estimate without those to new detections, with the numbers of the tracks.

    Args:
        estimate: links of N detections.
        old: the number of those that are not new; they come first.
        track: (N,) the numbers so far.
        next_number: of new tracks.
    """
    successor = np.where(estimate.successor >= old, -1, estimate.successor)
    number = keep_numbers(successor[:old], track[:old], next_number)
    return WindowLinks(successor, np.where(successor >= 0, estimate.ratio, 0), np.concatenate([number, track[old:]]))


def in_hindsight(scene: Scene, estimate: Estimate, newest: int) -> Estimate:
    """The estimate, linked again from its present links by all detections of the window.

    Args:
        scene: N detections of the window.
        estimate: their present links and parameters; the parameters of motion stay.
        newest: the last step whose detections may be linked to later ones.
    """
    found = estimate
    for _ in range(ROUNDS):
        links = candidate_links(scene, found, LONGEST_GAP)
        present = links.later == estimate.successor[links.earlier]
        found = relink(scene, found, replace(links, ratio=links.ratio + KEEP * present))
        kept = (found.successor >= 0) & (found.successor == estimate.successor)
        found = replace(found, ratio=np.where(kept, found.ratio - KEEP, found.ratio))
        rates = update_rates(scene, found.rates, found.successor, found.active, by_age=True, newest=newest)
        found = replace(found, rates=rates)
    return replace(found, motion=estimate.motion)


def keep_numbers(successor: IntArray, track: IntArray, next_number: int) -> IntArray:
    """(N,) the numbers of tracks after a change of links.

    Args:
        successor: (N,) the new links.
        track: (N,) the numbers so far.
        next_number: of new tracks.
    """
    number = track_numbers(successor)
    pairs, votes = np.unique(np.column_stack([number, track]), axis=0, return_counts=True)
    kept = np.zeros(int(number.max(initial=-1)) + 1, np.int64)
    used: set[int] = set()
    for each, former in pairs[np.argsort(-votes, kind="stable")].tolist():
        if not kept[each] and former not in used:
            kept[each] = former
            used.add(former)
    fresh = np.flatnonzero(kept == 0)
    kept[fresh] = next_number + np.arange(len(fresh))
    return kept[number]


def renumbered(window: deque[LinkedFrame], links: WindowLinks) -> deque[LinkedFrame]:
    """The window with other links, of its detections and then maybe of new ones."""
    before = predecessors(links.successor)
    to_each = np.where(before >= 0, links.ratio[before], 0)
    bounds = np.cumsum([len(frame.track) for frame in window])
    parts = zip(window, np.split(links.track, bounds)[:-1], np.split(to_each, bounds)[:-1], strict=True)
    return deque(replace(frame, track=track, ratio=ratio) for frame, track, ratio in parts)


def window_estimate(scene: Scene, links: WindowLinks, newest: int) -> Estimate:
    """The estimate of entry and exit rates from present links, with first guesses of the noise."""
    rates = first_rates(scene, LONGEST_GAP)
    first = first_estimate(scene)
    estimate = replace(first, rates=rates, successor=links.successor, ratio=links.ratio)
    if not (links.successor >= 0).any():
        return estimate
    rates = update_rates(scene, estimate.rates, links.successor, estimate.active, newest=newest)
    return replace(estimate, rates=rates)


def jump_probability_of(window: Iterable[LinkedFrame]) -> float:
    """The probability of a jump of a box, estimated from the links of a window."""
    links = sum(int((frame.ratio > 0).sum()) for frame in window)
    return jump_probability(sum(float(frame.jumped.sum()) for frame in window), links)
