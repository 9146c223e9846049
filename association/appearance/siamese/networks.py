"""The networks that compare two patches: Leal-Taixé et al. 2016, Figures 2 and 3, and Zagoruyko and Komodakis 2015.

There are two kinds of topology. A pair network (joint input, in-network, two-stream) takes both patches and gives the
logits of no match and match. An embedding network (cost function, pseudo-Siamese) gives a descriptor of each patch, and
descriptors are compared by a distance.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters

COLOURS, CHANNELS = 3, 5
"""Channels of one patch: L, U, V; and with the two components of the optical flow."""


class NetworkParameters(Parameters):
    """The network that compares two patches."""

    topology: Literal["joint", "in-network", "cost-function", "pseudo-siamese", "two-stream"] = Field(
        "cost-function",
        description="where the two patches are combined. joint: stacked at the input; in-network: after the "
        "convolutions; cost-function: descriptors by shared weights; pseudo-siamese: descriptors by separate weights; "
        "two-stream: stacked, in one stream for the whole and one for the centre",
    )
    size: Literal["paper", "compact", "residual"] = Field(
        "residual",
        description="layers. paper: as in Figure 2 of Leal-Taixé et al. 2016; compact: the same with fewer weights; "
        "residual: residual blocks",
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


@dataclass(frozen=True)
class _Plan:
    """Layers of a plain network: (channels, kernel) of the convolutions, widths of F4 to F6, stride and dropout."""

    convolutions: tuple[tuple[int, int], ...]
    widths: tuple[int, ...]
    stride: int
    dropout: float


_PAPER = _Plan(((96, 7), (256, 5), (256, 5)), (4096, 1024, 512), 1, 0.5)
_COMPACT = _Plan(((16, 9), (24, 3), (32, 3)), (128, 64, 32), 2, 0.2)
_RESIDUAL_WIDTHS, _RESIDUAL_DROPOUT = (128,), 0.0


class PairNetwork(nn.Module):
    """A network that compares pairs of patches.

    `forward` takes left and right patches, (P, 5, 121, 53) each, and returns the logits of no match and match (P, 2)
    and the matching features F6 (P, F). The input always has the flow, but only networks with `flow` use it.
    """

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__()
        self.settings = parameters
        self.trunks, flat = self._make_trunks(parameters)
        widths, dropout = _head(parameters)
        self.head = _fully_connected(flat, widths, dropout, activated_end=True)
        self.answer = nn.Linear(widths[-1], 2)
        self.feature_count = widths[-1]
        initialise(self)

    def _make_trunks(self, parameters: NetworkParameters) -> tuple[nn.ModuleList, int]:
        raise NotImplementedError

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of pairs of patches."""
        count = self.settings.channels
        return self.conclude(self._responses(left[:, :count], right[:, :count]))

    def conclude(self, responses: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and features from the flattened responses of the convolutions."""
        features = self.head(responses)
        return self.answer(features), features


class JointInput(PairNetwork):
    """Both patches are stacked into one input (Fig. 3c)."""

    def _make_trunks(self, parameters: NetworkParameters) -> tuple[nn.ModuleList, int]:
        trunk = _trunk(parameters, 2 * parameters.channels, parameters.padding)
        return nn.ModuleList([trunk]), _flat_size(trunk, 2 * parameters.channels, PATCH_SIZE)

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        maps: Tensor = self.trunks[0](torch.cat([left, right], 1))
        return maps.flatten(1)


class InNetwork(PairNetwork):
    """The convolutions take each patch alone, with shared weights; their responses are concatenated (Fig. 3b)."""

    def _make_trunks(self, parameters: NetworkParameters) -> tuple[nn.ModuleList, int]:
        trunk = _trunk(parameters, parameters.channels, parameters.padding)
        return nn.ModuleList([trunk]), 2 * _flat_size(trunk, parameters.channels, PATCH_SIZE)

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        both = self.trunks[0](torch.cat([left, right])).flatten(1)
        return torch.cat(both.chunk(2), 1)


class TwoStream(PairNetwork):
    """Stacked patches in two streams: the whole at half resolution, and the centre (Zagoruyko 2015)."""

    STREAM_SIZE = ((PATCH_SIZE[0] + 1) // 2, (PATCH_SIZE[1] + 1) // 2)

    def _make_trunks(self, parameters: NetworkParameters) -> tuple[nn.ModuleList, int]:
        padding = parameters.padding or 2  # three convolutions without padding need more than half the size
        trunks = nn.ModuleList([_trunk(parameters, 2 * parameters.channels, padding) for _ in range(2)])
        return trunks, 2 * _flat_size(trunks[0], 2 * parameters.channels, self.STREAM_SIZE)

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        stack = torch.cat([left, right], 1)
        height, width = self.STREAM_SIZE
        top, start = (PATCH_SIZE[0] - height) // 2, (PATCH_SIZE[1] - width) // 2
        whole = functional.interpolate(stack, self.STREAM_SIZE, mode="area")
        centre = stack[:, :, top : top + height, start : start + width]
        return torch.cat([trunk(part).flatten(1) for trunk, part in zip(self.trunks, (whole, centre), strict=True)], 1)


class EmbeddingNetwork(nn.Module):
    """Describes patches one by one: with shared weights (Fig. 3a), or with a branch for each role (pseudo-Siamese)."""

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__()
        self.settings = parameters
        widths, dropout = _head(parameters)
        self.branches = nn.ModuleList()
        for _ in range(2 if parameters.topology == "pseudo-siamese" else 1):
            trunk = _trunk(parameters, parameters.channels, parameters.padding)
            flat = _flat_size(trunk, parameters.channels, PATCH_SIZE)
            self.branches.append(
                nn.Sequential(trunk, nn.Flatten(), _fully_connected(flat, widths, dropout, activated_end=False))
            )
        self.feature_count = widths[-1]
        initialise(self)

    def embed(self, patches: Tensor, role: int = 0) -> Tensor:
        """Descriptors (N, D) of patches (N, 5, 121, 53); role 0 is the earlier one of a pair, 1 the later one."""
        descriptors: Tensor = self.branches[min(role, len(self.branches) - 1)](patches[:, : self.settings.channels])
        return descriptors


Network = PairNetwork | EmbeddingNetwork
_PAIR_NETWORKS: dict[str, type[PairNetwork]] = {"joint": JointInput, "in-network": InNetwork, "two-stream": TwoStream}


def build_network(parameters: NetworkParameters) -> Network:
    """Make an untrained network.

    Raises:
        ConfigError: the strides and paddings leave nothing of the patch.
    """
    try:
        if parameters.embeds:
            return EmbeddingNetwork(parameters)
        return _PAIR_NETWORKS[parameters.topology](parameters)
    except RuntimeError:
        shape = f"stride {parameters.stride} and padding {parameters.padding}"
        raise ConfigError(f"network: {shape} leave nothing of a {PATCH_SIZE[0]}x{PATCH_SIZE[1]} patch") from None


def initialise(network: nn.Module) -> None:
    """Initialise as He et al. 2015 for rectifiers."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = _normalised(channels_in, channels, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        self.activation = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if channels_in != channels or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, maps: Tensor) -> Tensor:
        """The block's maps, (N, C, H, W)."""
        activated: Tensor = self.activation(self.second(self.first(maps)) + self.shortcut(maps))
        return activated


def _trunk(parameters: NetworkParameters, channels: int, padding: int) -> nn.Sequential:
    if parameters.size == "residual":
        return _residual_trunk(channels)
    plan = _plan(parameters)
    stride = parameters.stride or plan.stride
    layers: list[nn.Module] = []
    for count, kernel in plan.convolutions:
        layers += [nn.Conv2d(channels, count, kernel, stride, padding), nn.PReLU(count), nn.MaxPool2d(2)]
        channels, stride = count, 1
    return nn.Sequential(*layers)


def _residual_trunk(channels: int) -> nn.Sequential:
    """Four stages down to 8x4 positions, which are pooled into four horizontal stripes, for upright objects."""
    return nn.Sequential(
        _normalised(channels, 32, 7, 2),
        nn.MaxPool2d(3, 2, 1),
        ResidualBlock(32, 48, 1),
        ResidualBlock(48, 96, 2),
        ResidualBlock(96, 96, 1),
        ResidualBlock(96, 160, 2),
        ResidualBlock(160, 160, 1),
        nn.AdaptiveAvgPool2d((4, 1)),
    )


def _normalised(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())


def _plan(parameters: NetworkParameters) -> _Plan:
    return _PAPER if parameters.size == "paper" else _COMPACT


def _head(parameters: NetworkParameters) -> tuple[tuple[int, ...], float]:
    plan = _plan(parameters)
    widths, dropout = plan.widths, plan.dropout
    if parameters.size == "residual":
        widths, dropout = _RESIDUAL_WIDTHS, _RESIDUAL_DROPOUT
    return widths, dropout if parameters.dropout < 0 else parameters.dropout


def _fully_connected(flat: int, widths: tuple[int, ...], dropout: float, activated_end: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index, width in enumerate(widths):
        layers.append(nn.Linear(flat, width))
        if activated_end or index + 1 < len(widths):
            layers += [nn.PReLU(width), nn.Dropout(dropout)]
        flat = width
    return nn.Sequential(*layers)


def _flat_size(trunk: nn.Module, channels: int, size: tuple[int, int]) -> int:
    """Number of responses of a trunk to one patch."""
    was_training = trunk.training
    trunk.eval()
    with torch.no_grad():
        count = trunk(torch.zeros(1, channels, *size)).numel()
    trunk.train(was_training)
    return int(count)
