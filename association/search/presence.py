"""The probability that a template shows the object that was found, calibrated on the video's own detections."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray

RIDGE = 1e-3
"""Weight of the squared coefficients; it keeps them finite where both kinds are apart entirely."""
STEPS = 25
"""Of Newton's method; it has converged then."""


@dataclass(frozen=True)
class Presence:
    """A logistic regression of standardised features, in which both kinds of examples count the same.

    Attributes:
        mean, scale: (F,) of the examples.
        weight: (F + 1,) of the standardised features, and the constant.
    """

    mean: FloatArray
    scale: FloatArray
    weight: FloatArray

    @classmethod
    def fit(cls, features: FloatArray, present: BoolArray) -> Self:
        """Fit to examples (N, F), of which some (N,) show the object; there is one of each kind at least."""
        mean, scale = features.mean(0), np.maximum(features.std(0), 1e-9)
        matrix = _matrix((features - mean) / scale)
        share = np.where(present, 0.5 / present.sum(), 0.5 / (~present).sum())
        weight = np.zeros(matrix.shape[1])
        for _ in range(STEPS):
            probability = _sigmoid(matrix @ weight)
            gradient = matrix.T @ (share * (probability - present)) + RIDGE * weight
            curvature = (matrix * (share * probability * (1 - probability))[:, None]).T @ matrix
            weight = weight - np.linalg.solve(curvature + RIDGE * np.eye(len(weight)), gradient)
        return cls(mean, scale, weight)

    def probability(self, features: FloatArray) -> FloatArray:
        """(N,) that the object is there, from features (N, F)."""
        return _sigmoid(_matrix((features - self.mean) / self.scale) @ self.weight)


def _matrix(features: FloatArray) -> FloatArray:
    return np.hstack([features, np.ones((len(features), 1))])


def _sigmoid(logit: FloatArray) -> FloatArray:
    probability: FloatArray = 1 / (1 + np.exp(-np.clip(logit, -60, 60)))
    return probability
