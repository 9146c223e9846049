"""Links under constraints: nothing changes without need, and what violates a constraint is linked anew."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from siamlink.association.calibrated.constrained import ConstrainedLinks
from siamlink.association.calibrated.estimate import Estimate, Fixed
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.rounds import calibrate
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.association.solvers.constraints import Constraint, cannot_link, group_detections, must_link
from siamlink.detectors.detections import Detections

FRAMES = 40


@pytest.fixture(scope="module")
def meeting() -> tuple[Scene, Estimate]:
    """Two people who meet in the middle, and a third one far away; person k has the rows k, k + 3, k + 6, ..."""
    frame = np.repeat(np.arange(1, FRAMES + 1), 3)
    each = np.tile(np.arange(3), FRAMES)
    x = np.array([100.0, 260.0, 900.0])[each] + np.array([4.0, -4.0, 1.0])[each] * frame
    y = np.array([300.0, 306.0, 500.0])[each]
    box = np.column_stack([x - 20, y - 55, x + 20, y + 55]) + np.random.default_rng(0).normal(0, 0.4, (len(x), 4))
    scene = make_scene(Detections(frame, box, np.full(len(x), 0.9), np.zeros(len(x), int)))
    return scene, calibrate(scene, None)


def constrained(meeting: tuple[Scene, Estimate], *constraints: Constraint, learned: bool = False) -> Estimate:
    scene, estimate = meeting
    groups = group_detections(scene.frame.astype(np.int32), constraints)
    models = shipped_models().links if learned else None
    return ConstrainedLinks(scene, groups, np.full(len(scene), 0.9), models).obeyed(estimate)


def tracks(estimate: Estimate) -> NDArray[np.int64]:
    return track_numbers(estimate.successor)


def test_links_that_obey_stay(meeting: tuple[Scene, Estimate]) -> None:
    _, estimate = meeting
    same = constrained(meeting, must_link(0, 60), cannot_link(1, 60))
    assert same.successor.tolist() == estimate.successor.tolist()
    assert same.ratio.tolist() == estimate.ratio.tolist()


@pytest.mark.parametrize("learned", [False, True])
def test_two_exchange_their_tracks(meeting: tuple[Scene, Estimate], learned: bool) -> None:
    _, estimate = meeting
    swapped = constrained(meeting, must_link(0, 3 * 38 + 1), must_link(1, 3 * 38), learned=learned)
    number = tracks(swapped)
    assert number.max() == 2
    assert number[0] == number[115] != number[1] == number[114]
    far = np.arange(2, 3 * FRAMES, 3)
    assert (swapped.successor[far] == estimate.successor[far]).all()
    assert (swapped.ratio[swapped.successor >= 0] > 0).all()


def test_a_track_is_cut_where_it_must_be(meeting: tuple[Scene, Estimate]) -> None:
    cut = constrained(meeting, cannot_link(2, 62))
    number = tracks(cut)
    assert number[2] != number[62]
    assert len(np.unique(number[2::3])) == 2


def test_tracks_without_a_link_are_joined_over_the_gap(meeting: tuple[Scene, Estimate]) -> None:
    scene, estimate = meeting
    torn = estimate.successor.copy()
    torn[62] = -1
    groups = group_detections(scene.frame.astype(np.int32), [must_link(2, 119)])
    joined = ConstrainedLinks(scene, groups, np.full(len(scene), 0.9), None).obeyed(replace(estimate, successor=torn))
    assert joined.successor.tolist() == estimate.successor.tolist()
    assert joined.ratio[62] == np.median(estimate.ratio[torn >= 0])


def test_fixed_links_stay_and_nothing_leads_to_settled_detections(meeting: tuple[Scene, Estimate]) -> None:
    scene, estimate = meeting
    settled = 3 * 20
    inside = (np.arange(len(scene)) < settled) & (estimate.successor < settled)
    fixed = np.where(inside, estimate.successor, -1)
    groups = group_detections(scene.frame.astype(np.int32), [must_link(0, 115), must_link(1, 114)])
    swapped = ConstrainedLinks(scene, groups, np.full(len(scene), 0.9), None).obeyed(estimate, Fixed(fixed, settled))
    assert (swapped.successor[fixed >= 0] == fixed[fixed >= 0]).all()
    number = tracks(swapped)
    assert number[0] == number[115] != number[1] == number[114]
