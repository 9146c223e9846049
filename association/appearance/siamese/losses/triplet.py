"""Losses over triplets of descriptors: an anchor, another view of its object, and a view of another object."""

import torch
from torch import Tensor
from torch.nn import functional

from siamlink.association.appearance.siamese.losses.pair import PairLoss, l2, mean, squared_l2


class Wang(PairLoss):
    """The triplet hinge on squared distances of Wang et al. 2014 (deep ranking).

    l = max(0, g + D(p, p+) - D(p, p-)),  D = ||f(p) - f(q)||_2^2. g is not stated in the sources available.
    """

    kind = "triplet"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of triplets."""
        return mean(
            functional.triplet_margin_with_distance_loss(
                anchor, positive, negative, distance_function=squared_l2, margin=self.margin, reduction="none"
            )
        )

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated squared distance."""
        return -squared_l2(a, b)


class HofferAilon(PairLoss):
    """The softmax over the two distances of a triplet of Hoffer and Ailon 2015.

    L = ||(d+, d- - 1)||^2,  (d+, d-) = softmax(||x - x+||_2, ||x - x-||_2). As d+ + d- = 1, this is 2 d+^2. That the
    target is (0, 1) and the loss squared is from memory; the sources available name the softmax alone.
    """

    kind = "triplet"

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of triplets."""
        return 2 * mean(torch.sigmoid(l2(anchor, positive) - l2(anchor, negative)).square())

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated Euclidean distance."""
        return -l2(a, b)


class Norouzi(PairLoss):
    """The triplet hinge on Hamming codes of Norouzi, Fleet and Salakhutdinov 2012, relaxed.

    l = [||h - h+||_H - ||h - h-||_H + 1]_+,  h = sign(f). The paper minimises a piecewise smooth upper bound; here the
    sign is relaxed to h = tanh(slope f) and the distance to (D - h . h') / 2, which for codes of +1 and -1 is the
    number of bits that differ.
    """

    kind = "triplet"

    def __init__(self, margin: float = 1.0, slope: float = 1.0) -> None:
        super().__init__()
        self.margin, self.slope = margin, slope

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of triplets, by their relaxed codes."""
        code, near, far = (torch.tanh(self.slope * each) for each in (anchor, positive, negative))
        return mean(functional.relu(hamming(code, near) - hamming(code, far) + self.margin))

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated number of bits that differ between the binary codes."""
        return -hamming(binary_code(a), binary_code(b))


def hamming(a: Tensor, b: Tensor) -> Tensor:
    """(P,) Hamming distances of codes between -1 and 1, (P, D)."""
    return (1 - a * b).sum(-1) / 2


def binary_code(descriptor: Tensor) -> Tensor:
    """The signs as +1 and -1, that of zero as +1."""
    return torch.where(descriptor < 0, -1.0, 1.0).to(descriptor.dtype)
