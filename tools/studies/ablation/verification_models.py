"""Models of face verification on fixed descriptors: Joint Bayesian, and the weighted chi-squared distance of DeepFace.

Both learn from descriptors of known identity, with nothing but NumPy and SciPy.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.joint_bayesian import OF_A_TRAINING_SET, JointBayesian
from siamlink.detectors.base.arrays import FloatArray, IntArray

Descriptors = NDArray[np.floating[Any]]
PAIRS = 5000
"""Pairs of each kind that the weights are learned from."""
RIDGE = 1e-3
"""Weight of the squared weights against the mean log loss, for terms of unit variance."""


@dataclass(frozen=True)
class JointBayesianMetric:
    """The log likelihood ratio of the Joint Bayesian model (Chen et al. 2012) for single descriptors."""

    model: JointBayesian

    @classmethod
    def learn(cls, descriptor: Descriptors, identity: IntArray, seed: int = 0) -> "JointBayesianMetric":
        """Learn from descriptors (N, D) of known identity (N,); nothing is random."""
        return cls(JointBayesian.learn(descriptor, identity, counts=OF_A_TRAINING_SET))

    def describe(self, descriptor: Descriptors) -> FloatArray:
        """(N, K) the descriptors in the basis of the model."""
        return self.model.project(descriptor)

    def compare(self, a: Descriptors, b: Descriptors) -> FloatArray:
        """(P,) the ratio of two batches that `describe` returned."""
        one = np.ones(len(a))
        return self.model.log_ratio(a.astype(np.float64), b.astype(np.float64), one, one)


@dataclass(frozen=True)
class ChiSquaredMetric:
    """The weighted chi-squared distance sum_i w_i (f_i - g_i)^2 / (f_i + g_i) of non-negative f and g.

    Taigman, Yang, Ranzato and Wolf 2014 (DeepFace). Descriptors with negative numbers are split into their positive and
    their negative part, so that no information is lost.

    Attributes:
        weight: (2 D,) not negative.
    """

    weight: FloatArray

    @classmethod
    def learn(cls, descriptor: Descriptors, identity: IntArray, seed: int = 0) -> "ChiSquaredMetric":
        """Learn the weights by logistic regression on random pairs of one identity and of two.

        Args:
            descriptor: (N, D).
            identity: (N,) of each.
            seed: of the pairs.
        """
        from scipy.optimize import minimize

        features, same = _pairs(non_negative(descriptor), identity, seed)
        scale = np.maximum(features.std(axis=0), 1e-12)
        features = features / scale
        share = np.where(same, 0.5 / same.mean(), 0.5 / (~same).mean())
        sign = np.where(same, -1.0, 1.0)

        def loss(x: FloatArray) -> tuple[float, FloatArray]:
            margin = sign * (features @ x[1:] + x[0])  # a large distance speaks for two identities
            slope = -sign * share / (1 + np.exp(np.clip(margin, -500, 500))) / len(same)
            gradient = np.append(slope.sum(), slope @ features + 2 * RIDGE * x[1:])
            return float((share * np.logaddexp(0, -margin)).mean() + RIDGE * x[1:] @ x[1:]), gradient

        bounds = [(None, None)] + [(0, None)] * features.shape[1]
        weight = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds).x[1:]
        return cls(weight / scale)

    def describe(self, descriptor: Descriptors) -> FloatArray:
        """(N, 2 D) the positive and the negative parts."""
        return non_negative(descriptor)

    def compare(self, a: Descriptors, b: Descriptors) -> FloatArray:
        """(P,) the negated distances of two batches that `describe` returned."""
        distance: FloatArray = -(chi_squared_terms(a.astype(np.float64), b.astype(np.float64)) @ self.weight)
        return distance


def non_negative(descriptor: Descriptors) -> FloatArray:
    """(N, 2 D) the positive and the negative parts of descriptors (N, D)."""
    values = descriptor.astype(np.float64)
    return np.hstack([np.maximum(values, 0), np.maximum(-values, 0)])


def chi_squared_terms(a: FloatArray, b: FloatArray) -> FloatArray:
    """(P, D) the terms (f - g)^2 / (f + g) of non-negative vectors (P, D); 0 where both are 0."""
    terms: FloatArray = (a - b) ** 2 / np.maximum(a + b, 1e-12)
    return terms


def _pairs(values: FloatArray, identity: IntArray, seed: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The terms of random pairs, of up to `PAIRS` of one identity and of two each, and (P,) which are of one."""
    first, second = np.triu_indices(len(identity), 1)
    same, random = identity[first] == identity[second], np.random.default_rng(seed)
    rows = np.concatenate([random.permutation(np.flatnonzero(same == kind))[:PAIRS] for kind in (True, False)])
    return chi_squared_terms(values[first[rows]], values[second[rows]]), same[rows]
