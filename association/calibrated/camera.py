"""The camera's motion, estimated from the boxes: a similarity or a translation between consecutive steps.

No setting of the tracker uses this; see `calibrated_links`. The motion is fitted to mutually nearest pairs of boxes.
Cauchy weights reduce the influence of objects that move. Then the pairs are searched again, with the motion applied.
Places are complex numbers: a step takes z to scale z + shift.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.scene import Scene, mutually_nearest, pairs_within
from siamlink.detectors.base.arrays import FloatArray, IntArray

ComplexArray = NDArray[np.complex128]
Kind = Literal["still", "translation", "similarity"]
PARAMETERS: dict[Kind, int] = {"still": 0, "translation": 2, "similarity": 4}
FEWEST: dict[Kind, int] = {"still": 0, "translation": 3, "similarity": 5}
"""Fewest pairs to which the motion of a step is fitted."""
PASSES = 3
"""Searches of pairs."""
REWEIGHTED = 5
"""Iterations of reweighted least squares in each."""
STIFFNESS = 0.2
"""Regularisation of a similarity towards a translation, in squared own sizes per pair."""


@dataclass(frozen=True)
class Camera:
    """Where the K steps of a scene lie in the coordinates of the first: z in step k is scale_k z + shift_k there.

    Attributes:
        scale: (K,) rotation and scale.
        shift: (K,) translation in pixels.
        freedom: number of fitted parameters, corrected for few pairs.
    """

    scale: ComplexArray
    shift: ComplexArray
    freedom: float

    def stabilised(self, scene: Scene) -> Scene:
        """The scene in the coordinates of its first step."""
        scale, shift = self.scale[scene.step], self.shift[scene.step]
        size = np.abs(scale)
        place = scale * _complex(scene.in_picture) + shift
        return replace(
            scene,
            place=np.column_stack([place.real, place.imag, np.log(scene.extent * size[:, None])]),
            unit=scene.unit * size,
            extent=scene.extent * size[:, None],
        )

    def log_scale(self, scene: Scene) -> FloatArray:
        """(N,) logarithm of the scale from each detection's picture to the coordinates of the first step."""
        size: FloatArray = np.log(np.abs(self.scale[scene.step]))
        return size

    def to_picture(self, step: FloatArray, place: FloatArray) -> FloatArray:
        """Boxes in the picture.

        Args:
            step: (M,) steps, maybe fractional.
            place: (M, 4) centre and log sides in the first step's coordinates.

        Returns:
            (M, 4) centre and log sides in pixels.
        """
        before = np.clip(np.floor(step).astype(np.int64), 0, len(self.scale) - 1)
        after = np.minimum(before + 1, len(self.scale) - 1)
        part = step - before
        scale = self.scale[before] * (1 - part) + self.scale[after] * part
        shift = self.shift[before] * (1 - part) + self.shift[after] * part
        centre = (place[:, 0] + 1j * place[:, 1] - shift) / scale
        return np.column_stack([centre.real, centre.imag, place[:, 2:] - np.log(np.abs(scale))[:, None]])


def still_camera(scene: Scene) -> Camera:
    """A camera that does not move."""
    return Camera(np.ones(scene.steps, complex), np.zeros(scene.steps, complex), 0.0)


def fit_camera(scene: Scene, kind: Kind) -> Camera:
    """The camera's motion, fitted to mutually nearest boxes of consecutive steps."""
    steps = scene.steps
    scale, shift = np.ones(steps, complex), np.zeros(steps, complex)
    place = _complex(scene.in_picture)
    pairs = pairs_within(scene.step, scene.step, 1, 1)
    used = np.zeros(steps, np.int64)
    for _ in range(PASSES):
        moved = scale[scene.step] * place + shift[scene.step]
        i, j = _mutual(scene, moved, place, pairs)
        used = np.bincount(scene.step[i], minlength=steps)
        scale, shift = _fit_steps(scene, place, (i, j), kind)
        enough = used >= FEWEST[kind]
        scale, shift = np.where(enough, scale, 1), np.where(enough, shift, 0)
    parameters, values = PARAMETERS[kind], 2 * used[used >= FEWEST[kind]]
    freedom = float((parameters * values / np.maximum(values - parameters - 1, 1)).sum())
    return _accumulated(scale, shift, freedom)


def _complex(place: FloatArray) -> ComplexArray:
    number: ComplexArray = place[:, 0] + 1j * place[:, 1]
    return number


def _mutual(
    scene: Scene, moved: ComplexArray, place: ComplexArray, pairs: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """The mutually nearest pairs, from the predicted places of the earlier boxes (N,) and the places of all (N,)."""
    i, j = pairs
    apart = np.abs(moved[i] - place[j]) / scene.unit[i] + np.abs(np.log(scene.unit[i] / scene.unit[j]))
    return mutually_nearest(i, j, apart, len(scene))


def _fit_steps(
    scene: Scene, place: ComplexArray, pairs: tuple[IntArray, IntArray], kind: Kind
) -> tuple[ComplexArray, ComplexArray]:
    """Scale (K,) and shift (K,) of all steps at once, by reweighted least squares."""
    i, j = pairs
    step, count = scene.step[i], scene.steps
    unit, a, b = scene.unit[i], place[i], place[j]
    weight = np.ones(len(i))

    def total(values: NDArray[np.generic]) -> ComplexArray:
        return np.bincount(step, values.real, count) + 1j * np.bincount(step, values.imag, count)

    scale, shift = np.ones(count, complex), np.zeros(count, complex)
    for _ in range(REWEIGHTED):
        w = weight / unit**2
        mass = np.maximum(np.bincount(step, w, count), 1e-12)
        mean_a, mean_b = total(w * a) / mass, total(w * b) / mass
        if kind == "similarity":
            from_mean = a - mean_a[step]
            spread = np.bincount(step, w * np.abs(from_mean) ** 2, count)
            stiff = STIFFNESS * np.bincount(step, weight, count) + 1e-9
            scale = (total(w * (b - mean_b[step]) * np.conj(from_mean)) + stiff) / (spread + stiff)
        shift = mean_b - scale * mean_a
        rest = np.abs(scale[step] * a + shift[step] - b) / unit
        median = _median_of_steps(rest, step, count) + 1e-3
        weight = 1 / (1 + (rest / median[step]) ** 2 / 2)
    return scale, shift


def _median_of_steps(values: FloatArray, step: IntArray, count: int) -> FloatArray:
    """(K,) the median of the values (P,) of each step; 0 where there are none."""
    order = np.lexsort((values, step))
    number = np.bincount(step, minlength=count)
    middle = np.cumsum(number) - number + number // 2
    median = np.zeros(count)
    nonempty = number > 0
    median[nonempty] = values[order][middle[nonempty]]
    return median


def _accumulated(scale: ComplexArray, shift: ComplexArray, freedom: float) -> Camera:
    """The camera whose steps take z of step k to scale_k z + shift_k in step k + 1."""
    to_first, offset = np.ones(len(scale), complex), np.zeros(len(scale), complex)
    to_first[1:] = 1 / np.cumprod(scale[:-1])
    offset[1:] = -np.cumsum(shift[:-1] * to_first[1:])
    return Camera(to_first, offset, freedom)
