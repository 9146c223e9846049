"""The links of the program, compared with the optimum of a complete assignment."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


@pytest.mark.parametrize("seed", range(30))
def test_links_are_those_of_the_best_assignment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 40
    frame = np.sort(rng.integers(1, 12, count))
    box = np.tile([0, 0, 10, 10], (count, 1))
    scene = make_scene(Detections(frame, box, np.ones(count), np.zeros(count, int)))
    i, j = np.nonzero((frame[:, None] < frame[None]) & (rng.random((count, count)) < rng.uniform(0.02, 0.3)))
    ratio = np.round(rng.gamma(1, 4, len(i)) + 0.001, 3)
    successor, chosen_ratio = best_links(scene, Links(i, j, ratio, np.zeros(len(i)), np.zeros((len(i), 4))))
    worth = np.zeros((count, count))
    worth[i, j] = ratio
    rows, columns = linear_sum_assignment(-worth)
    assert chosen_ratio.sum() == pytest.approx(worth[rows, columns].sum())
    reached = successor[successor >= 0]
    assert len(reached) == len({*reached.tolist()})


def test_no_candidates_make_no_links() -> None:
    scene = make_scene(Detections([1, 2], [[0, 0, 1, 1]] * 2, [1, 1], [0, 0]))
    none = np.zeros(0, int)
    successor, _ = best_links(scene, Links(none, none, np.zeros(0), np.zeros(0), np.zeros((0, 4))))
    assert (successor == -1).all()
