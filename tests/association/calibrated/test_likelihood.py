from dataclasses import replace

import numpy as np
from scipy.stats import multivariate_t

from siamlink.association.calibrated.candidate_links import link_model
from siamlink.association.calibrated.estimate import first_estimate
from siamlink.association.calibrated.likelihood import Links, log_student2
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def links_to(box: list[float], least: float = -1000.0) -> Links:
    """The link of a box in frame 1 to one in frame 2, beside nine objects that move by 2 pixels."""
    others = [[200.0 * n, 0, 200.0 * n + 40, 100] for n in range(1, 10)]
    moved = [[left + 2, top, right + 2, bottom] for left, top, right, bottom in others]
    table = [[0, 0, 40, 100], *others, box, *moved]
    scene = make_scene(Detections([1] * 10 + [2] * 10, table, [1] * 20, [0] * 20), (2200, 500))
    model = link_model(scene, first_estimate(scene), 1)
    return model.links(*model.near(np.array([0]), np.array([10])), least)


def test_the_density_is_that_of_scipy() -> None:
    deviation, variance = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    expected = multivariate_t.logpdf(deviation, shape=np.diag(variance), df=4.0)
    value = log_student2((deviation**2 / variance).sum()[None], np.log(variance).sum()[None], 4.0)
    np.testing.assert_allclose(value, expected, atol=1e-4)


def test_the_ratio_falls_with_distance_and_difference_of_size() -> None:
    near, far, small = (links_to(box).ratio[0] for box in ([2, 0, 42, 100], [60, 0, 100, 100], [12, 25, 32, 75]))
    assert near > 0
    assert near > far
    assert near > small


def test_a_jump_is_more_probable_for_a_box_that_moved_far() -> None:
    near, far = (links_to(box).jumped[0] for box in ([2, 0, 42, 100], [30, 0, 70, 100]))
    assert near < 0.001
    assert far > 10 * near


def test_links_below_the_limit_and_outside_the_gate_are_no_candidates() -> None:
    assert len(links_to([2, 0, 42, 100], least=0.0)) == 1
    assert len(links_to([2, 0, 42, 100], least=100.0)) == 0
    assert len(links_to([2000, 0, 2040, 100])) == 0


def test_an_edge_that_jumps_is_likelier_than_two() -> None:
    one, grown, moved = (links_to(box).ratio[0] for box in ([2, 0, 60, 100], [-16, 0, 60, 100], [20, 0, 60, 100]))
    assert one > grown + 1
    assert one > moved + 1


def test_the_ratio_is_the_sum_of_its_parts() -> None:
    links = links_to([8, 3, 50, 100])
    np.testing.assert_allclose(links.parts.sum(1), links.ratio)


def test_a_turn_costs_no_more_than_a_new_velocity() -> None:
    """Two objects that were detected ten times before and after: one goes on, one turns back."""
    motion_on = [2.0 * n for n in range(20)]
    turned = motion_on[:10] + [motion_on[9] - 2.0 * n for n in range(1, 11)]
    table = [[x, y, x + 40, y + 100] for k in range(20) for x, y in ((motion_on[k], 0), (turned[k], 500))]
    scene = make_scene(Detections(np.repeat(np.arange(1, 21), 2), table, [1] * 40, [0] * 40), (2200, 800))
    successor = np.where(np.arange(40) < 38, np.arange(40) + 2, -1)
    successor[[18, 19]] = -1
    estimate = replace(first_estimate(scene), successor=successor)
    links = link_model(scene, estimate, 1).links(np.array([18, 19]), np.array([20, 21]), -1000.0)
    on, back = links.parts[:, 2]
    assert on > back
    assert back >= np.log(estimate.motion.jump_probability)
