from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.candidate_links import candidate_links, corrected_links
from siamlink.association.calibrated.estimate import Estimate, Fixed, first_estimate
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_all_pairs_over_the_permitted_gaps_that_fit_are_candidates(walkers: Detections) -> None:
    scene = make_scene(walkers)
    estimate = first_estimate(scene)
    for longest in (1, 3):
        links = candidate_links(scene, estimate, longest)
        gap = scene.step[links.later] - scene.step[links.earlier]
        assert sorted(set(gap.tolist())) == list(range(1, longest + 1))
        assert ((links.later - links.earlier) % 2 == 0).all()
        assert (links.ratio > 0).all()


def test_certain_links_to_the_next_step_leave_no_candidates_for_longer_gaps(
    walkers: Detections, walker_estimate: Estimate
) -> None:
    scene = make_scene(walkers)
    links = candidate_links(scene, walker_estimate, 3)
    assert (links.later - links.earlier == 2).all()


def test_detections_that_are_not_active_are_in_no_candidate(walkers: Detections, walker_estimate: Estimate) -> None:
    active = np.arange(24) != 10
    links = candidate_links(make_scene(walkers), replace(walker_estimate, active=active), 1)
    assert 10 not in {*links.earlier.tolist(), *links.later.tolist()}


def test_ends_of_fixed_links_are_no_candidates_and_nothing_leads_to_the_first_detections(
    walkers: Detections, walker_estimate: Estimate
) -> None:
    scene = make_scene(walkers)
    successor = np.full(24, -1)
    successor[14] = 16
    links = candidate_links(scene, walker_estimate, 1, Fixed(successor, 6))
    assert links.later.min() == 6
    assert 14 not in links.earlier.tolist()
    assert 16 not in links.later.tolist()
    assert len(links) == 24 - 2 - 4 - 1


def test_certain_links_stay_likely_after_the_correction(walkers: Detections, walker_estimate: Estimate) -> None:
    scene, learned = make_scene(walkers), shipped_models().links
    assert learned is not None
    links = corrected_links(scene, walker_estimate, np.full(24, 0.9), learned).chosen
    assert (links.ratio > 0).all()
    assert {(i, i + 2) for i in range(22)} <= set(zip(links.earlier.tolist(), links.later.tolist(), strict=True))
