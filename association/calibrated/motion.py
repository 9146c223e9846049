"""The model of motion and measurement, whose parameters are estimated from the tracks of the sequence.

The two dimensions, horizontal and vertical, are independent. In each, a box has a centre c with velocity v, and a side
s, its width or height. Its two edges, c - s / 2 and c + s / 2, are measured:

    v' = persistence v + acceleration u e
    c' = c + (v + v') / 2 + drift u e + edge_drift u (e1 + e2) / 2
    s' = s + edge_drift u (e1 - e2)
    edge = c -+ s / 2 + measurement_noise w e

Here u is the object's own size, w the width or height of the box, and each e is standard normal. Edges move one by one
when a limb is stretched out or when a part of the object is covered; then centre and side change together.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray

DIMENSIONS = 2
TRANSITIONS = 6
"""Rows of `transitions`."""


@dataclass(frozen=True)
class Motion:
    """The noise parameters of motion and measurement; lengths in the object's own size, times in steps.

    Attributes:
        measurement_noise: (2,) standard deviation of a measured edge, relative to width and height.
        drift: (2,) standard deviation of the change of the centre per step beside that by velocity.
        edge_drift: (2,) standard deviation of the change of each edge per step beside that of both.
        acceleration: (2,) standard deviation of the change of velocity per step.
        persistence: (2,) factor on the velocity per step, 0 to 1.
        velocity_spread: (2,) standard deviation of the velocity of a new object.
        tail: degrees of freedom of Student's distribution of the innovations.
        jump_probability: probability of a jump of an edge by some part of the object's own size.
        neighbour_size: (2,) standard deviation of the difference between neighbours' logarithms of width and height.
    """

    measurement_noise: FloatArray
    drift: FloatArray
    edge_drift: FloatArray
    acceleration: FloatArray
    persistence: FloatArray
    velocity_spread: FloatArray
    tail: float
    jump_probability: float
    neighbour_size: FloatArray

    def with_axes(self, **columns: FloatArray) -> "Motion":
        """A copy with other values (2,) of some parameters."""
        return replace(self, **columns)  # type: ignore[arg-type]


def transitions(motion: Motion, longest: int) -> FloatArray:
    """The transition of centre, velocity and side over 0 to `longest` steps.

    Returns:
        (longest + 1, 6, 2): per dimension the factor of the velocity that is added to the centre, the factor on the
        velocity, the variance of the centre, its covariance with the velocity, the variance of the velocity, and that
        of the side; variances in squares of the object's own size.
    """
    table = np.zeros((longest + 1, TRANSITIONS, DIMENSIONS))
    phi, acceleration, edge = motion.persistence, motion.acceleration**2, motion.edge_drift**2
    drift = motion.drift**2 + edge / 2
    reach, decay = np.zeros(DIMENSIONS), np.ones(DIMENSIONS)
    position, cross, velocity = np.zeros((3, DIMENSIONS))
    step = (1 + phi) / 2
    for gap in range(longest + 1):
        table[gap] = reach, decay, position, cross, velocity, 2 * edge * gap
        reach, decay = reach + step * decay, phi * decay
        position, cross, velocity = (
            position + step * (2 * cross + step * velocity) + acceleration / 4 + drift,
            phi * (cross + step * velocity) + acceleration / 2,
            phi**2 * velocity + acceleration,
        )
    return table


def measurement_variance(scene: Scene, motion: Motion, noise_factor: FloatArray) -> FloatArray:
    """(N, 2) the variance of a measured edge in each dimension, in pixels squared."""
    variance: FloatArray = (motion.measurement_noise * scene.extent * noise_factor[:, None]) ** 2
    return variance


def own_size(scene: Scene) -> FloatArray:
    """(N, 1) the squared own size of each object."""
    square: FloatArray = scene.unit[:, None] ** 2
    return square


def log_student(square: FloatArray, variance: FloatArray, tail: FloatArray | float) -> FloatArray:
    """Log density of Student's distribution in one dimension, of a squared deviation divided by its variance."""
    freedom = np.asarray(tail, np.float64)
    constant = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - 0.5 * np.log(freedom * np.pi)
    density: FloatArray = constant - 0.5 * np.log(variance) - (freedom + 1) / 2 * np.log1p(square / freedom)
    return density
