"""The logistic model of similarities of pairs of one object and of two."""

import numpy as np
import pytest

from siamlink.association.appearance.separation import LARGEST, Calibration, calibrated_similarity


def test_the_calibration_is_a_likelihood_ratio() -> None:
    random = np.random.default_rng(1)
    same, different = random.normal(1, 1, 4000), random.normal(-1, 1, 8000)
    fitted = calibrated_similarity(same, different)
    assert (fitted.slope, fitted.offset) == pytest.approx((2.0, 0.0), abs=0.15)  # 2 x is the ratio of these densities
    assert 0.3 < fitted.information < 0.7
    assert fitted.ratio(np.array([-100.0, 100.0])).tolist() == [-LARGEST, LARGEST]


@pytest.mark.parametrize("same", [np.zeros(0), np.array([-1.0, -0.9, -1.1])])
def test_no_pairs_and_wrong_similarities_say_nothing(same: np.ndarray) -> None:
    fitted = calibrated_similarity(same, np.array([1.0, 0.9, 1.1]))
    assert fitted.slope == 0
    assert abs(fitted.offset) < 1e-3
    assert Calibration().ratio(np.ones(1)) == 0


def test_few_pairs_say_less_than_many() -> None:
    same, different = np.array([1.0, 1.2]), np.array([-1.0, -1.2])
    few = calibrated_similarity(same, different).ratio(np.ones(1))
    many = calibrated_similarity(np.tile(same, 100), np.tile(different, 100)).ratio(np.ones(1))
    assert 0 < few < many


def test_the_loss_is_that_of_the_information() -> None:
    random = np.random.default_rng(2)
    same, different = random.normal(1, 1, 300), random.normal(-1, 1, 500)
    fitted = calibrated_similarity(same, different)
    mean = (fitted.loss(same, same=True).mean() + fitted.loss(different, same=False).mean()) / 2
    assert fitted.information == pytest.approx(1 - mean)


def test_equal_weights_change_nothing_and_a_heavy_pair_counts_as_several() -> None:
    random = np.random.default_rng(3)
    same, different = random.normal(1, 1, 50), random.normal(-1, 1, 80)
    equal = calibrated_similarity(same, different, np.full(50, 2.0), np.full(80, 0.1))
    plain = calibrated_similarity(same, different)
    assert (equal.slope, equal.offset) == pytest.approx((plain.slope, plain.offset), rel=1e-3)
    apart, alike = np.array([3.0, 0.0]), np.array([-3.0, 0.0])
    sure = calibrated_similarity(apart, alike, np.array([9.0, 1.0]), np.array([9.0, 1.0]))
    unsure = calibrated_similarity(apart, alike, np.array([1.0, 9.0]), np.array([1.0, 9.0]))
    assert sure.information > unsure.information
