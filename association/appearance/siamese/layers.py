"""Layers of networks as data, and the shapes they lead to."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Convolution:
    """A convolution with a square kernel."""

    channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    bias: bool = True


@dataclass(frozen=True)
class Normalisation:
    """Batch normalisation of maps or of a vector."""


@dataclass(frozen=True)
class MixedConvolution:
    """A convolution without bias; half of its maps are normalised each by itself, the others over the batch.

    The first half has instance normalisation: its maps do not depend on the contrast and the tone of a picture. The
    second half has batch normalisation, which keeps them (the IBN-a block of Pan et al. 2018).
    """

    channels: int
    kernel: int
    stride: int = 1
    padding: int = 0

    @property
    def half(self) -> Convolution:
        """The convolution to half of the maps."""
        return Convolution(self.channels // 2, self.kernel, self.stride, self.padding, bias=False)


@dataclass(frozen=True)
class Rectifier:
    """max(0, x)."""


@dataclass(frozen=True)
class LearnedRectifier:
    """PReLU: x, times a learned slope of its channel where x is negative."""


@dataclass(frozen=True)
class MaxPooling:
    """The maximum of square windows."""

    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True)
class Stripes:
    """The mean of each of a number of horizontal stripes of equal height."""

    rows: int


@dataclass(frozen=True)
class Flatten:
    """From maps to a vector."""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer."""

    width: int


@dataclass(frozen=True)
class Dropout:
    """Dropout in training."""

    share: float


@dataclass(frozen=True)
class Residual:
    """Two parts beside a shortcut; their sum is rectified."""

    first: "Layers"
    second: "Layers"
    shortcut: "Layers"


Rectifiers = Rectifier | LearnedRectifier
Layer = (
    Convolution
    | MixedConvolution
    | Normalisation
    | Rectifiers
    | MaxPooling
    | Stripes
    | Flatten
    | Dense
    | Dropout
    | Residual
)
Layers = tuple["Layer | Layers", ...]
"""Layers one after another. The weights of a layer are named by its place, that of a nested tuple first."""
Shape = tuple[int, ...]
"""(channels, height, width) of maps, or (width,) of a vector."""


def shape_after(layers: "Layer | Layers", shape: Shape) -> Shape:
    """The shape after some layers; a side is 0 where nothing is left."""
    match layers:
        case tuple():
            for layer in layers:
                shape = shape_after(layer, shape)
        case Convolution(channels, kernel, stride, padding) | MixedConvolution(channels, kernel, stride, padding):
            shape = channels, *_sides(shape, kernel, stride, padding)
        case MaxPooling(kernel, stride, padding):
            shape = shape[0], *_sides(shape, kernel, stride, padding)
        case Stripes(rows):
            shape = shape[0], rows, 1
        case Flatten():
            shape = (math.prod(shape),)
        case Dense(width):
            shape = (width,)
        case Residual(first, second):
            shape = shape_after((first, second), shape)
    return shape


def _sides(shape: Shape, kernel: int, stride: int, padding: int) -> tuple[int, int]:
    height, width = (max(0, (side + 2 * padding - kernel) // stride + 1) if side else 0 for side in shape[1:])
    return height, width
