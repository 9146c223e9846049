"""The model of motion and measurement, whose parameters are estimated from the tracks of the sequence.

The four axes (centre x, centre y, log width, log height) are independent. A centre has position p and velocity v:

    v' = persistence v + acceleration u e
    p' = p + (v + v') / 2 + drift u e
    measurement = p + measurement_noise w e

Here u is the object's own size, w the width or height of the box (1 for logarithms), and each e is standard normal. The
logarithm of a side has no velocity.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray

AXES = 4
CENTRE = slice(0, 2)
SIZE = slice(2, 4)
TABLE_LENGTH, TABLES = 64, 16
"""Transitions are computed for multiples of so many gaps; so many tables are kept, as most are needed again."""
FEWEST_JUMPS, MOST_JUMPS = 0.001, 0.2
"""Bounds of the probability of a jump."""


@dataclass(frozen=True)
class Motion:
    """The noise parameters of motion and measurement; lengths in the object's own size, times in steps.

    Attributes:
        measurement_noise: (4,) standard deviation of a measured centre, relative to width and height, and of the
            logarithm of each side.
        drift: (4,) standard deviation of the change of position per step beside that by velocity.
        acceleration: (4,) standard deviation of the change of velocity per step; 0 for sides.
        persistence: (4,) factor on the velocity per step, 0 to 1; 0 for sides.
        velocity_spread: (4,) standard deviation of the velocity of a new object.
        tail: degrees of freedom of Student's distribution of the innovations.
        jump_probability: probability of a jump of the box by some part of its own size.
        neighbour_size: (2,) standard deviation of the difference between neighbours' logarithms of width and height.
    """

    measurement_noise: FloatArray
    drift: FloatArray
    acceleration: FloatArray
    persistence: FloatArray
    velocity_spread: FloatArray
    tail: float
    jump_probability: float
    neighbour_size: FloatArray

    def with_axes(self, **columns: FloatArray) -> "Motion":
        """A copy with other values (4,) of some parameters."""
        return replace(self, **columns)  # type: ignore[arg-type]


def transitions(motion: Motion, longest: int) -> FloatArray:
    """The transition of (position, velocity) over 0 to `longest` steps.

    Returns:
        (longest + 1, 5, 4): per axis the factor of the velocity that is added to the position, the factor on the
        velocity, and the variance of position, the covariance, and the variance of velocity, in squares of the
        object's own size. Not to be changed.
    """
    return transition_tables([motion], longest)[:, :, 0]


def transition_tables(motions: Sequence[Motion], longest: int) -> FloatArray:
    """(longest + 1, 5, T, 4) the `transitions` of T motions."""
    names = ("persistence", "acceleration", "drift")
    parameters = (tuple(tuple(getattr(motion, name).tolist()) for motion in motions) for name in names)
    return _transitions(*parameters, -(-(longest + 1) // TABLE_LENGTH) * TABLE_LENGTH)[: longest + 1]


Parameters = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=TABLES)
def _transitions(persistence: Parameters, acceleration: Parameters, drift: Parameters, length: int) -> FloatArray:
    """(length, 5, T, 4) the transitions of T motions; each parameter has four numbers of each."""
    phi, accelerated = np.array(persistence), np.array(acceleration) ** 2
    shifted = np.array(drift) ** 2
    table = np.zeros((length, 5, *phi.shape))
    reach, decay = np.zeros(phi.shape), np.ones(phi.shape)
    position, cross, velocity = np.zeros((3, *phi.shape))
    step = np.where(accelerated > 0, (1 + phi) / 2, 0.0)
    for gap in range(length):
        table[gap] = reach, decay, position, cross, velocity
        reach, decay = reach + step * decay, phi * decay
        position, cross, velocity = (
            position + step * (2 * cross + step * velocity) + accelerated / 4 + shifted,
            phi * (cross + step * velocity) + accelerated / 2,
            phi**2 * velocity + accelerated,
        )
    table.flags.writeable = False
    return table


def measurement_variance(scene: Scene, motion: Motion, noise_factor: FloatArray) -> FloatArray:
    """(N, 4) the variance of the measurement of each box: pixels squared for centres, squared logarithms for sides."""
    side = np.column_stack([scene.extent, np.ones((len(scene), 2))])
    variance: FloatArray = (motion.measurement_noise * side * noise_factor[:, None]) ** 2
    return variance


def own_size(scene: Scene) -> FloatArray:
    """(N, 4) the squared unit of each axis: the object's own size for centres, 1 for logarithms of sides."""
    square = scene.unit**2
    one = np.ones(len(scene))
    return np.column_stack([square, square, one, one])


def jump_probability(jumps: float, links: int) -> float:
    """The probability of a jump of a box, from the expected number of jumps along some links."""
    return float(np.clip((jumps + 1) / (links + 100), FEWEST_JUMPS, MOST_JUMPS))
