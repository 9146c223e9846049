"""Metrics learned on fixed descriptors: Mahalanobis (Xing et al. 2002) and LMNN by metric-learn, and our own."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.extras import import_extra
from siamlink.detectors.base.hints import did_you_mean
from siamlink.tools.studies.ablation.verification_models import ChiSquaredMetric, JointBayesianMetric

Descriptors = NDArray[np.floating[Any]]
MMC_PAIRS = 5000
"""Pairs of each kind that the Mahalanobis distance is learned from."""
MMC_PROJECTIONS = 100
"""Attempts to meet the constraints after a step, before a shorter one is tried."""
LMNN_NEIGHBOURS, LMNN_STEPS = 3, 100
LMNN_FIRST_STEP = 1e-4
"""The solver halves steps that are too long; with its own first step, 1e-7, it does not converge in 100 steps."""


class Metric(Protocol):
    """A similarity of descriptors that was learned."""

    def describe(self, descriptor: Descriptors) -> FloatArray:
        """(N, K) what is compared, computed once for each of N descriptors (N, D)."""
        ...

    def compare(self, a: Descriptors, b: Descriptors) -> FloatArray:
        """(P,) similarities of two batches that `describe` returned, higher for more similar ones."""
        ...


@dataclass(frozen=True)
class LearnedMetric:
    """The distance d_A(x, y) = sqrt((x - y)^T A (x - y)), A = L^T L.

    Attributes:
        transform: (K, D) L, after which the distance is the Euclidean one.
    """

    transform: FloatArray

    def describe(self, descriptor: Descriptors) -> FloatArray:
        """(N, K) descriptors whose Euclidean distance is the metric."""
        transformed: FloatArray = descriptor @ self.transform.T
        return transformed

    def compare(self, a: Descriptors, b: Descriptors) -> FloatArray:
        """(P,) the negated distances of two batches that `describe` returned."""
        distance: FloatArray = np.linalg.norm(a - b, axis=1)
        return -distance


def learn_metric(name: str, descriptor: Descriptors, identity: IntArray, seed: int = 0) -> Metric:
    """Learn a distance under which descriptors of one object are near each other.

    `mahalanobis` is min_A sum_S d_A^2 with sum_D d_A >= 1 and A >= 0 (Xing et al. 2002), S and D random pairs of one
    object and of two; metric-learn's MMC solves it with the roles of objective and constraint exchanged, which is the
    same but for the scale of A. `lmnn` is min_A sum_S d_A^2 + sum_R [1 + d_A^2(i, j) - d_A^2(i, k)]_+ with A >= 0, S
    each descriptor i and its three nearest j of the same object, R these with all k of other objects (Weinberger et
    al. 2006); it takes minutes for a few thousand descriptors of a hundred numbers. `joint-bayesian` and `chi-squared`
    are those of `verification_models`.

    Args:
        name: one of `METRICS` or `OWN_METRICS`.
        descriptor: (N, D).
        identity: (N,) identities; below zero if there is none.
        seed: of the random pairs.

    Raises:
        ConfigError: there is no such metric, or metric-learn is not installed or does not work.
        InputError: there are fewer than two objects with enough descriptors.
    """
    if name not in {*METRICS, *OWN_METRICS}:
        hint = did_you_mean(name, [*METRICS, *OWN_METRICS], cutoff=0.3)
        raise ConfigError(f"there is no metric '{name}'{hint}")
    rows = _frequent(identity, LMNN_NEIGHBOURS + 1)
    if len(np.unique(identity[rows])) < 2:
        raise InputError(
            f"nothing to learn from: two identities with {LMNN_NEIGHBOURS + 1} descriptors each are needed"
        )
    if name in OWN_METRICS:
        return OWN_METRICS[name](descriptor[rows], identity[rows], seed)
    scale = float(descriptor[rows].std()) or 1.0
    learner = METRICS[name](_import_metric_learn(), seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # metric-learn 0.7 names an argument as scikit-learn once did
        warnings.filterwarnings("ignore", message="Only generated")  # fewer pairs than asked for, of little data
        try:
            learner.fit(np.asarray(descriptor[rows], np.float64) / scale, identity[rows])
        except TypeError as error:
            raise ConfigError(
                f"metric-learn does not work with this scikit-learn ({error}): pip install 'siamlink[metric]'"
            ) from None
    return LearnedMetric(np.asarray(learner.components_, np.float64) / scale)


def _mmc(metric_learn: Any, seed: int) -> Any:
    return metric_learn.MMC_Supervised(
        n_constraints=MMC_PAIRS, init="covariance", max_proj=MMC_PROJECTIONS, random_state=seed
    )


def _lmnn(metric_learn: Any, seed: int) -> Any:
    return metric_learn.LMNN(
        n_neighbors=LMNN_NEIGHBOURS,
        init="identity",
        learn_rate=LMNN_FIRST_STEP,
        max_iter=LMNN_STEPS,
        random_state=seed,
    )


METRICS: dict[str, Callable[[Any, int], Any]] = {"mahalanobis": _mmc, "lmnn": _lmnn}
"""Those that need metric-learn."""
OWN_METRICS: dict[str, Callable[[Descriptors, IntArray, int], Metric]] = {
    "joint-bayesian": JointBayesianMetric.learn,
    "chi-squared": ChiSquaredMetric.learn,
}


def _import_metric_learn() -> Any:
    return import_extra("metric_learn", "metric", "a learned metric")


def _frequent(identity: IntArray, times: int) -> NDArray[np.bool_]:
    """(N,) whether an object's descriptors are at least `times` many."""
    identities, row, count = np.unique(identity, return_inverse=True, return_counts=True)
    often: NDArray[np.bool_] = (identities >= 0)[row] & (count >= times)[row]
    return often
