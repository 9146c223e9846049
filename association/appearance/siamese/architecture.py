"""The layers of the networks that compare two patches, as data: PyTorch trains them, onnxruntime runs them.

The networks are those of Leal-Taixé et al. 2016, Figures 2 and 3, and of Zagoruyko and Komodakis 2015. There are two
kinds of topology. A pair network (joint input, in-network, two-stream) takes both patches and gives the logits of no
match and match. An embedding network (cost function, pseudo-Siamese) gives a descriptor of each patch, and descriptors
are compared by a distance.
"""

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.layers import (
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Layers,
    LearnedRectifier,
    MaxPooling,
    MixedConvolution,
    Normalisation,
    Rectifier,
    Residual,
    Shape,
    Stripes,
    shape_after,
)
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters

COLOURS, CHANNELS = 3, 5
"""Channels of one patch: L, U, V; and with the two components of the optical flow."""
STREAM_SIZE = ((PATCH_SIZE[0] + 1) // 2, (PATCH_SIZE[1] + 1) // 2)
"""Height and width of the two streams: the whole patch at half resolution, and its centre."""


class NetworkParameters(Parameters):
    """The network that compares two patches."""

    topology: Literal["joint", "in-network", "cost-function", "pseudo-siamese", "two-stream"] = Field(
        "cost-function",
        description="where the two patches are combined. joint: stacked at the input; in-network: after the "
        "convolutions; cost-function: descriptors by shared weights; pseudo-siamese: descriptors by separate weights; "
        "two-stream: stacked, in one stream for the whole and one for the centre",
    )
    size: Literal["paper", "compact", "residual", "ibn"] = Field(
        "ibn",
        description="layers. paper: as in Figure 2 of Leal-Taixé et al. 2016; compact: the same with fewer weights; "
        "residual: residual blocks; ibn: residual blocks with instance and batch normalisation (Pan et al. 2018)",
    )
    flow: bool = Field(False, description="whether the network uses optical flow in addition to the colours")
    stride: int = Field(
        0,
        ge=0,
        le=4,
        description="stride of the first convolution of paper and compact; 0: 1 for paper, 2 for compact",
    )
    padding: int = Field(0, ge=0, le=4, description="padding in pixels of the convolutions of paper and compact")
    dropout: float = Field(
        -1.0,
        ge=-1,
        lt=1,
        description="dropout after each fully connected layer; -1: the default of the size",
    )

    @property
    def embeds(self) -> bool:
        """Whether it is an embedding network."""
        return self.topology in {"cost-function", "pseudo-siamese"}

    @property
    def channels(self) -> int:
        """Number of channels of a patch that the network uses."""
        return CHANNELS if self.flow else COLOURS

    @property
    def branches(self) -> int:
        """Number of convolutional parts with weights of their own."""
        return 2 if self.topology in {"pseudo-siamese", "two-stream"} else 1


@dataclass(frozen=True)
class _Plan:
    """Layers of a plain network: (channels, kernel) of the convolutions, widths of F4 to F6, stride and dropout."""

    convolutions: tuple[tuple[int, int], ...]
    widths: tuple[int, ...]
    stride: int
    dropout: float


_PLANS = {
    "paper": _Plan(((96, 7), (256, 5), (256, 5)), (4096, 1024, 512), 1, 0.5),
    "compact": _Plan(((16, 9), (24, 3), (32, 3)), (128, 64, 32), 2, 0.2),
    "residual": _Plan((), (128,), 1, 0.0),
    "ibn": _Plan((), (256,), 1, 0.0),
}
"""`residual` and `ibn` have convolutions of their own, in `_residual_trunk` and `_ibn_trunk`."""


@dataclass(frozen=True)
class Architecture:
    """The layers of a network.

    Attributes:
        entry: shape of the input to a convolutional part.
        trunk: the convolutional part; there are `NetworkParameters.branches` of it.
        head: the fully connected part, after the flattened responses of the trunks.
        responses: length of these.
        feature_count: F, length of a descriptor or of the matching features F6.
    """

    entry: Shape
    trunk: Layers
    head: Layers
    responses: int
    feature_count: int

    @property
    def branch(self) -> Layers:
        """All layers of an embedding network."""
        return (self.trunk, Flatten(), self.head)


def architecture(parameters: NetworkParameters) -> Architecture:
    """The layers of a network.

    Raises:
        ConfigError: the strides and paddings leave nothing of the patch.
    """
    pair = not parameters.embeds
    stacked = parameters.topology in {"joint", "two-stream"}
    size = STREAM_SIZE if parameters.topology == "two-stream" else PATCH_SIZE
    entry = (parameters.channels * (2 if stacked else 1), *size)
    trunk = _TRUNKS[parameters.size]() if parameters.size in _TRUNKS else _plain_trunk(parameters)
    concatenated = 2 if parameters.topology in {"in-network", "two-stream"} else 1
    flat = math.prod(shape_after(trunk, entry))
    if flat == 0:
        shape = f"stride {parameters.stride} and padding {parameters.padding}"
        raise ConfigError(f"network: {shape} leave nothing of a {PATCH_SIZE[0]}x{PATCH_SIZE[1]} patch")
    plan = _PLANS[parameters.size]
    dropout = plan.dropout if parameters.dropout < 0 else parameters.dropout
    head = _head(plan.widths, dropout, pair)
    if parameters.size == "ibn" and not pair:
        head = (*head, Normalisation())
    return Architecture(entry, trunk, head, concatenated * flat, plan.widths[-1])


def _plain_trunk(parameters: NetworkParameters) -> Layers:
    plan = _PLANS[parameters.size]
    stride, padding = parameters.stride or plan.stride, parameters.padding
    if parameters.topology == "two-stream":
        padding = padding or 2  # three convolutions without padding need more than half the size
    layers: list[Layer] = []
    for channels, kernel in plan.convolutions:
        layers += [Convolution(channels, kernel, stride, padding), LearnedRectifier(), MaxPooling(2, 2)]
        stride = 1
    return tuple(layers)


def _residual_trunk() -> Layers:
    """Four stages down to 8x4 positions, which are pooled into four horizontal stripes, for upright objects."""
    return (
        (*_normalised(32, 7, 2), Rectifier()),
        MaxPooling(3, 2, 1),
        _block(48, 1, same_shape=False),
        _block(96, 2, same_shape=False),
        _block(96, 1, same_shape=True),
        _block(160, 2, same_shape=False),
        _block(160, 1, same_shape=True),
        Stripes(4),
    )


def _ibn_trunk() -> Layers:
    """As `_residual_trunk`, with more maps where they are small, and instance normalisation where they are large."""
    return (
        (*_normalised(32, 7, 2), Rectifier()),
        MaxPooling(3, 2, 1),
        _block(32, 1, same_shape=True, mixed=True),
        _block(64, 2, same_shape=False, mixed=True),
        _block(64, 1, same_shape=True, mixed=True),
        _block(224, 2, same_shape=False),
        _block(224, 1, same_shape=True),
        Stripes(4),
    )


_TRUNKS = {"residual": _residual_trunk, "ibn": _ibn_trunk}


def _block(channels: int, stride: int, same_shape: bool, mixed: bool = False) -> Residual:
    start = (MixedConvolution(channels, 3, stride, 1),) if mixed else _normalised(channels, 3, stride)
    first = (*start, Rectifier())
    return Residual(first, _normalised(channels, 3, 1), () if same_shape else _normalised(channels, 1, stride))


def _normalised(channels: int, kernel: int, stride: int) -> Layers:
    return Convolution(channels, kernel, stride, kernel // 2, bias=False), Normalisation()


def _head(widths: tuple[int, ...], dropout: float, activated_end: bool) -> Layers:
    layers: list[Layer] = []
    for index, width in enumerate(widths):
        layers.append(Dense(width))
        if activated_end or index + 1 < len(widths):
            layers += [LearnedRectifier(), Dropout(dropout)]
    return tuple(layers)
