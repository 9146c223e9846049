"""Rounds of linking and estimation (empirical Bayes): the links give the parameters of the costs of the next round."""

from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.appearance import Appearance, Describe, learn_appearance
from siamlink.association.calibrated.candidate_links import candidate_links, learned_links, link_model
from siamlink.association.calibrated.duplicates import OverlappingBoxes, apply
from siamlink.association.calibrated.estimate import (
    LONGEST_GAP,
    Estimate,
    Fixed,
    first_estimate,
    fit_noise,
    restrict_to,
)
from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.motion import jump_probability
from siamlink.association.calibrated.noise import FIT_ROUNDS, QUICK_SAMPLE, SAMPLE
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.rates import update_rates
from siamlink.association.calibrated.rivals import best_rivals
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.second_boxes import second_boxes
from siamlink.detectors.base.arrays import FloatArray

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
STRONG = 0.3
"""Smallest probability of being an object of a strong detection."""


def calibrate(
    scene: Scene,
    log_scale: FloatArray,
    classifier: ObjectClassifier | None,
    learned: LearnedLinks | None = None,
    rounds: int = ROUNDS,
    fixed: Fixed | None = None,
    describe: Describe | None = None,
) -> Estimate:
    """Links and parameters of a scene after some rounds of linking and estimation.

    Args:
        scene: N detections.
        log_scale: (N,) logarithm of the scale of the scene's coordinates; see `Camera.log_scale`.
        classifier: estimates which detections are objects; the first `STRONG_ROUND` rounds do not use it.
        learned: corrects the ratios of links in the last rounds.
        rounds: the number of rounds; with fewer than `ROUNDS`, weak detections are not linked at the end.
        fixed: what does not change.
        describe: describes detections; their appearance then counts in the last rounds.
    """
    estimate = first_estimate(scene, log_scale)
    alone: FloatArray | None = None
    appearance: Appearance | None = None
    overlapping = OverlappingBoxes(scene)
    for number in range(rounds):
        if number == STRONG_ROUND and classifier is not None:
            estimate, alone = strong_detections(scene, estimate, classifier, fixed)
        if number < LEARNED_ROUND or learned is None or alone is None:
            links = candidate_links(scene, estimate, GAPS[min(number, len(GAPS) - 1)], fixed)
            estimate = relink(scene, estimate, links, fixed)
        else:
            if number == LEARNED_ROUND and describe is not None:
                appearance = learn_appearance(scene, estimate.successor, estimate.ratio, estimate.active, describe)
            for _ in range(APPEARANCE_ROUNDS if appearance else 1):
                links = learned_links(scene, estimate, alone, learned, fixed, appearance)
                estimate = relink(scene, estimate, links, fixed)
        if number >= STRONG_ROUND:
            estimate = without_duplicates(scene, estimate, overlapping, fixed)
        if number < FIT_ROUNDS:
            estimate = fit_noise(scene, estimate, SAMPLE)
        rates = update_rates(
            scene, estimate.rates, estimate.successor, estimate.active, alone, by_age=number >= AGED_ROUND
        )
        estimate = replace(estimate, rates=rates)
    if rounds < ROUNDS:
        return estimate
    estimate = with_weak_detections(scene, estimate, alone, learned, fixed, appearance)
    return without_duplicates(scene, estimate, overlapping, fixed)


def strong_detections(
    scene: Scene, estimate: Estimate, classifier: ObjectClassifier, fixed: Fixed | None = None
) -> tuple[Estimate, FloatArray]:
    """The estimate without second and weak boxes, and the probability that each detection is an object (N,).

    This probability is from the detection's own features.
    """
    features = classifier.features(estimate.successor, estimate.ratio)
    alone = classifier.alone(features)
    estimate = without_second_boxes(scene, estimate, alone, fixed)
    return restrict_to(estimate, (classifier.in_track(features) >= STRONG) & ~estimate.duplicate), alone


def without_second_boxes(scene: Scene, estimate: Estimate, alone: FloatArray, fixed: Fixed | None = None) -> Estimate:
    """The estimate with second boxes marked as duplicates, but for settled ones; `alone` (N,) as for `second_boxes`."""
    second = second_boxes(scene, estimate.successor, alone)
    second[: fixed.count if fixed else 0] = False
    return replace(estimate, duplicate=estimate.duplicate | second)


def without_duplicates(
    scene: Scene, estimate: Estimate, overlapping: OverlappingBoxes, fixed: Fixed | None = None
) -> Estimate:
    """The estimate with the detections of objects that were detected twice in one track; see `duplicates`."""
    handovers = overlapping.handovers(
        estimate.successor,
        lambda: link_model(scene, estimate, estimate.rates.longest),
        fixed.count if fixed else 0,
    )
    if not handovers:
        return estimate
    successor, ratio, dropped = apply(handovers, estimate.successor, estimate.ratio)
    rival = np.where(successor == estimate.successor, estimate.rival, 0)
    duplicate = estimate.duplicate.copy()
    duplicate[dropped] = True
    active = estimate.active & ~duplicate
    return replace(estimate, successor=successor, ratio=ratio, rival=rival, duplicate=duplicate, active=active)


def trial_estimate(scene: Scene, log_scale: FloatArray) -> Estimate:
    """The estimate after two short rounds, to compare coordinates by the objective."""
    estimate = first_estimate(scene, log_scale)
    estimate = fit_noise(scene, relink(scene, estimate, candidate_links(scene, estimate, GAPS[0])), QUICK_SAMPLE)
    return relink(scene, estimate, candidate_links(scene, estimate, GAPS[1]))


def with_weak_detections(
    scene: Scene,
    estimate: Estimate,
    alone: FloatArray | None,
    learned: LearnedLinks | None,
    fixed: Fixed | None = None,
    appearance: Appearance | None = None,
) -> Estimate:
    """All detections linked: weak ones extend tracks and bridge gaps.

    Links without a gap between strong detections do not change.
    """
    if (estimate.active | estimate.duplicate).all():
        return estimate
    successor = estimate.successor
    steady = (successor >= 0) & (scene.step[successor] - scene.step == 1)
    fixed = fixed or Fixed.nothing(len(scene))
    fixed = replace(fixed, successor=np.where(steady, successor, fixed.successor))
    everything = replace(estimate, active=~estimate.duplicate)
    if learned is None or alone is None:
        return relink(scene, everything, candidate_links(scene, everything, LONGEST_GAP, fixed), fixed)
    return relink(scene, everything, learned_links(scene, everything, alone, learned, fixed, appearance), fixed)


def relink(scene: Scene, estimate: Estimate, links: Links, fixed: Fixed | None = None) -> Estimate:
    """The estimate with the best of the candidate links, and those that are fixed."""
    successor, ratio = best_links(scene, links)
    rival = best_rivals(links, successor, ratio)
    if fixed is not None:
        is_fixed = fixed.successor >= 0
        successor = np.where(is_fixed, fixed.successor, successor)
        ratio, rival = np.where(is_fixed, estimate.ratio, ratio), np.where(is_fixed, estimate.rival, rival)
    used = successor[links.earlier] == links.later
    chance = jump_probability(float(links.jumped[used].sum()), int(used.sum()))
    motion = replace(estimate.motion, jump_probability=chance)
    return replace(estimate, successor=successor, ratio=ratio, rival=rival, motion=motion)
