"""Fast and exact inference of a joint-input network for many pairs of few patches.

The first convolution is linear in the stack of both patches: conv([a, b]) = conv_left(a) + conv_right(b). So it is
computed once for each patch and role, and each pair costs only an addition. The other layers run on blocks of pairs
that fit into the cache of the processor, with the pooling before the rectifier where the result is the same.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.networks import CHANNELS, JointInput
from siamlink.detectors.base.arrays import IntArray

BLOCK_BYTES = 1 << 20
"""Size in bytes of the first maps of a block of pairs."""
PATCHES_AT_ONCE = 32


class SplitJoint:
    """The first layer of a joint-input network for each patch alone, and the rest of the network for pairs.

    Args:
        network: trained, in evaluation mode; its first layers must be a convolution, PReLU and pooling.
    """

    def __init__(self, network: JointInput) -> None:
        convolution, rectifier, pooling, *rest = _layers(network)
        self._network, self._rest = network, nn.Sequential(*rest)
        self._convolution, self._rectifier, self._pooling = convolution, rectifier, pooling
        self._monotonic = bool((rectifier.weight >= 0).all())
        self._shape = self.first_maps(torch.zeros(1, CHANNELS, *PATCH_SIZE))[0].shape[1:]

    @staticmethod
    def pays(network: nn.Module) -> bool:
        """Whether a network has the layers needed, and first maps that are no larger than the patches themselves."""
        if not isinstance(network, JointInput) or not isinstance(_layers(network)[0], nn.Conv2d):
            return False
        patch = torch.zeros(1, CHANNELS, *PATCH_SIZE)
        return SplitJoint(network).first_maps(patch)[0].numel() <= patch.numel()

    @torch.inference_mode()
    def first_maps(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Responses (N, h, w, C) of the first convolution to patches (N, 5, 121, 53) as left and as right patch."""
        weight, bias = self._convolution.weight, self._convolution.bias
        stride, padding = self._convolution.stride, self._convolution.padding
        left, right, count = [], [], self._network.settings.channels
        for start in range(0, max(len(patches), 1), PATCHES_AT_ONCE):
            block = patches[start : start + PATCHES_AT_ONCE, :count].contiguous(memory_format=torch.channels_last)
            left.append(functional.conv2d(block, weight[:, :count], bias, stride, padding))
            right.append(functional.conv2d(block, weight[:, count:], None, stride, padding))
        return torch.cat(left).permute(0, 2, 3, 1), torch.cat(right).permute(0, 2, 3, 1)

    @torch.inference_mode()
    def compare(self, left: Tensor, right: Tensor, earlier: IntArray, later: IntArray) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of pairs of maps: `left[earlier[k]]` with `right[later[k]]`."""
        block = max(1, BLOCK_BYTES // (left[0].numel() * left.element_size()))
        first, second = torch.from_numpy(earlier), torch.from_numpy(later)
        responses = []
        for start in range(0, len(first), block):
            part = slice(start, start + block)
            total = left.index_select(0, first[part]).add_(right.index_select(0, second[part]))
            responses.append(self._remaining(total))
        return self._network.conclude(torch.cat(responses))

    @torch.inference_mode()
    def join(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of P pairs of flattened maps of the left and the right patches."""
        total = torch.from_numpy(left + right).reshape(len(left), *self._shape)
        return self._network.conclude(self._remaining(total))

    def _remaining(self, total: Tensor) -> Tensor:
        """The flattened responses of the other convolutional layers to the sums (P, h, w, C) of first maps."""
        # the maximum of a monotonic function is the function of the maximum, so pooling may come first
        order = (self._pooling, self._rectifier) if self._monotonic else (self._rectifier, self._pooling)
        responses: Tensor = self._rest(order[1](order[0](total.permute(0, 3, 1, 2)))).flatten(1)
        return responses


def _layers(network: JointInput) -> list[Any]:
    """The layers of the convolutional part, one by one."""
    return list(network.trunks[0].children())
