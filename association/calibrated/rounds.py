"""Rounds of linking and estimation (empirical Bayes): the links give the parameters of the costs of the next round."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.appearance import USELESS, Appearance, Describe, learn_appearance
from siamlink.association.calibrated.candidate_links import candidate_links, corrected_links, link_model
from siamlink.association.calibrated.duplicates import OverlappingBoxes, apply
from siamlink.association.calibrated.estimate import (
    LONGEST_GAP,
    Estimate,
    Fixed,
    first_estimate,
    fit_noise,
    restrict_to,
)
from siamlink.association.calibrated.explanation import ALL_DETECTIONS, STRONG_DETECTIONS, Round, Trace, round_program
from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.motion import jump_probability
from siamlink.association.calibrated.noise import FIT_ROUNDS, SAMPLE
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
    classifier: ObjectClassifier | None,
    learned: LearnedLinks | None = None,
    rounds: int = ROUNDS,
    fixed: Fixed | None = None,
    describe: Describe | None = None,
    trace: Trace | None = None,
) -> Estimate:
    """Links and parameters of a scene after some rounds of linking and estimation.

    Args:
        scene: N detections.
        classifier: estimates which detections are objects; the first `STRONG_ROUND` rounds do not use it.
        learned: corrects the ratios of links in the last rounds.
        rounds: the number of rounds; with fewer than `ROUNDS`, weak detections are not linked at the end.
        fixed: what does not change.
        describe: describes detections; their appearance then counts in the last rounds.
        trace: collects the programs of the last rounds.
    """
    calibration = Calibration(scene, classifier, learned, fixed, describe, trace)
    estimate = calibration.strong_links(first_estimate(scene), rounds)
    return estimate if rounds < ROUNDS else calibration.all_links(estimate)


class Calibration:
    """Rounds of linking and estimation of one scene.

    Args:
        scene: N detections.
        classifier, learned, fixed, describe, trace: as for `calibrate`.
    """

    def __init__(
        self,
        scene: Scene,
        classifier: ObjectClassifier | None,
        learned: LearnedLinks | None = None,
        fixed: Fixed | None = None,
        describe: Describe | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._scene, self._classifier, self._learned, self._fixed = scene, classifier, learned, fixed
        self._describe, self._trace = describe, trace
        self._overlapping = OverlappingBoxes(scene)
        self._alone: FloatArray | None = None
        self._appearance: Appearance | None = None

    def strong_links(
        self,
        estimate: Estimate,
        rounds: int = ROUNDS,
        fit_rounds: Sequence[int] = range(FIT_ROUNDS),
        sample: int = SAMPLE,
        past_gaps: FloatArray | None = None,
    ) -> Estimate:
        """The estimate after some rounds; after `STRONG_ROUND` of them only strong detections are linked.

        Args:
            estimate: from which the rounds begin: its links give the first states.
            rounds: how many.
            fit_rounds: the rounds after which the noise parameters are fitted.
            sample: about how many detections they are fitted to.
            past_gaps: gaps of earlier detections; see `update_rates`.
        """
        scene, fixed = self._scene, self._fixed
        for number in range(rounds):
            if number == STRONG_ROUND and self._classifier is not None:
                estimate, self._alone = strong_detections(scene, estimate, self._classifier, fixed)
            estimate = self._relinked(estimate, number)
            if number >= STRONG_ROUND:
                estimate = without_duplicates(scene, estimate, self._overlapping, fixed)
            if number in fit_rounds:
                estimate = fit_noise(scene, estimate, sample)
            by_age, alone = number >= AGED_ROUND, self._alone
            rates = update_rates(
                scene, estimate.rates, estimate.successor, estimate.active, alone, by_age, past_gaps=past_gaps
            )
            estimate = replace(estimate, rates=rates)
        return estimate

    def all_links(self, estimate: Estimate) -> Estimate:
        """The estimate with weak detections too, where they extend the tracks of strong ones or bridge their gaps."""
        scene, fixed, trace = self._scene, self._fixed, self._trace
        estimate = with_weak_detections(scene, estimate, self._alone, self._learned, fixed, self._appearance, trace)
        return without_duplicates(scene, estimate, self._overlapping, fixed)

    def _relinked(self, estimate: Estimate, number: int) -> Estimate:
        """The estimate with the best links of round `number`."""
        scene, fixed, learned, alone = self._scene, self._fixed, self._learned, self._alone
        if number < LEARNED_ROUND or learned is None or alone is None:
            links = candidate_links(scene, estimate, GAPS[min(number, len(GAPS) - 1)], fixed)
            return self._chosen(Round(estimate, links, fixed))
        if number == LEARNED_ROUND and self._describe is not None:
            estimate = self._with_appearance(estimate, self._describe)
        for _ in range(APPEARANCE_ROUNDS if self._appearance else 1):
            corrected = corrected_links(scene, estimate, alone, learned, fixed, self._appearance)
            estimate = self._chosen(Round(estimate, corrected.chosen, fixed, corrected, self._appearance))
        return estimate

    def _with_appearance(self, estimate: Estimate, describe: Describe) -> Estimate:
        """The estimate with the separation of the appearance, which counts from now on unless it is useless."""
        found = learn_appearance(self._scene, estimate.successor, estimate.ratio, estimate.active, describe)
        if found is None:
            return estimate
        separation = found.calibration.information
        self._appearance = found if separation >= USELESS else None
        return replace(estimate, separation=separation)

    def _chosen(self, current: Round) -> Estimate:
        """The estimate with the best links of a round."""
        estimate = relink(self._scene, current.estimate, current.links, current.fixed)
        if self._trace is not None:
            self._trace.add(round_program(STRONG_DETECTIONS, self._scene, current, estimate.successor, self._learned))
        return estimate


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


def with_weak_detections(
    scene: Scene,
    estimate: Estimate,
    alone: FloatArray | None,
    learned: LearnedLinks | None,
    fixed: Fixed | None = None,
    appearance: Appearance | None = None,
    trace: Trace | None = None,
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
        current = Round(everything, candidate_links(scene, everything, LONGEST_GAP, fixed), fixed)
    else:
        corrected = corrected_links(scene, everything, alone, learned, fixed, appearance)
        current = Round(everything, corrected.chosen, fixed, corrected, appearance)
    linked = relink(scene, everything, current.links, fixed)
    if trace is not None:
        trace.add(round_program(ALL_DETECTIONS, scene, current, linked.successor, learned))
    return linked


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
