"""Link, estimate, link again: rounds of empirical Bayes in which a sequence calibrates its own costs."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.learned import WORTH, LearnedLinks
from siamlink.association.calibrated.likelihood import LinkModel, Links
from siamlink.association.calibrated.link_features import link_features
from siamlink.association.calibrated.motion import Motion
from siamlink.association.calibrated.noise import FAST, THOROUGH, Effort, first_guess, fit_motion
from siamlink.association.calibrated.presence import Presence, first_presence, update_presence
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.scene import Scene, pairs_within, portions, predecessors
from siamlink.association.calibrated.states import one_sided_states
from siamlink.association.calibrated.truth import Judge
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LONGEST_GAP = 60
GAPS = (1, 4, 12, LONGEST_GAP)
"""The longest gap, in steps, of the links of the first rounds; the last of them in all further rounds."""
ROUNDS = 6
AGED_ROUND = 2
"""The round after which rates of ends and beginnings depend on how long a track is."""
STRONG_ROUND = 3
"""The round from which on only detections that are probably objects are linked among each other."""
LEARNED_ROUND = 4
"""The round from which on a learned model corrects the ratios."""
LEAST_LEARNED = -WORTH
"""Nats above which a link is put before the learned model: it can gain no more than its worth."""
STRONG = 0.3
"""Probability of being an object from which on a detection takes part in them."""
SURE = 6.0
"""Nats; an uninterrupted link above does not look for one over a longer gap."""
FEWEST_JUMPS, MOST_JUMPS = 0.001, 0.2


@dataclass(frozen=True)
class Estimate:
    """What the rounds have found so far, for N detections.

    Attributes:
        motion: the noise.
        presence: the rates.
        looseness: (N,) how much worse than others each box is measured.
        successor: (N,) the next detection of the same track, -1 at its end.
        ratio: (N,) log likelihood ratio of that link.
        active: (N,) detections that take part.
    """

    motion: Motion
    presence: Presence
    looseness: FloatArray
    successor: IntArray
    ratio: FloatArray
    active: BoolArray

    @property
    def objective(self) -> float:
        """The sum of the ratios of all links."""
        return float(self.ratio.sum())


def first_estimate(scene: Scene, log_scale: FloatArray) -> Estimate:
    """What is known of N detections before any link; `log_scale` (N,) is that of `first_presence`."""
    count = len(scene)
    longest = max(min(LONGEST_GAP, scene.steps - 1), 1)
    return Estimate(
        motion=first_guess(scene),
        presence=first_presence(scene, longest, log_scale),
        looseness=np.ones(count),
        successor=np.full(count, -1, np.int64),
        ratio=np.zeros(count),
        active=np.ones(count, bool),
    )


def calibrate(
    scene: Scene,
    log_scale: FloatArray,
    judge: Judge | None,
    learned: LearnedLinks | None = None,
    effort: Effort = THOROUGH,
    rounds: int = ROUNDS,
) -> Estimate:
    """Links and rates of a scene after some rounds of linking and estimating.

    Args:
        scene: N detections.
        log_scale: (N,) logarithm of how much larger a camera's coordinates are than the picture's.
        judge: tells from links how likely each detection is an object; the first `STRONG_ROUND` rounds do without it.
        learned: corrects the ratios of links in the last rounds.
        effort: how much work goes into fitting the noise.
        rounds: how often to link and to estimate; fewer leave detections out that are probably no objects.
    """
    estimate = first_estimate(scene, log_scale)
    alone: FloatArray | None = None
    for number in range(rounds):
        if number == STRONG_ROUND and judge is not None:
            features = judge.features(estimate.successor, estimate.ratio)
            alone = judge.alone(features)
            estimate = among(estimate, judge.in_track(features) >= STRONG)
        if number < LEARNED_ROUND or learned is None or alone is None:
            links = candidate_links(scene, estimate, GAPS[min(number, len(GAPS) - 1)])
        else:
            links = learned_links(scene, estimate, alone, learned)
        estimate = chosen(scene, estimate, links)
        if number < effort.rounds:
            estimate = fitted(scene, estimate, effort.sample)
        presence = update_presence(
            scene, estimate.presence, estimate.successor, estimate.active, alone, number >= AGED_ROUND
        )
        estimate = replace(estimate, presence=presence)
    return with_the_weak(scene, estimate, alone, learned) if rounds == ROUNDS else estimate


def learned_links(
    scene: Scene, estimate: Estimate, alone: FloatArray, learned: LearnedLinks, held: IntArray | None = None
) -> Links:
    """Candidate links with the log odds that a learned model gives them, those that are more likely than not.

    Args:
        scene: N detections.
        estimate: the present links and rates.
        alone: (N,) probability of each detection to be an object, by itself.
        learned: the model.
        held: (N,) links that stay, -1 for none.
    """
    links = candidate_links(scene, estimate, LONGEST_GAP, held, least=LEAST_LEARNED)
    features = link_features(scene, links, estimate.successor, alone, usual_ratio(estimate))
    return learned.corrected(links, features)


def usual_ratio(estimate: Estimate) -> float:
    """The median ratio of the present links, 0 without any."""
    linked = estimate.successor >= 0
    return float(np.median(estimate.ratio[linked])) if linked.any() else 0.0


def fitted(scene: Scene, estimate: Estimate, sample: int) -> Estimate:
    """The estimate with the noise that makes its tracks most likely, fitted to so many detections."""
    motion, looseness = fit_motion(scene, estimate.motion, estimate.looseness, estimate.successor, sample)
    return replace(estimate, motion=motion, looseness=looseness)


def trial(scene: Scene, log_scale: FloatArray) -> Estimate:
    """The estimate after the first two rounds, to compare scenes by their objectives."""
    estimate = first_estimate(scene, log_scale)
    estimate = fitted(scene, chosen(scene, estimate, candidate_links(scene, estimate, GAPS[0])), FAST.sample)
    return chosen(scene, estimate, candidate_links(scene, estimate, GAPS[1]))


def among(estimate: Estimate, active: BoolArray) -> Estimate:
    """The estimate with the links between some detections (N,) only."""
    successor = estimate.successor
    kept = active & (successor >= 0) & active[successor]
    return replace(
        estimate,
        successor=np.where(kept, successor, -1),
        ratio=np.where(kept, estimate.ratio, 0),
        active=active,
    )


def with_the_weak(scene: Scene, estimate: Estimate, alone: FloatArray | None, learned: LearnedLinks | None) -> Estimate:
    """All detections, linked where strong ones are linked without a gap: the weak may fill gaps and prolong tracks."""
    if estimate.active.all():
        return estimate
    successor = estimate.successor
    held = np.where((successor >= 0) & (scene.step[successor] - scene.step == 1), successor, -1)
    whole = replace(estimate, active=np.ones(len(scene), bool))
    if learned is None or alone is None:
        return chosen(scene, whole, candidate_links(scene, whole, LONGEST_GAP, held), held)
    return chosen(scene, whole, learned_links(scene, whole, alone, learned, held), held)


def chosen(scene: Scene, estimate: Estimate, links: Links, held: IntArray | None = None) -> Estimate:
    """The estimate with the best of the candidate links; `held` (N,) are links that stay, -1 for none."""
    successor, ratio = best_links(scene, links)
    if held is not None:
        successor = np.where(held >= 0, held, successor)
        ratio = np.where(held >= 0, estimate.ratio, ratio)
    used = successor[links.earlier] == links.later
    jump = (links.jumped[used].sum() + 1) / (used.sum() + 100)
    motion = replace(estimate.motion, jump=float(np.clip(jump, FEWEST_JUMPS, MOST_JUMPS)))
    return replace(estimate, successor=successor, ratio=ratio, motion=motion)


def candidate_links(
    scene: Scene, estimate: Estimate, longest: int, held: IntArray | None = None, least: float = 0.0
) -> Links:
    """Links whose likelihood ratio is above `least` nats, over gaps up to `longest` steps.

    Gaps of more than a step are asked about from detections that are not surely linked to the next step.
    """
    longest = min(longest, estimate.presence.longest)
    model = link_model(scene, estimate, longest)
    successor = estimate.successor
    before = predecessors(successor)
    source, target = estimate.active, estimate.active
    if held is not None:
        source, target = source & (held < 0), target & (predecessors(held) < 0)
    parts = list(_of_gaps(scene, model, np.flatnonzero(source), np.flatnonzero(target), (1, 1), least))
    if longest > 1:
        sure = (successor >= 0) & (estimate.ratio >= SURE) & (scene.step[successor] - scene.step == 1)
        reached = (before >= 0) & sure[before]
        parts += _of_gaps(
            scene, model, np.flatnonzero(source & ~sure), np.flatnonzero(target & ~reached), (2, longest), least
        )
    return join(parts)


def link_model(scene: Scene, estimate: Estimate, longest: int) -> LinkModel:
    """The likelihood ratios of links, by the states that the present links give."""
    forward, backward = (
        one_sided_states(scene, estimate.motion, estimate.looseness, estimate.successor, side) for side in (False, True)
    )
    return LinkModel(scene, estimate.motion, estimate.presence, forward, backward, longest)


def _of_gaps(
    scene: Scene, model: LinkModel, earlier: IntArray, later: IntArray, gaps: tuple[int, int], least: float
) -> list[Links]:
    """Candidate links between some detections, over a range of gaps, in parts that fit the memory."""
    low, high = gaps
    found = []
    for part in portions(scene.step[earlier], scene.step[later], gaps):
        rows = earlier[part]
        i, j = pairs_within(scene.step[rows], scene.step[later], low, high)
        i, j = rows[i], later[j]
        i, j = model.near(i, j)
        found.append(model.links(i, j, least))
    return found


def join(parts: list[Links]) -> Links:
    """All links of several parts."""
    return Links(
        np.concatenate([part.earlier for part in parts]),
        np.concatenate([part.later for part in parts]),
        np.concatenate([part.ratio for part in parts]),
        np.concatenate([part.jumped for part in parts]),
        np.concatenate([part.parts for part in parts]),
    )
