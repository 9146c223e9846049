"""A joint-input network asked about many pairs of few patches, exactly and at a fraction of the plain cost.

The first convolution is linear in the stack of both patches: conv([a, b]) = conv_left(a) + conv_right(b). So it is
computed once for each patch and role, and a pair costs an addition in its place. What follows is done in blocks of
pairs small enough for the processor's cache, pooling before the rectifier where that is the same.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.networks import CHANNELS, JointInput

IntArray = NDArray[np.int64]
BLOCK_BYTES = 1 << 20
"""What the first maps of a block of pairs may take."""
PATCHES_AT_ONCE = 32


class SplitJoint:
    """The first layer of a joint-input network for each patch alone, and the rest of the network for pairs.

    Args:
        network: trained, in evaluation mode; its size must be one whose first layers are convolution, PReLU, pooling.
    """

    def __init__(self, network: JointInput) -> None:
        convolution, rectifier, pooling, *rest = _layers(network)
        self._network, self._rest = network, nn.Sequential(*rest)
        self._convolution, self._rectifier, self._pooling = convolution, rectifier, pooling
        self._rising = bool((rectifier.weight >= 0).all())
        self._shape = self.first_maps(torch.zeros(1, CHANNELS, *PATCH_SIZE))[0].shape[1:]

    @staticmethod
    def pays(network: nn.Module) -> bool:
        """Whether a network begins as it must, with maps no larger than the patches in whose place they are kept."""
        if not isinstance(network, JointInput) or not isinstance(_layers(network)[0], nn.Conv2d):
            return False
        patch = torch.zeros(1, CHANNELS, *PATCH_SIZE)
        return SplitJoint(network).first_maps(patch)[0].numel() <= patch.numel()

    @torch.inference_mode()
    def first_maps(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """What the first convolution makes of patches (N, 5, 121, 53) as left and as right one: (N, h, w, C) each."""
        weight, bias = self._convolution.weight, self._convolution.bias
        stride, padding = self._convolution.stride, self._convolution.padding
        left, right, count = [], [], self._network.settings.channels
        for start in range(0, max(len(patches), 1), PATCHES_AT_ONCE):
            given = patches[start : start + PATCHES_AT_ONCE, :count].contiguous(memory_format=torch.channels_last)
            left.append(functional.conv2d(given, weight[:, :count], bias, stride, padding))
            right.append(functional.conv2d(given, weight[:, count:], None, stride, padding))
        return torch.cat(left).permute(0, 2, 3, 1), torch.cat(right).permute(0, 2, 3, 1)

    @torch.inference_mode()
    def compare(self, left: Tensor, right: Tensor, earlier: IntArray, later: IntArray) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of pairs of maps: `left[earlier[k]]` with `right[later[k]]`."""
        block = max(1, BLOCK_BYTES // (left[0].numel() * left.element_size()))
        first, second = torch.from_numpy(earlier), torch.from_numpy(later)
        responses = []
        for start in range(0, len(first), block):
            part = slice(start, start + block)
            together = left.index_select(0, first[part]).add_(right.index_select(0, second[part]))
            responses.append(self._conclude(together))
        return self._network.conclude(torch.cat(responses))

    @torch.inference_mode()
    def meet(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Logits (P, 2) and features (P, F) of P pairs of flattened maps, of the left and of the right patches."""
        together = torch.from_numpy(left + right).reshape(len(left), *self._shape)
        return self._network.conclude(self._conclude(together))

    def _conclude(self, together: Tensor) -> Tensor:
        """The flattened responses of the convolutions to the sums (P, h, w, C) of first maps."""
        # a rising function and a maximum can change places
        order = (self._pooling, self._rectifier) if self._rising else (self._rectifier, self._pooling)
        responses: Tensor = self._rest(order[1](order[0](together.permute(0, 3, 1, 2)))).flatten(1)
        return responses


def _layers(network: JointInput) -> list[Any]:
    """The layers of the convolutions, one by one."""
    return list(network.trunks[0].children())
