"""The Joint Bayesian model and the weighted chi-squared distance as metrics."""

from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.training.verification_metrics import average_precision
from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.studies.ablation.metric_learning import OWN_METRICS, learn_metric
from siamlink.tools.studies.ablation.verification_models import ChiSquaredMetric, chi_squared_terms, non_negative

People = Callable[..., tuple[np.ndarray, np.ndarray]]
DIMENSION = 8
"""Of the descriptors of `people`."""


@pytest.mark.parametrize("name", OWN_METRICS)
def test_a_learned_metric_separates_new_identities_better(name: str, people: People) -> None:
    metric, (descriptor, identity) = learn_metric(name, *people(0, 30)), people(1, 30)
    first, second = np.triu_indices(len(identity), 1)
    same, seen = identity[first] == identity[second], metric.describe(descriptor)
    plain = -np.linalg.norm(descriptor[first] - descriptor[second], axis=1)
    learned = average_precision(metric.compare(seen[first], seen[second]), same)
    assert learned > 1.5 * average_precision(plain, same)


def test_the_chi_squared_distance_by_hand() -> None:
    metric = ChiSquaredMetric(np.array([1.0, 2.0, 3.0, 4.0]))
    a, b = metric.describe(np.array([[1.0, -2.0]])), metric.describe(np.array([[3.0, -1.0]]))
    assert a.tolist() == [[1, 0, 0, 2]]
    # (1 - 3)^2 / 4 = 1, nothing, nothing, (2 - 1)^2 / 3
    assert metric.compare(a, b) == pytest.approx(-(1 + 4 / 3))
    assert metric.compare(a, a) == 0


def test_terms_of_zeros_are_zero_and_weights_are_not_negative(people: People) -> None:
    assert chi_squared_terms(np.zeros((1, 2)), np.zeros((1, 2))).tolist() == [[0, 0]]
    descriptor, identity = people(0, 30)
    weight = ChiSquaredMetric.learn(descriptor, identity).weight
    assert (weight >= 0).all()
    kept, noise = (weight.reshape(2, DIMENSION)[:, part] for part in (slice(0, 4), slice(4, 8)))
    assert kept.min() > noise.max()
    assert non_negative(descriptor).shape == (len(identity), 2 * DIMENSION)


def test_a_wrong_name_has_a_near_one(people: People) -> None:
    with pytest.raises(ConfigError, match="there is no metric 'chisquared'; did you mean 'chi-squared'"):
        learn_metric("chisquared", *people(0))
