"""Walks: an object is searched for from image to image, from a detection of it on."""

from typing import NamedTuple

import numpy as np

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.search.correlation import Peak, find_peak, response
from siamlink.association.search.network import SearchNetwork, Template, cut_regions
from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image

INERTIA = 0.7
"""How much of the former speed remains when an object was found; the rest is what it has moved."""


class Sighting(NamedTuple):
    """Where a walk found its object.

    Attributes:
        frame: number of the image.
        box: (4,) `x1 y1 x2 y2` in pixels.
        peak: of the template in the search region.
        maps: (C, h, w) of this region.
    """

    frame: int
    box: FloatArray
    peak: Peak
    maps: Float32Array


class Walk:
    """Follows one object by the template of its first box.

    Args:
        network: of the maps.
        template: of the first box.
        frame: number of its image.
        box: (4,) the first box.
        speed: (2,) x, y of the centre in pixels a frame, in the direction of the walk.
    """

    def __init__(
        self, network: SearchNetwork, template: Template, frame: int, box: FloatArray, speed: FloatArray
    ) -> None:
        self._network, self.template, self._frame = network, template, frame
        self._centre, self._side = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
        self._speed = speed

    def step(self, frame: int, image: Image) -> Sighting:
        """Search in the image of another frame, around where the object should be."""
        passed = abs(frame - self._frame)
        side = self._side
        expected = self._centre + self._speed * passed
        maps = self._network.maps(cut_regions(image, _box(expected, side)[None]))[0]
        peak = find_peak(response(self.template, maps))
        centre = expected + peak.shift * side / PATCH_SIZE[::-1]
        self._speed = INERTIA * self._speed + (1 - INERTIA) * (centre - self._centre) / passed
        self._frame, self._centre = frame, centre
        return Sighting(frame, _box(centre, side), peak, maps)


def _box(centre: FloatArray, side: FloatArray) -> FloatArray:
    return np.concatenate([centre - side / 2, centre + side / 2])
