"""The networks that compare two patches, in PyTorch, for training; `architecture` describes their layers."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.architecture import STREAM_SIZE, NetworkParameters, architecture
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


class PairNetwork(nn.Module):
    """A network that compares pairs of patches.

    `forward` takes left and right patches, (P, 5, 121, 53) each, and returns the logits of no match and match (P, 2)
    and the matching features F6 (P, F). The input always has the flow, but only networks with `flow` use it.
    """

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__()
        self.settings, plan = parameters, architecture(parameters)
        self.trunks = nn.ModuleList([_sequential(plan.trunk, plan.entry) for _ in range(parameters.branches)])
        self.head = _sequential(plan.head, (plan.responses,))
        self.answer = nn.Linear(plan.feature_count, 2)
        self.feature_count = plan.feature_count
        initialise(self)

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of pairs of patches."""
        count = self.settings.channels
        features = self.head(self._responses(left[:, :count], right[:, :count]))
        return self.answer(features), features


class JointInput(PairNetwork):
    """Both patches are stacked into one input (Fig. 3c)."""

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        maps: Tensor = self.trunks[0](torch.cat([left, right], 1))
        return maps.flatten(1)


class InNetwork(PairNetwork):
    """The convolutions take each patch alone, with shared weights; their responses are concatenated (Fig. 3b)."""

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        both = self.trunks[0](torch.cat([left, right])).flatten(1)
        return torch.cat(both.chunk(2), 1)


class TwoStream(PairNetwork):
    """Stacked patches in two streams: the whole at half resolution, and the centre (Zagoruyko 2015)."""

    def _responses(self, left: Tensor, right: Tensor) -> Tensor:
        stack = torch.cat([left, right], 1)
        height, width = STREAM_SIZE
        top, start = (PATCH_SIZE[0] - height) // 2, (PATCH_SIZE[1] - width) // 2
        whole = functional.interpolate(stack, STREAM_SIZE, mode="area")
        centre = stack[:, :, top : top + height, start : start + width]
        return torch.cat([trunk(part).flatten(1) for trunk, part in zip(self.trunks, (whole, centre), strict=True)], 1)


class EmbeddingNetwork(nn.Module):
    """Describes patches one by one: with shared weights (Fig. 3a), or with a branch for each role (pseudo-Siamese)."""

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__()
        self.settings, plan = parameters, architecture(parameters)
        self.branches = nn.ModuleList([_sequential(plan.branch, plan.entry) for _ in range(parameters.branches)])
        self.feature_count = plan.feature_count
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
    return EmbeddingNetwork(parameters) if parameters.embeds else _PAIR_NETWORKS[parameters.topology](parameters)


def channels_last(network: Network, device: torch.device | None = None) -> Network:
    """The network in the memory order of fast convolutions, on a device."""
    moved: Network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def initialise(network: nn.Module) -> None:
    """Initialise as He et al. 2015 for rectifiers."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, block: Residual, shape: Shape) -> None:
        super().__init__()
        self.first = _sequential(block.first, shape)
        self.second = _sequential(block.second, shape_after(block.first, shape))
        self.activation = nn.ReLU()
        self.shortcut = _sequential(block.shortcut, shape)

    def forward(self, maps: Tensor) -> Tensor:
        """The block's maps, (N, C, H, W)."""
        activated: Tensor = self.activation(self.second(self.first(maps)) + self.shortcut(maps))
        return activated


class MixedNormalised(nn.Module):
    """A convolution; the first half of its maps has instance normalisation, the second half batch normalisation."""

    def __init__(self, layer: MixedConvolution, channels: int) -> None:
        super().__init__()
        half = layer.channels // 2
        self.convolution = nn.Conv2d(channels, 2 * half, layer.kernel, layer.stride, layer.padding, bias=False)
        self.instance = nn.InstanceNorm2d(half, affine=True)
        self.batch = nn.BatchNorm2d(half)

    def forward(self, maps: Tensor) -> Tensor:
        """The normalised maps, (N, C, H, W)."""
        first, second = self.convolution(maps).chunk(2, 1)
        return torch.cat([self.instance(first), self.batch(second)], 1)


def _sequential(layers: Layers, shape: Shape) -> nn.Sequential:
    modules = []
    for layer in layers:
        modules.append(_sequential(layer, shape) if isinstance(layer, tuple) else _module(layer, shape))
        shape = shape_after(layer, shape)
    return nn.Sequential(*modules)


def _module(layer: Layer, shape: Shape) -> nn.Module:  # noqa: PLR0911
    match layer:
        case Convolution():
            return nn.Conv2d(shape[0], layer.channels, layer.kernel, layer.stride, layer.padding, bias=layer.bias)
        case MixedConvolution():
            return MixedNormalised(layer, shape[0])
        case Normalisation():
            return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])
        case Rectifier():
            return nn.ReLU()
        case LearnedRectifier():
            return nn.PReLU(shape[0])
        case MaxPooling():
            return nn.MaxPool2d(layer.kernel, layer.stride, layer.padding)
        case Stripes():
            return nn.AdaptiveAvgPool2d((layer.rows, 1))
        case Flatten():
            return nn.Flatten()
        case Dense():
            return nn.Linear(shape[0], layer.width)
        case Dropout():
            return nn.Dropout(layer.share)
        case Residual():
            return ResidualBlock(layer, shape)
