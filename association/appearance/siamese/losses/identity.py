"""Identification and verification together: DeepID2, in three forms."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.siamese.losses.pair import Hadsell, PairLoss, cosine, hinge_embedding, l1, mean
from siamlink.detectors.base.errors import ConfigError

VERIFICATION_WEIGHT = 0.05
"""lambda of Sun et al. 2014, from memory."""


class DeepId2(PairLoss):
    """Identification plus verification of Sun et al. 2014 (DeepID2).

    L = mean(-log p_t) + lambda mean(Verif), with p the softmax of a learned linear layer over the identities, and
    Verif a loss over pairs.

    Raises:
        ConfigError: there are fewer than two identities.
    """

    kind = "identity"

    def __init__(
        self, dimension: int, identities: int, verification: PairLoss, weight: float = VERIFICATION_WEIGHT
    ) -> None:
        super().__init__()
        if identities < 2:
            raise ConfigError(f"the losses 'deepid2' classify identities: they need at least two, got {identities}")
        self.weight = weight
        self.classifier = nn.Linear(dimension, identities)
        self.verification = verification

    def forward(self, feature: Tensor, identity: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """The loss of descriptors and of pairs; a negative identity is no object: it has no class and no match."""
        is_object = identity >= 0
        logits = self.classifier(feature[is_object])
        identification = mean(functional.cross_entropy(logits, identity[is_object], reduction="none"))
        same = (identity[first] == identity[second]) & is_object[first]
        verification: Tensor = self.verification(feature[first], feature[second], same.to(feature.dtype))
        return identification + self.weight * verification

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The similarity of the verification."""
        return self.verification.similarity(a, b)


class L1Contrastive(PairLoss):
    """The contrastive loss on L1 distances of Mobahi, Collobert and Weston 2009.

    L = y d + (1 - y) max(0, m - d),  d = ||a - b||_1. From memory, DeepID2 names it as its L1 form without a formula.
    """

    kind = "pair"

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean(hinge_embedding(l1(a, b), same, self.margin))

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated L1 distance."""
        return -l1(a, b)


class CosineSigmoid(PairLoss):
    """The regression of a sigmoid of the cosine of Sun et al. 2014 (DeepID2).

    L = 1/2 (y - sigma(w d + b))^2,  d = cos(a, b). y is 1 or 0, as a sigmoid is; w and b are learned. They begin at 5
    and -2.5, where sigma is one half at a cosine of one half.
    """

    kind = "pair"

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(5.0))
        self.shift = nn.Parameter(torch.tensor(-2.5))

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean((same - torch.sigmoid(self.similarity(a, b))).square()) / 2

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The scaled and shifted cosine."""
        return self.scale * cosine(a, b) + self.shift


def deepid2_l2(dimension: int, identities: int, weight: float = VERIFICATION_WEIGHT, margin: float = 1.0) -> DeepId2:
    """DeepID2 with the verification of Hadsell et al. 2006: 1/2 d^2 or 1/2 max(0, m - d)^2, d the L2 distance.

    m is not stated in the sources available.
    """
    return DeepId2(dimension, identities, Hadsell(margin), weight)


def deepid2_l1(
    dimension: int, identities: int, weight: float = VERIFICATION_WEIGHT, margin: float | None = None
) -> DeepId2:
    """DeepID2 with a verification on the L1 distance.

    m is not stated in the sources available; sqrt(D) is the largest L1 distance where the L2 distance is 1.
    """
    return DeepId2(dimension, identities, L1Contrastive(margin or math.sqrt(dimension)), weight)


def deepid2_cosine(dimension: int, identities: int, weight: float = VERIFICATION_WEIGHT) -> DeepId2:
    """DeepID2 with a verification on the cosine."""
    return DeepId2(dimension, identities, CosineSigmoid(), weight)
