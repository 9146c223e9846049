import numpy as np
import pytest

from siamlink.association.calibrated.rates import ages, first_rates, update_rates
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_ages_count_from_both_ends() -> None:
    age, rest = ages(np.array([1, 2, -1, -1]))
    assert age.tolist() == [1, 2, 3, 1]
    assert rest.tolist() == [3, 2, 1, 1]


def test_probabilities_of_gaps_add_up() -> None:
    detections = Detections([1, 2], [[0, 0, 10, 10]] * 2, [1, 1], [0, 0])
    rates = first_rates(make_scene(detections), 500)
    assert np.exp(rates.log_gap[1:]).sum() == pytest.approx(1, abs=1e-3)


def test_exit_rates_and_gaps_are_estimated_from_the_links() -> None:
    frame = np.repeat(np.arange(1, 201), 2)
    detections = Detections(frame, [[0, 0, 10, 10], [500, 500, 540, 540]] * 200, np.ones(400), np.zeros(400, int))
    scene = make_scene(detections)
    prior = first_rates(scene, 60)
    without_end = np.where(np.arange(400) < 398, np.arange(400) + 2, -1)
    ends_often = np.where(np.arange(400) % 10 < 8, without_end, -1)
    every = np.ones(400, bool)
    rare, frequent = (update_rates(scene, prior, successor, every) for successor in (without_end, ends_often))
    assert rare.exit.mean() < 0.01
    assert frequent.exit.mean() == pytest.approx(0.2, abs=0.05)
    assert (frequent.log_entry > rare.log_entry).all()
    assert np.exp(rare.log_gap[1]) > 0.99


def test_objects_with_a_higher_probability_end_less_often() -> None:
    detections = Detections(np.arange(1, 401), [[0, 0, 10, 10]] * 400, np.ones(400), np.zeros(400, int))
    scene = make_scene(detections)
    probability = np.where(np.arange(400) < 200, 0.9, 0.1)
    successor = np.where(np.arange(400) < 200, np.arange(400) + 1, -1)
    rates = update_rates(scene, first_rates(scene, 60), successor, np.ones(400, bool), probability)
    assert rates.exit[:200].max() < 0.05
    assert rates.exit[200:].min() > 0.6
