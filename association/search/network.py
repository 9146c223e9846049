"""Maps of templates and of search regions by one convolutional trunk, that of a Siamese network.

The network is that of Bertinetto et al. 2016 ("Fully-convolutional Siamese networks for object tracking"): a template
and a larger search region go through the same convolutions, and the maps of the template are correlated with those of
the region. The convolutions are the first ones of a network that compares patches, so that nothing more is trained.
"""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.patches import PATCH_SIZE, Luma, luv_channels, resample
from siamlink.association.appearance.siamese.architecture import NetworkParameters, architecture
from siamlink.association.appearance.siamese.layers import Layers, shape_after
from siamlink.association.appearance.siamese.onnx_layers import LayerGraph, Value, Weights
from siamlink.association.appearance.siamese.onnx_networks import Session
from siamlink.association.appearance.siamese.weights_file import below, read_weights
from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image
from siamlink.detectors.base.errors import ModelError, SiamlinkError
from siamlink.detectors.base.parameters import build

STRIDE = 8
"""Patch pixels from one position of the maps to the next."""
MARGIN = (64, 48)
"""Patch pixels (vertical, horizontal) that a region shows around its box on each side: half of its height, 0.9 of its
width. Multiples of the stride, so that positions of a template and of a region coincide."""
REGION_SIZE = (PATCH_SIZE[0] + 2 * MARGIN[0], PATCH_SIZE[1] + 2 * MARGIN[1])
"""Height and width of a region in patch pixels."""


TEMPLATE_SIZE = (-(-PATCH_SIZE[0] // STRIDE), -(-PATCH_SIZE[1] // STRIDE))
"""Height and width of the maps of a template."""
LEAST_WEIGHT = 0.1
"""What background counts; the object counts about 1."""


class Template(NamedTuple):
    """What is searched.

    Attributes:
        maps: (C, th, tw) of the box.
        weight: (th, tw) of each position, 1 together.
    """

    maps: Float32Array
    weight: FloatArray


class SearchNetwork:
    """The first convolutions of a Siamese network.

    Args:
        path: a file of weights.

    Raises:
        ModelError: the file cannot be read, or its network does not keep the positions of what it sees.
    """

    def __init__(self, path: Path) -> None:
        arrays, description = read_weights(path)
        entry = (3, *REGION_SIZE)
        try:
            parameters = build(NetworkParameters, description["network"], str(path))
            layers = _layers_up_to_stride(architecture(parameters).trunk)
            if parameters.topology != "cost-function" or parameters.flow or not layers:
                raise ModelError(
                    f"{path} cannot search: this needs topology cost-function without flow, and size residual or ibn"
                )
            graph = LayerGraph({"regions": entry})
            weights = Weights(below(arrays, "network."))
            maps = graph.add(layers, Value("regions", entry), weights, "branches.0.0.")
        except ModelError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, SiamlinkError):
            raise ModelError(f"{path} does not fit the networks of this version; train it again") from None
        self._luma: Luma = description.get("luma", "fixed")
        self._session = Session(graph, maps)

    def maps(self, regions: NDArray[np.uint8]) -> Float32Array:
        """Maps (N, C, h, w) of regions (N, H, W, 3) of `cut_regions`.

        The mean over a region is subtracted, as it is no part of what tells places apart; then the features of each
        position have length 1.
        """
        luv = cv2.cvtColor(regions.reshape(-1, REGION_SIZE[1], 3), cv2.COLOR_BGR2LUV).reshape(regions.shape)
        (maps,) = self._session.run(regions=luv_channels(np.asarray(luv, np.uint8), self._luma))
        maps = maps - maps.mean((2, 3), keepdims=True)
        unit: Float32Array = maps / np.maximum(np.linalg.norm(maps, axis=1, keepdims=True), 1e-9)
        return unit

    def template(self, image: Image, box: FloatArray, other: Image | None = None) -> Template:
        """The template of a box (4,).

        Args:
            image: (H, W, 3) that shows the object in the box.
            box: (4,) `x1 y1 x2 y2` in pixels.
            other: an earlier or later image, in which the object is probably elsewhere. Positions whose features are
                the same in both images are background, and have less weight.
        """
        regions = np.concatenate([cut_regions(each, box[None]) for each in (image, other) if each is not None])
        top, left = (margin // STRIDE for margin in MARGIN)
        height, width = TEMPLATE_SIZE
        maps = self.maps(regions)[:, :, top : top + height, left : left + width]
        weight = _MIDDLE
        if other is not None:
            weight = weight * (LEAST_WEIGHT + 1 - np.einsum("chw,chw->hw", *maps))
        return Template(maps[0], weight / weight.sum())


def cut_regions(image: Image, box: FloatArray) -> NDArray[np.uint8]:
    """(N, H, W, 3) BGR: boxes (N, 4) of an image with `MARGIN` around them, exact to a fraction of a pixel.

    Outside of the image, its edge is repeated.
    """
    step = (box[:, 2:] - box[:, :2]) / PATCH_SIZE[::-1]
    margin = step * MARGIN[::-1]
    return resample(image, np.hstack([box[:, :2] - margin, box[:, 2:] + margin]), REGION_SIZE)


def _layers_up_to_stride(trunk: Layers) -> Layers:
    """The layers of a trunk up to the last one with the stride; none if a layer before loses the border."""
    for count in range(len(trunk), 0, -1):
        shapes = [shape_after(trunk[:count], (3, *size)) for size in (PATCH_SIZE, REGION_SIZE)]
        if [shape[1:] for shape in shapes] == [_positions(size) for size in (PATCH_SIZE, REGION_SIZE)]:
            return trunk[:count]
    return ()


def _middle() -> FloatArray:
    """(th, tw) how much positions of a box count: less at its border, which the object does not fill."""
    y, x = ((np.arange(side) - (side - 1) / 2) / (side / 2) for side in TEMPLATE_SIZE)
    weight: FloatArray = np.exp(-(y[:, None] ** 2 / 2 + x**2))
    return weight


_MIDDLE = _middle()


def _positions(size: tuple[int, int]) -> tuple[int, int]:
    return -(-size[0] // STRIDE), -(-size[1] // STRIDE)
