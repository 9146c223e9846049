from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, first_estimate, restrict_to, usual_ratio
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_the_first_estimate_has_no_links_and_no_gap_beyond_the_sequence(walkers: Detections) -> None:
    estimate = first_estimate(make_scene(walkers))
    assert (estimate.successor == -1).all()
    assert estimate.objective == 0
    assert usual_ratio(estimate) == 0
    assert estimate.rates.longest == 11 < LONGEST_GAP


def test_links_of_detections_that_are_not_active_are_gone(walker_estimate: Estimate) -> None:
    active = np.ones(24, bool)
    active[10] = False
    restricted = restrict_to(walker_estimate, active)
    changed = np.flatnonzero(restricted.successor != walker_estimate.successor)
    assert changed.tolist() == [8, 10]
    assert (restricted.successor[changed] == -1).all()
    assert restricted.objective == pytest.approx(walker_estimate.objective - 14)


def test_the_usual_ratio_is_the_median_of_links(walker_estimate: Estimate) -> None:
    ratio = walker_estimate.ratio.copy()
    ratio[0] = 100
    assert usual_ratio(replace(walker_estimate, ratio=ratio)) == 7
