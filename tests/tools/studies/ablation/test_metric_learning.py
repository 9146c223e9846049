import sys
from types import SimpleNamespace

import numpy as np
import pytest

from siamlink.association.training.verification_metrics import average_precision
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.tools.studies.ablation.metric_learning import METRICS, LearnedMetric, learn_metric

DIMENSION = 8
"""Of the descriptors of `people`."""


def precision(metric: LearnedMetric, descriptor: np.ndarray, identity: np.ndarray) -> float:
    first, second = np.triu_indices(len(identity), 1)
    seen = metric.describe(descriptor)
    return average_precision(metric.compare(seen[first], seen[second]), identity[first] == identity[second])


@pytest.mark.slow
@pytest.mark.parametrize("name", METRICS)
def test_a_learned_metric_separates_new_identities_better(name, people):
    pytest.importorskip("metric_learn")
    learned = learn_metric(name, *people(0))
    assert precision(learned, *people(1)) > 1.5 * precision(LearnedMetric(np.eye(DIMENSION)), *people(1))


@pytest.mark.slow
@pytest.mark.parametrize("name", METRICS)
def test_the_same_seed_learns_the_same_whatever_the_scale_of_the_descriptors(name, people):
    pytest.importorskip("metric_learn")
    descriptor, identity = people(0)
    small, large = (learn_metric(name, factor * descriptor, identity) for factor in (2**-10, 2**10))
    np.testing.assert_allclose(small.transform, 2**20 * large.transform, rtol=1e-6)


def test_rare_and_missing_identities_are_left_out(monkeypatch):
    seen = []

    class Learner:
        components_ = np.eye(2)

        def __init__(self, **settings):
            pass

        def fit(self, descriptor, identity):
            seen.append((len(descriptor), identity.tolist()))

    monkeypatch.setitem(sys.modules, "metric_learn", SimpleNamespace(LMNN=Learner))
    identity = np.array([-1] * 9 + [0] * 4 + [1] * 3 + [2] * 5)
    descriptor = np.arange(2.0 * len(identity)).reshape(-1, 2)
    metric = learn_metric("lmnn", descriptor, identity)
    assert seen == [(9, [0] * 4 + [2] * 5)]
    np.testing.assert_allclose(metric.transform, np.eye(2) / descriptor[identity % 2 == 0].std())


def test_the_distance_is_that_of_the_transformed_descriptors():
    random = np.random.default_rng(0)
    transform, a, b = random.normal(size=(3, 4)), random.normal(size=(5, 4)), random.normal(size=(5, 4))
    metric = LearnedMetric(transform)
    expected = [np.sqrt(each @ transform.T @ transform @ each) for each in a - b]
    one, two = metric.describe(a), metric.describe(b)
    np.testing.assert_allclose(metric.compare(one, two), np.negative(expected))
    np.testing.assert_allclose(metric.compare(two, one), np.negative(expected))
    assert (metric.compare(one, one) == 0).all()


def test_without_metric_learn_the_extra_is_named(monkeypatch, people):
    monkeypatch.setitem(sys.modules, "metric_learn", None)
    with pytest.raises(ConfigError, match=r"needs the package metric_learn: pip install 'siamlink\[metric\]'$"):
        learn_metric("lmnn", *people(0))


def test_an_incompatible_scikit_learn_is_an_error(monkeypatch, people):
    class Broken:
        def __init__(self, **settings):
            pass

        def fit(self, descriptor, identity):
            raise TypeError("check_X_y() got an unexpected keyword argument 'force_all_finite'")

    monkeypatch.setitem(sys.modules, "metric_learn", SimpleNamespace(MMC_Supervised=Broken))
    with pytest.raises(ConfigError, match=r"does not work with this scikit-learn \(check_X_y.*siamlink\[metric\]"):
        learn_metric("mahalanobis", *people(0))


def test_an_unknown_metric_is_named_with_the_nearest(people):
    with pytest.raises(ConfigError, match=r"^there is no metric 'lmn'; did you mean 'lmnn'\?$"):
        learn_metric("lmn", *people(0))


@pytest.mark.parametrize("identity", [np.zeros(20, int), np.arange(20), np.full(20, -1), np.zeros(0, int)])
def test_one_person_alone_teaches_nothing(identity):
    with pytest.raises(InputError, match="two identities with 4 descriptors each are needed"):
        learn_metric("mahalanobis", np.ones((len(identity), 3)), identity)
