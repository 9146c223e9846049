"""Retrieval of held-out identities."""

import math

import numpy as np
import pytest

from siamlink.association.training.identity_crops import UNKNOWN_CAMERA
from siamlink.association.training.retrieval import interval_over_identities, retrieve


def angles(*degrees: float) -> np.ndarray:
    """Unit vectors (N, 2) of these angles."""
    return np.stack([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))], 1).astype(np.float32)


def test_ranks_and_precisions_are_those_counted_by_hand() -> None:
    # queries: each of the four crops. Identity 0 is at 0 and 40 degrees, identity 1 at 10 and 70.
    found = retrieve(angles(0, 40, 10, 70), np.array([0, 0, 1, 1]), np.array([1, 2, 1, 2]))
    # 0: 10, 40, 70 -> second. 40: 10, 70, 0 -> third (30 and 30 degrees away, then 40). 10: 0, 40, 70 -> third.
    # 70: 40, 10, 0 -> second.
    assert found.rank.tolist() == [2, 3, 3, 2]
    assert found.mean_precision == pytest.approx(np.mean([1 / 2, 1 / 3, 1 / 3, 1 / 2]))
    assert found.rank1 == 0
    assert found.found_within(2) == 0.5
    assert found.found_within(5) == 1
    assert found.identity.tolist() == [0, 0, 1, 1]


def test_crops_of_the_same_camera_are_not_searched() -> None:
    found = retrieve(angles(0, 1, 5, 30), np.array([0, 0, 1, 0]), np.array([1, 1, 2, 2]))
    # one query of identity 0 and camera 1: its twin at 1 degree does not count; 5 is wrong, 30 is right.
    # And one of camera 2, at 30: 5 is wrong, 1 and 0 are right.
    assert found.rank.tolist() == [2, 2]
    assert found.precision.tolist() == pytest.approx([1 / 2, (1 / 2 + 2 / 3) / 2])


def test_every_crop_of_an_unknown_camera_is_a_query() -> None:
    found = retrieve(angles(0, 1, 50), np.array([0, 0, 1]), np.full(3, UNKNOWN_CAMERA))
    assert found.rank.tolist() == [1, 1]  # identity 1 has no other crop
    assert found.rank1 == found.mean_precision == 1


def test_without_queries_the_measures_are_not_defined() -> None:
    found = retrieve(angles(0, 50), np.array([0, 1]), np.array([1, 2]))
    assert math.isnan(found.rank1)
    assert math.isnan(found.mean_precision)
    assert np.isnan(interval_over_identities(found.precision, found.identity)).all()


def test_the_interval_is_that_of_drawing_identities_anew() -> None:
    random = np.random.default_rng(1)
    identity = np.repeat(np.arange(400), 3)
    value = (random.random(400) < 0.3).astype(float)[identity]  # queries of one identity are all right or all wrong
    low, high = interval_over_identities(value, identity)
    deviation = np.sqrt(value.mean() * (1 - value.mean()) / 400)
    assert low == pytest.approx(value.mean() - 1.96 * deviation, abs=0.006)
    assert high == pytest.approx(value.mean() + 1.96 * deviation, abs=0.006)
    assert interval_over_identities(value, identity) == (low, high)


def test_an_interval_of_equal_values_is_a_point() -> None:
    assert interval_over_identities(np.ones(4), np.array([0, 0, 1, 2])) == (1, 1)
