"""How boxes move and how well they are measured: the parameters that a sequence's own tracks tell.

Each of four axes (centre x, centre y, log width, log height) is a chain of its own. A centre has a velocity that
persists, v' = phi v + turn u e, and moves by p' = p + (v + v') / 2 + drift u e, where u is the object's own size and e
is standard normal; the logarithm of a side only drifts. What is seen is p + measured w e.
"""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray

AXES = 4
CENTRE = slice(0, 2)
SIZE = slice(2, 4)


@dataclass(frozen=True)
class Motion:
    """The noise of motion and of measurement; lengths in the object's own size, times in steps.

    Attributes:
        measured: (4,) error of a measured centre, in parts of width and height, and of the logarithm of each side.
        drift: (4,) change from one step to the next that no velocity explains.
        turn: (4,) change of velocity from one step to the next; 0 for sides.
        persistence: (4,) the part of a velocity that is left after a step, 0 to 1; 0 for sides.
        spread: (4,) velocity of an object that nothing is known of.
        tail: degrees of freedom of Student's distribution of surprises.
        jump: probability that a box or its object jumped by some part of its own size.
        rival_size: (2,) how the sides of two neighbours differ, in logarithms.
    """

    measured: FloatArray
    drift: FloatArray
    turn: FloatArray
    persistence: FloatArray
    spread: FloatArray
    tail: float
    jump: float
    rival_size: FloatArray

    def with_axes(self, **columns: FloatArray) -> "Motion":
        """A copy with other columns."""
        return replace(self, **columns)  # type: ignore[arg-type]


def transitions(motion: Motion, longest: int) -> FloatArray:
    """The transition of (position, velocity) over 0 to `longest` steps.

    Returns:
        (longest + 1, 5, 4): per axis the part of the velocity that adds to the position, the part that is left of it,
        and the variance of position, covariance and variance of velocity, in squares of the object's own size.
    """
    table = np.zeros((longest + 1, 5, AXES))
    phi, turn, drift = motion.persistence, motion.turn**2, motion.drift**2
    reach, keep = np.zeros(AXES), np.ones(AXES)
    position, cross, velocity = np.zeros(AXES), np.zeros(AXES), np.zeros(AXES)
    step = (1 + phi) / 2
    step = np.where(motion.turn > 0, step, 0.0)
    for gap in range(longest + 1):
        table[gap] = reach, keep, position, cross, velocity
        reach, keep = reach + step * keep, phi * keep
        position, cross, velocity = (
            position + step * (2 * cross + step * velocity) + turn / 4 + drift,
            phi * (cross + step * velocity) + turn / 2,
            phi**2 * velocity + turn,
        )
    return table


def measurement_variance(scene: Scene, motion: Motion, looseness: FloatArray) -> FloatArray:
    """(N, 4) the variance of each measured box: pixels squared for centres, squared logarithms for sides."""
    side = np.column_stack([scene.extent, np.ones((len(scene), 2))])
    variance: FloatArray = (motion.measured * side * looseness[:, None]) ** 2
    return variance


def own_size(scene: Scene) -> FloatArray:
    """(N, 4) the squared unit of each axis: the object's own size for centres, 1 for logarithms of sides."""
    square = scene.unit**2
    one = np.ones(len(scene))
    return np.column_stack([square, square, one, one])
