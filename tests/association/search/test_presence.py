"""The probability that an object is there, fitted to examples."""

import numpy as np
import pytest

from siamlink.association.search.presence import Presence

RANDOM = np.random.default_rng(5)


def examples(present: int, absent: int) -> tuple[np.ndarray, np.ndarray]:
    features = np.concatenate([RANDOM.normal(1, 1, (present, 2)), RANDOM.normal(-1, 1, (absent, 2))])
    return features, np.arange(present + absent) < present


def test_it_is_the_probability_of_two_normal_distributions():
    presence = Presence.fit(*examples(40000, 40000))
    at = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5], [-2.0, -1.0]])
    true = 1 / (1 + np.exp(-2 * at.sum(1)))
    np.testing.assert_allclose(presence.probability(at), true, atol=0.06)


def test_both_kinds_count_the_same_however_many_there_are():
    many, few = Presence.fit(*examples(20000, 20000)), Presence.fit(*examples(20000, 500))
    at = np.array([[0.0, 0.0], [0.4, -0.1]])
    np.testing.assert_allclose(many.probability(at), few.probability(at), atol=0.08)


def test_kinds_that_are_apart_and_features_that_are_all_the_same_have_finite_weights():
    features = np.array([[0.9, 1.0], [0.8, 1.0], [0.1, 1.0], [0.2, 1.0]])
    presence = Presence.fit(features, np.array([True, True, False, False]))
    assert np.isfinite(presence.weight).all()
    assert presence.probability(features)[:2].min() > 0.6
    assert presence.probability(features)[2:].max() == pytest.approx(
        1 - presence.probability(features)[:2].max(), abs=0.1
    )
