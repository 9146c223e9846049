"""Rounds of linking and estimation (empirical Bayes): the links give the parameters of the costs of the next round."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.appearance import (
    LARGEST,
    Appearance,
    Describe,
    learn_appearance,
)
from siamlink.association.calibrated.duplicates import OverlappingBoxes, apply
from siamlink.association.calibrated.learned import LINK_BONUS, LearnedLinks
from siamlink.association.calibrated.likelihood import LinkModel, Links
from siamlink.association.calibrated.link_features import link_features
from siamlink.association.calibrated.motion import Motion
from siamlink.association.calibrated.noise import FIT_ROUNDS, QUICK_SAMPLE, SAMPLE, first_guess, fit_motion
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.rates import Rates, first_rates, update_rates
from siamlink.association.calibrated.scene import Scene, pairs_within, portions, predecessors
from siamlink.association.calibrated.second_boxes import second_boxes
from siamlink.association.calibrated.states import one_sided_states
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LONGEST_GAP = 60
"""Steps."""
GAPS = (1, 4, 12, LONGEST_GAP)
"""The longest gap, in steps, in each of the first rounds; the last value holds for all later rounds."""
ROUNDS = 6
AGED_ROUND = 2
"""The first round after which exit and entry rates depend on the length of the track."""
STRONG_ROUND = 3
"""The first round in which only strong detections, those that are probably objects, are linked."""
LEARNED_ROUND = 4
"""The first round in which the model of links corrects the ratios."""
APPEARANCE_ROUNDS = 3
"""How often links are chosen anew in a round with appearance: each time the tracks that are compared are purer."""
LEAST_LEARNED = -LINK_BONUS
"""Nats; the correction cannot raise a lower ratio above 0."""
STRONG = 0.3
"""Smallest probability of being an object of a strong detection."""
CERTAIN = 6.0
"""Nats; detections with a link to the next step of at least this ratio are no candidates for longer gaps."""
FEWEST_JUMPS, MOST_JUMPS = 0.001, 0.2
"""Bounds of the probability of a jump."""


@dataclass(frozen=True)
class Estimate:
    """The present links and parameters of N detections.

    Attributes:
        motion: the noise parameters.
        rates: entry and exit rates and the distribution of gaps.
        noise_factor: (N,) factor on the measurement noise of each box.
        successor: (N,) the next detection of the same track, -1 at its end.
        ratio: (N,) log likelihood ratio of that link.
        active: (N,) whether each detection may be linked.
        duplicate: (N,) whether it shows an object that another detection shows better.
    """

    motion: Motion
    rates: Rates
    noise_factor: FloatArray
    successor: IntArray
    ratio: FloatArray
    active: BoolArray
    duplicate: BoolArray

    @property
    def objective(self) -> float:
        """The sum of the ratios of all links."""
        return float(self.ratio.sum())


def first_estimate(scene: Scene, log_scale: FloatArray) -> Estimate:
    """The prior estimate, without links; `log_scale` (N,) is that of `first_rates`."""
    count = len(scene)
    longest = max(min(LONGEST_GAP, scene.steps - 1), 1)
    return Estimate(
        motion=first_guess(scene),
        rates=first_rates(scene, longest, log_scale),
        noise_factor=np.ones(count),
        successor=np.full(count, -1, np.int64),
        ratio=np.zeros(count),
        active=np.ones(count, bool),
        duplicate=np.zeros(count, bool),
    )


def calibrate(
    scene: Scene,
    log_scale: FloatArray,
    classifier: ObjectClassifier | None,
    learned: LearnedLinks | None = None,
    rounds: int = ROUNDS,
    fixed: IntArray | None = None,
    settled: int = 0,
    describe: Describe | None = None,
) -> Estimate:
    """Links and parameters of a scene after some rounds of linking and estimation.

    Args:
        scene: N detections.
        log_scale: (N,) logarithm of the scale of the scene's coordinates; see `Camera.log_scale`.
        classifier: estimates which detections are objects; the first `STRONG_ROUND` rounds do not use it.
        learned: corrects the ratios of links in the last rounds.
        rounds: the number of rounds; with fewer than `ROUNDS`, weak detections are not linked at the end.
        fixed: (N,) links that do not change, -1 for none.
        settled: no link leads to one of the first so many detections.
        describe: describes detections; their appearance then counts in the last rounds.
    """
    estimate = first_estimate(scene, log_scale)
    alone: FloatArray | None = None
    appearance: Appearance | None = None
    overlapping = OverlappingBoxes(scene)
    for number in range(rounds):
        if number == STRONG_ROUND and classifier is not None:
            features = classifier.features(estimate.successor, estimate.ratio)
            alone = classifier.alone(features)
            second = second_boxes(scene, estimate.successor, alone)
            second[:settled] = False
            estimate = replace(estimate, duplicate=second)
            estimate = restrict_to(estimate, (classifier.in_track(features) >= STRONG) & ~second)
        if number < LEARNED_ROUND or learned is None or alone is None:
            links = candidate_links(scene, estimate, GAPS[min(number, len(GAPS) - 1)], fixed, settled)
            estimate = relink(scene, estimate, links, fixed)
        else:
            if number == LEARNED_ROUND and describe is not None:
                appearance = learn_appearance(scene, estimate.successor, estimate.ratio, estimate.active, describe)
            for _ in range(APPEARANCE_ROUNDS if appearance else 1):
                links = learned_links(scene, estimate, alone, learned, fixed, settled, appearance)
                estimate = relink(scene, estimate, links, fixed)
        if number >= STRONG_ROUND:
            estimate = without_duplicates(scene, estimate, overlapping, settled)
        if number < FIT_ROUNDS:
            estimate = fit_noise(scene, estimate, SAMPLE)
        rates = update_rates(
            scene, estimate.rates, estimate.successor, estimate.active, alone, by_age=number >= AGED_ROUND
        )
        estimate = replace(estimate, rates=rates)
    if rounds < ROUNDS:
        return estimate
    estimate = with_weak_detections(scene, estimate, alone, learned, fixed, settled, appearance)
    return without_duplicates(scene, estimate, overlapping, settled)


def learned_links(
    scene: Scene,
    estimate: Estimate,
    alone: FloatArray,
    learned: LearnedLinks,
    fixed: IntArray | None = None,
    settled: int = 0,
    appearance: Appearance | None = None,
) -> Links:
    """Candidate links with ratios corrected by the model of links, those above 0.

    Args:
        scene: N detections.
        estimate: the present links and rates.
        alone: (N,) probability that each detection is an object, from its own features.
        learned: the model of links.
        fixed: (N,) links that are fixed, -1 for none.
        settled: no link leads to one of the first so many detections.
        appearance: adds its own ratio; then less likely links are candidates too, which the model does not correct.
    """
    least = LEAST_LEARNED - (LARGEST if appearance else 0)
    links = candidate_links(scene, estimate, LONGEST_GAP, fixed, settled, least)
    likely = links.ratio > LEAST_LEARNED
    features = link_features(scene, links[likely], estimate.successor, alone, usual_ratio(estimate))
    ratio = links.ratio.copy()
    ratio[likely] = learned.corrected(links[likely], features)
    if appearance:
        ratio = appearance.added(ratio, estimate.successor, links)
    return replace(links, ratio=ratio)[ratio > 0]


def without_duplicates(scene: Scene, estimate: Estimate, overlapping: OverlappingBoxes, settled: int = 0) -> Estimate:
    """The estimate with the detections of objects that were detected twice in one track; see `duplicates`.

    The first `settled` detections are not left out, and nothing is linked to them.
    """
    handovers = overlapping.handovers(
        estimate.successor, lambda: link_model(scene, estimate, estimate.rates.longest), settled
    )
    if not handovers:
        return estimate
    successor, ratio, dropped = apply(handovers, estimate.successor, estimate.ratio)
    duplicate = estimate.duplicate.copy()
    duplicate[dropped] = True
    return replace(estimate, successor=successor, ratio=ratio, duplicate=duplicate, active=estimate.active & ~duplicate)


def usual_ratio(estimate: Estimate) -> float:
    """The median ratio of the present links, 0 without any."""
    linked = estimate.successor >= 0
    return float(np.median(estimate.ratio[linked])) if linked.any() else 0.0


def fit_noise(scene: Scene, estimate: Estimate, sample: int) -> Estimate:
    """The estimate with noise parameters fitted to its tracks, to about `sample` detections."""
    motion, noise_factor = fit_motion(scene, estimate.motion, estimate.noise_factor, estimate.successor, sample)
    return replace(estimate, motion=motion, noise_factor=noise_factor)


def trial_estimate(scene: Scene, log_scale: FloatArray) -> Estimate:
    """The estimate after two short rounds, to compare coordinates by the objective."""
    estimate = first_estimate(scene, log_scale)
    estimate = fit_noise(scene, relink(scene, estimate, candidate_links(scene, estimate, GAPS[0])), QUICK_SAMPLE)
    return relink(scene, estimate, candidate_links(scene, estimate, GAPS[1]))


def restrict_to(estimate: Estimate, active: BoolArray) -> Estimate:
    """The estimate with the active detections (N,) and the links between them only."""
    successor = estimate.successor
    both = active & (successor >= 0) & active[successor]
    return replace(
        estimate,
        successor=np.where(both, successor, -1),
        ratio=np.where(both, estimate.ratio, 0),
        active=active,
    )


def with_weak_detections(
    scene: Scene,
    estimate: Estimate,
    alone: FloatArray | None,
    learned: LearnedLinks | None,
    fixed: IntArray | None = None,
    settled: int = 0,
    appearance: Appearance | None = None,
) -> Estimate:
    """All detections linked: weak ones extend tracks and bridge gaps.

    Links of strong detections without a gap do not change, nor do those of `fixed` (N,), -1 for none. No link leads to
    one of the first `settled` detections.
    """
    if (estimate.active | estimate.duplicate).all():
        return estimate
    successor = estimate.successor
    steady = (successor >= 0) & (scene.step[successor] - scene.step == 1)
    fixed = np.where(steady, successor, -1 if fixed is None else fixed)
    everything = replace(estimate, active=~estimate.duplicate)
    if learned is None or alone is None:
        return relink(scene, everything, candidate_links(scene, everything, LONGEST_GAP, fixed, settled), fixed)
    return relink(
        scene, everything, learned_links(scene, everything, alone, learned, fixed, settled, appearance), fixed
    )


def relink(scene: Scene, estimate: Estimate, links: Links, fixed: IntArray | None = None) -> Estimate:
    """The estimate with the best of the candidate links; `fixed` (N,) are links that do not change, -1 for none."""
    successor, ratio = best_links(scene, links)
    if fixed is not None:
        successor = np.where(fixed >= 0, fixed, successor)
        ratio = np.where(fixed >= 0, estimate.ratio, ratio)
    used = successor[links.earlier] == links.later
    jump = (links.jumped[used].sum() + 1) / (used.sum() + 100)
    motion = replace(estimate.motion, jump_probability=float(np.clip(jump, FEWEST_JUMPS, MOST_JUMPS)))
    return replace(estimate, successor=successor, ratio=ratio, motion=motion)


def candidate_links(
    scene: Scene,
    estimate: Estimate,
    longest: int,
    fixed: IntArray | None = None,
    settled: int = 0,
    least: float = 0.0,
) -> Links:
    """Links whose likelihood ratio is above `least` nats, over gaps up to `longest` steps.

    Detections with a certain link to the next step are no candidates for longer gaps. `fixed` (N,) are links that
    do not change, -1 for none; their ends are no candidates. No link leads to one of the first `settled` detections.
    """
    longest = min(longest, estimate.rates.longest)
    model = link_model(scene, estimate, longest)
    successor = estimate.successor
    before = predecessors(successor)
    source, target = estimate.active, estimate.active
    if fixed is not None:
        source, target = source & (fixed < 0), target & (predecessors(fixed) < 0)
    target = target & (np.arange(len(scene)) >= settled)
    parts = list(_of_gaps(scene, model, np.flatnonzero(source), np.flatnonzero(target), (1, 1), least))
    if longest > 1:
        certain = (successor >= 0) & (estimate.ratio >= CERTAIN) & (scene.step[successor] - scene.step == 1)
        reached = (before >= 0) & certain[before]
        parts += _of_gaps(
            scene, model, np.flatnonzero(source & ~certain), np.flatnonzero(target & ~reached), (2, longest), least
        )
    return join(parts)


def link_model(scene: Scene, estimate: Estimate, longest: int) -> LinkModel:
    """The model of likelihood ratios, with states estimated along the present links."""
    forward, backward = (
        one_sided_states(scene, estimate.motion, estimate.noise_factor, estimate.successor, side)
        for side in (False, True)
    )
    return LinkModel(scene, estimate.motion, estimate.rates, forward, backward, longest)


def _of_gaps(
    scene: Scene, model: LinkModel, earlier: IntArray, later: IntArray, gaps: tuple[int, int], least: float
) -> list[Links]:
    """Candidate links between some detections, over a range of gaps, in parts of limited size."""
    low, high = gaps
    parts = []
    for part in portions(scene.step[earlier], scene.step[later], gaps):
        rows = earlier[part]
        i, j = pairs_within(scene.step[rows], scene.step[later], low, high)
        i, j = rows[i], later[j]
        i, j = model.near(i, j)
        parts.append(model.links(i, j, least))
    return parts


def join(parts: list[Links]) -> Links:
    """All links of several parts."""
    return Links(
        np.concatenate([part.earlier for part in parts]),
        np.concatenate([part.later for part in parts]),
        np.concatenate([part.ratio for part in parts]),
        np.concatenate([part.jumped for part in parts]),
        np.concatenate([part.parts for part in parts]),
    )
