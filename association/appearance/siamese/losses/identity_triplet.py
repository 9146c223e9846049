"""Identification and the hardest triplets of a batch: the usual loss of re-identification networks today."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.siamese.losses.pair import PairLoss, cosine, mean
from siamlink.detectors.base.errors import ConfigError


class IdentityTriplet(PairLoss):
    """Identification as in DeepID2 plus the batch-hard triplet loss of Hermans, Beyer and Leibe 2017.

    L = mean(-log p_t) + mean max(0, m + max d(a, p) - min d(a, n)),  all on L2-normalised descriptors. p is the softmax
    of s times the cosines to one learned direction for each identity and one for false detections, with smoothed
    targets. d is the squared distance; the farthest positive and the nearest negative are taken from the batch. The
    network shipped with siamlink was trained with this loss.
    """

    kind = "identity"

    def __init__(
        self, dimension: int, identities: int, margin: float = 0.3, scale: float = 20.0, smoothing: float = 0.1
    ) -> None:
        super().__init__()
        if identities < 2:
            raise ConfigError(
                f"the loss 'identity-triplet' classifies identities: it needs at least two, got {identities}"
            )
        self.margin, self.scale, self.smoothing = margin, scale, smoothing
        self.classifier = nn.Parameter(functional.normalize(torch.randn(identities + 1, dimension), dim=1))

    def forward(self, feature: Tensor, identity: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """The loss of descriptors; a negative identity is no object: the last class, and a negative for all objects."""
        unit, is_object = functional.normalize(feature, dim=1), identity >= 0
        cosines = unit @ functional.normalize(self.classifier, dim=1).T
        target = torch.where(is_object, identity, len(self.classifier) - 1)
        identification = functional.cross_entropy(
            self.scale * cosines, target, label_smoothing=self.smoothing, reduction="none"
        )
        return mean(identification) + mean(self._hardest_triplets(unit, identity)[is_object])

    @torch.no_grad()
    def begin_at(self, descriptors: Tensor) -> None:
        """Set the classifier to the mean descriptors (identities, D) of the identities by a trained network."""
        self.classifier[: len(descriptors)] = functional.normalize(descriptors, dim=1)

    def _hardest_triplets(self, unit: Tensor, identity: Tensor) -> Tensor:
        """(N,) the hinge of each descriptor with its farthest positive and its nearest negative."""
        distance = 2 - 2 * unit @ unit.T
        same = identity[:, None] == identity[None]
        farthest = distance.masked_fill(~same, -1.0).amax(1)
        nearest = distance.masked_fill(same, 5.0).amin(1)
        return functional.relu(self.margin + farthest - nearest)

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The cosine."""
        return cosine(a, b)
