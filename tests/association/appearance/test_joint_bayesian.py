"""The Joint Bayesian model: its closed form against explicit normal densities, and what it learns."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from siamlink.association.appearance import joint_bayesian
from siamlink.association.appearance.joint_bayesian import Covariances, JointBayesian, estimate_covariances
from siamlink.detectors.base.errors import InputError

SIZE = 3


def covariances(seed: int) -> Covariances:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, SIZE, SIZE))
    return Covariances(within=a @ a.T + np.eye(SIZE), between=2 * b @ b.T)


def log_density(vectors: np.ndarray, mean: np.ndarray, model: Covariances) -> float:
    """Of all vectors (M, D) of one object, as one normal vector of M * D numbers."""
    count = len(vectors)
    joint = np.kron(np.eye(count), model.within) + np.kron(np.ones((count, count)), model.between)
    return float(multivariate_normal(np.tile(mean, count), joint).logpdf(vectors.ravel()))


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 1), (3, 5)])
def test_the_ratio_of_sets_equals_that_of_explicit_joint_densities(m: int, n: int) -> None:
    random = np.random.default_rng(m * 10 + n)
    truth, mean = covariances(m + n), random.normal(size=SIZE)
    a, b = random.normal(size=(m, SIZE)) * 2, random.normal(size=(n, SIZE)) * 2
    same = log_density(np.concatenate([a, b]), mean, truth)
    expected = same - log_density(a, mean, truth) - log_density(b, mean, truth)
    model = JointBayesian(mean, truth)
    x, y = model.project(a.mean(0))[None], model.project(b.mean(0))[None]
    assert model.log_ratio(x, y, np.array([m]), np.array([n])) == pytest.approx(expected)
    assert model.log_ratio(y, x, np.array([n]), np.array([m])) == pytest.approx(expected)


def test_the_covariances_are_those_that_the_descriptors_were_drawn_with() -> None:
    truth, random = covariances(1), np.random.default_rng(2)
    owner = np.repeat(np.arange(4000), 5)
    objects = random.multivariate_normal(np.zeros(SIZE), truth.between, 4000)
    descriptor = objects[owner] + random.multivariate_normal(np.zeros(SIZE), truth.within, len(owner))
    prior = Covariances(truth.within, truth.between)
    estimate = estimate_covariances(descriptor, owner, prior)
    np.testing.assert_allclose(estimate.within, truth.within, atol=0.05 * np.trace(truth.within))
    np.testing.assert_allclose(estimate.between, truth.between, atol=0.05 * np.trace(truth.between))


def test_few_descriptors_keep_the_directions_of_the_prior() -> None:
    prior = Covariances(np.diag([1.0, 1.0, 8.0]), np.diag([8.0, 1.0, 1.0]))
    random = np.random.default_rng(0)
    estimate = estimate_covariances(random.normal(size=(12, SIZE)), np.repeat(np.arange(4), 3), prior)
    within = np.diag(estimate.within) / np.trace(estimate.within)
    np.testing.assert_allclose(within, np.diag(prior.within) / 10, atol=0.01)
    assert np.trace(estimate.between) >= 0


def test_without_prior_all_directions_count_the_same() -> None:
    random = np.random.default_rng(0)
    estimate = estimate_covariances(random.normal(size=(12, SIZE)), np.repeat(np.arange(4), 3))
    assert np.ptp(np.diag(estimate.within)) < 0.02 * estimate.within[0, 0]


def test_learning_tells_objects_apart_also_after_reduction_to_principal_components(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joint_bayesian, "MOST_DIMENSIONS", 4)
    random = np.random.default_rng(3)
    objects, owner = random.normal(size=(20, 10)) * [3, 3, 3, 3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], np.repeat(range(20), 6)
    descriptor = objects[owner] + 0.3 * random.normal(size=(120, 10))
    model = JointBayesian.learn(descriptor, owner, Covariances(np.eye(10), np.eye(10)))
    seen = model.project(descriptor)
    assert seen.shape == (120, 4)
    one = np.ones(60)
    same = model.log_ratio(seen[::2], seen[1::2], one, one)
    different = model.log_ratio(seen[:60], seen[60:], one, one)
    assert same.min() > 0 > np.median(different)
    np.testing.assert_array_equal(model.log_ratio(seen[:60], seen[60:], one[:1], one[:1]), different)


@pytest.mark.parametrize("owner", [[0, 0, 0], [0, 1, 2]])
def test_one_object_or_no_pair_of_one_is_not_enough(owner: list[int]) -> None:
    with pytest.raises(InputError, match="two objects, and two descriptors of one of them, are needed"):
        JointBayesian.learn(np.eye(3), np.array(owner))
