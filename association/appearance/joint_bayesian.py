"""The Joint Bayesian model of descriptors: a likelihood ratio that two sets of them show one object.

A descriptor is x = mean + s + e, where s ~ N(0, B) is the same for all descriptors of an object and e ~ N(0, W) is
independent for each (Chen, Cao, Wang, Wen and Sun 2012, "Bayesian face revisited: a joint formulation"). In the basis
in which W is the identity and B is diagonal, the ratio is a sum over the dimensions, and it depends on a set by the
mean of its descriptors and their number only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.errors import InputError

MOST_DIMENSIONS = 128
"""Longer descriptors are reduced to so many principal components."""
PriorCounts = tuple[float, float]
"""How many descriptors, beyond one of each object, and how many objects the prior covariances count for."""
OF_A_VIDEO: PriorCounts = (10_000.0, 10_000.0)
"""For the tracklets of a video, whose descriptors are not independent and show few objects."""
OF_A_TRAINING_SET: PriorCounts = (100.0, 50.0)
"""For pictures of many known identities."""
LEAST_SHARE = 1e-3
"""Smallest variance within objects in any direction, relative to the mean over all directions."""


@dataclass(frozen=True)
class Covariances:
    """The covariances of descriptors of D numbers, from a training set or a video.

    Attributes:
        within: (D, D) of the descriptors of one object around their own mean.
        between: (D, D) of the means of objects.
    """

    within: FloatArray
    between: FloatArray


class JointBayesian:
    """The model, ready to compare sets of descriptors.

    Args:
        mean: (D,) the mean of all descriptors.
        covariances: (D, D) each; `within` is positive definite.
    """

    def __init__(self, mean: FloatArray, covariances: Covariances) -> None:
        from scipy.linalg import eigh

        spread, basis = eigh(covariances.between, covariances.within)
        self.mean, self.basis, self.spread = mean, basis, np.maximum(spread, 0)

    @classmethod
    def learn(
        cls,
        descriptor: NDArray[np.floating],
        owner: IntArray,
        prior: Covariances | None = None,
        counts: PriorCounts = OF_A_VIDEO,
    ) -> "JointBayesian":
        """The model of some descriptors, whose covariances are shrunk towards those of a prior.

        Args:
            descriptor: (N, D).
            owner: (N,) the object, or the part of its track, that each belongs to.
            prior: of a training set of the same descriptors; by default, all directions are equal.
            counts: how much the prior counts.

        Raises:
            InputError: there are fewer than two owners, or none has two descriptors.
        """
        values: FloatArray = descriptor.astype(np.float64)
        mean, axes = _principal_axes(values)
        if prior is not None:
            prior = Covariances(axes.T @ prior.within @ axes, axes.T @ prior.between @ axes)
        model = cls(mean, estimate_covariances((values - mean) @ axes, owner, prior, counts))
        model.basis = axes @ model.basis
        return model

    def project(self, descriptor: NDArray[np.floating]) -> FloatArray:
        """(N, K) descriptors (N, D), or means of some, in the basis of the model."""
        projected: FloatArray = (descriptor - self.mean) @ self.basis
        return projected

    def log_ratio(self, a: FloatArray, b: FloatArray, a_count: FloatArray, b_count: FloatArray) -> FloatArray:
        """(P,) log likelihood ratio that two sets of descriptors show one object, to that they show two.

        Args:
            a: (P, K) the projected mean of each first set.
            b: (P, K) that of each second one.
            a_count: (P,) the number of independent descriptors in each first set; (1,) if it is the same in all.
            b_count: (P,) or (1,) that in each second one.
        """
        s = self.spread
        first, second = s + 1 / a_count[:, None], s + 1 / b_count[:, None]
        left = first * second
        determinant = left - s * s
        square = (a * a * second + b * b * first - 2 * s * a * b) / determinant - a * a / first - b * b / second
        ratio: FloatArray = -0.5 * (np.log(determinant / left) + square).sum(axis=1)
        return ratio


def estimate_covariances(
    descriptor: FloatArray, owner: IntArray, prior: Covariances | None = None, counts: PriorCounts = OF_A_VIDEO
) -> Covariances:
    """Covariances within and between owners, shrunk towards those of a prior, scaled to the same traces.

    Args:
        descriptor: (N, D).
        owner: (N,).
        prior: by default, a multiple of the identity.
        counts: how much the prior counts.

    Raises:
        InputError: there are fewer than two owners, or none has two descriptors.
    """
    _, row, count = np.unique(owner, return_inverse=True, return_counts=True)
    objects, freedom = len(count), len(descriptor) - len(count)
    if objects < 2 or not freedom:
        raise InputError("two objects, and two descriptors of one of them, are needed")
    means = np.zeros((objects, descriptor.shape[1]))
    np.add.at(means, row, descriptor)
    means /= count[:, None]
    residual = descriptor - means[row]
    within = residual.T @ residual / freedom
    between = np.cov(means.T).reshape(within.shape) - within * float((1 / count).mean())
    between = _positive(between)
    shape = prior or Covariances(np.eye(len(within)), np.eye(len(within)))
    within = _shrunk(within, shape.within, freedom, counts[0])
    within += np.eye(len(within)) * (LEAST_SHARE * np.trace(within) / len(within) + 1e-12)
    return Covariances(within, _shrunk(between, shape.between, objects - 1, counts[1]))


def _shrunk(estimate: FloatArray, prior: FloatArray, count: float, prior_count: float) -> FloatArray:
    """The mean of an estimate and a prior of the same trace, weighted by their counts."""
    scaled = prior * (np.trace(estimate) / max(float(np.trace(prior)), 1e-12))
    shrunk: FloatArray = (count * estimate + prior_count * scaled) / (count + prior_count)
    return shrunk


def _positive(covariance: FloatArray) -> FloatArray:
    """The nearest covariance without negative variances."""
    variance, axes = np.linalg.eigh(covariance)
    positive: FloatArray = (axes * np.maximum(variance, 0)) @ axes.T
    return positive


def _principal_axes(descriptor: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean (D,) and the principal axes (D, K) of descriptors (N, D), all of them if D is small."""
    mean, size = descriptor.mean(axis=0), descriptor.shape[1]
    if size <= MOST_DIMENSIONS:
        return mean, np.eye(size)
    _, _, axes = np.linalg.svd(descriptor - mean, full_matrices=False)
    return mean, axes[:MOST_DIMENSIONS].T
