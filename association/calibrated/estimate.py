"""The present links and parameters of a scene, which the rounds of linking and estimation improve."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.motion import Motion
from siamlink.association.calibrated.noise import first_guess, fit_motion
from siamlink.association.calibrated.rates import Rates, first_rates
from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LONGEST_GAP = 60
"""Steps."""
LARGEST_ODDS = 50.0
"""Nats, beyond which a probability is 0 or 1."""


@dataclass(frozen=True)
class Estimate:
    """The present links and parameters of N detections.

    Attributes:
        motion: the noise parameters.
        rates: entry and exit rates and the distribution of gaps.
        noise_factor: (N,) factor on the measurement noise of each box.
        successor: (N,) the next detection of the same track, -1 at its end.
        ratio: (N,) log likelihood ratio of that link.
        rival: (N,) the gain of the best change without that link, see `best_rivals`; NaN if a constraint asks for it.
        active: (N,) whether each detection may be linked.
        duplicate: (N,) whether it shows an object that another detection shows better.
        separation: how far appearance separates the tracklets, from 0 to 1, see `Calibration`; None if not known.
    """

    motion: Motion
    rates: Rates
    noise_factor: FloatArray
    successor: IntArray
    ratio: FloatArray
    rival: FloatArray
    active: BoolArray
    duplicate: BoolArray
    separation: float | None = None

    @property
    def objective(self) -> float:
        """The sum of the ratios of all links."""
        return float(self.ratio.sum())

    @property
    def link_probability(self) -> FloatArray:
        """(N,) the probability of each link, by its odds against no link there and the best change together.

        NaN where there is no link, or only a constraint asks for it.
        """
        known = np.flatnonzero((self.successor >= 0) & ~np.isnan(self.rival))
        probability = np.full(len(self.successor), np.nan)
        probability[known] = link_probability(self.ratio[known], self.rival[known])
        return probability


def link_probability(ratio: FloatArray, rival: FloatArray) -> FloatArray:
    """(P,) the probability of links of these ratios (P,) against no link there and their rivals (P,) together."""
    against = np.clip(np.logaddexp(0, rival) - ratio, -LARGEST_ODDS, LARGEST_ODDS)
    probability: FloatArray = 1 / (1 + np.exp(against))
    return probability


def first_estimate(scene: Scene) -> Estimate:
    """The prior estimate, without links."""
    count = len(scene)
    longest = max(min(LONGEST_GAP, scene.steps - 1), 1)
    return Estimate(
        motion=first_guess(scene),
        rates=first_rates(scene, longest),
        noise_factor=np.ones(count),
        successor=np.full(count, -1, np.int64),
        ratio=np.zeros(count),
        rival=np.zeros(count),
        active=np.ones(count, bool),
        duplicate=np.zeros(count, bool),
    )


@dataclass(frozen=True)
class Fixed:
    """What a round leaves as it is, of N detections.

    Attributes:
        successor: (N,) links that do not change, -1 for none.
        count: no link leads to one of the first so many detections, and they are no duplicates.
    """

    successor: IntArray
    count: int = 0

    @classmethod
    def nothing(cls, count: int) -> "Fixed":
        """Of so many detections, every link may change."""
        return cls(np.full(count, -1, np.int64))


def usual_ratio(estimate: Estimate) -> float:
    """The median ratio of the present links, 0 without any."""
    linked = estimate.successor >= 0
    return float(np.median(estimate.ratio[linked])) if linked.any() else 0.0


def fit_noise(scene: Scene, estimate: Estimate, sample: int) -> Estimate:
    """The estimate with noise parameters fitted to its tracks, to about `sample` detections."""
    motion, noise_factor = fit_motion(scene, estimate.motion, estimate.noise_factor, estimate.successor, sample)
    return replace(estimate, motion=motion, noise_factor=noise_factor)


def restrict_to(estimate: Estimate, active: BoolArray) -> Estimate:
    """The estimate with the active detections (N,) and the links between them only."""
    successor = estimate.successor
    both = active & (successor >= 0) & active[successor]
    return replace(
        estimate,
        successor=np.where(both, successor, -1),
        ratio=np.where(both, estimate.ratio, 0),
        rival=np.where(both, estimate.rival, 0),
        active=active,
    )
