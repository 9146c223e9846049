"""Losses over pairs of descriptors, their distances, and the base class of all losses.

The formulas are those of the papers, with two conventions: y = 1 is a pair of one object (Chopra and Hadsell print the
opposite), and a sum over the pairs of a batch is replaced by the mean, so that a step does not depend on the size of
the batch.
"""

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.siamese.similarity import DDML_THRESHOLD
from siamlink.detectors.base.errors import ConfigError

Kind = Literal["pair", "triplet", "identity", "logit"]
SMALLEST = 1e-12
"""Descriptors with smaller entries have no direction."""


class PairLoss(nn.Module):
    """The loss of a network that compares objects, and the similarity of two objects that belongs to it.

    `kind` says what `forward` takes; it returns a scalar:
        pair: descriptors (P, D) and (P, D), and whether each pair is one object (P,), 1 or 0.
        triplet: anchors (T, D), other views of the same object (T, D), and views of another object (T, D).
        identity: descriptors (N, D), identities (N,), and the rows of each pair (P,) and (P,).
        logit: the logits (P, 2) of no match and match, and whether each pair is one object (P,), 1 or 0.

    `similarity` returns (P,) numbers, higher for more similar objects, by the distance of the loss. It takes two
    batches of descriptors (P, D), or for the kind logit the logits (P, 2).
    """

    kind: ClassVar[Kind]
    similarity: Callable[..., Tensor]


def squared_l2(a: Tensor, b: Tensor) -> Tensor:
    """(P,) squared Euclidean distances."""
    return (a - b).square().sum(-1)


def l2(a: Tensor, b: Tensor) -> Tensor:
    """(P,) Euclidean distances; the gradient at distance zero is zero."""
    distance: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return distance


def l1(a: Tensor, b: Tensor) -> Tensor:
    """(P,) sums of absolute differences."""
    return (a - b).abs().sum(-1)


def normalised(descriptor: Tensor) -> Tensor:
    """Descriptors scaled to length 1; one with no entry above `SMALLEST` stays near zero and has a finite gradient."""
    largest = descriptor.detach().abs().amax(-1, keepdim=True)
    # after the division the norm is at least 1 unless all entries are that small, so `eps` has an effect only on these
    return functional.normalize(descriptor / torch.where(largest > SMALLEST, largest, 1.0), dim=-1, eps=0.5)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """(P,) cosines of the angles."""
    return (normalised(a) * normalised(b)).sum(-1)


def hinge_embedding(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """(P,) y * d + (1 - y) * max(0, margin - d)."""
    return functional.hinge_embedding_loss(distance, 2 * same - 1, margin, reduction="none")


def mean(terms: Tensor) -> Tensor:
    """The mean; zero if there are no terms."""
    return terms.sum() / max(1, len(terms))


class LealTaixe(PairLoss):
    """The contrastive loss of the cost-function topology of Leal-Taixé et al. 2016.

    E = 1/(2N) sum y d + (1 - y) max(tau - d, 0),  d = ||a - b||_2^2,  a and b L2-normalised. The distance is squared,
    the hinge is not. tau is not stated in the sources available; with 1.0, other objects are pushed 60 degrees apart.
    """

    kind = "pair"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean(hinge_embedding(squared_l2(normalised(a), normalised(b)), same, self.margin)) / 2

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated squared distance of the normalised descriptors."""
        return -squared_l2(normalised(a), normalised(b))


class Hadsell(PairLoss):
    """The contrastive loss of Hadsell, Chopra and LeCun 2006 (DrLIM), with a squared hinge.

    L = y 1/2 d^2 + (1 - y) 1/2 max(0, m - d)^2,  d = ||a - b||_2. m is not stated in the sources available.
    """

    kind = "pair"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        apart = functional.relu(self.margin - l2(a, b)).square()
        return mean(torch.where(same > 0.5, squared_l2(a, b), apart)) / 2

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated Euclidean distance."""
        return -l2(a, b)


class Chopra(PairLoss):
    """The exponential energy loss of Chopra, Hadsell and LeCun 2005.

    L = y (2/Q) E^2 + (1 - y) 2 Q exp(-(2.77/Q) E),  E = ||a - b||. The norm is L1, from memory, or L2. Q is an upper
    bound of E, not stated in the sources available; here it is that of D features between 0 and 1: D, or sqrt(D).
    """

    kind = "pair"

    def __init__(self, dimension: int, norm: Literal["l1", "l2"] = "l1", bound: float | None = None) -> None:
        super().__init__()
        if norm not in {"l1", "l2"}:
            raise ConfigError(f"the loss 'chopra' has the norms l1 and l2, not '{norm}'")
        self.energy = l1 if norm == "l1" else l2
        self.bound = bound or (float(dimension) if norm == "l1" else math.sqrt(dimension))

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        energy = self.energy(a, b)
        genuine = 2 / self.bound * energy.square()
        impostor = 2 * self.bound * torch.exp(-2.77 / self.bound * energy)
        return mean(torch.where(same > 0.5, genuine, impostor))

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated energy."""
        return -self.energy(a, b)


class Bromley(PairLoss):
    """The cosine to +1 or -1 of Bromley et al. 1994 (signatures).

    L = (cos(a, b) - t)^2,  t = 1 for one object and -1 for two.
    """

    kind = "pair"

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean((cosine(a, b) - (2 * same - 1)).square())

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The cosine."""
        return cosine(a, b)


class Koch(PairLoss):
    """The weighted L1 distance with sigmoid cross-entropy of Koch, Zemel and Salakhutdinov 2015 (one-shot).

    L = -(y log p + (1 - y) log(1 - p)) + lambda |w|^2,  p = sigma(sum_j alpha_j |a_j - b_j| + beta). The weights alpha
    are learned; w in the last term are those of this layer, the other weights have the weight decay of the optimiser.
    The formula in the sources has no beta, so that p of two equal descriptors is always 1/2; `bias=False` gives that.
    lambda is not stated in the sources available. alpha begins at -1/D.
    """

    kind = "pair"

    def __init__(self, dimension: int, penalty: float = 1e-4, bias: bool = True) -> None:
        super().__init__()
        self.penalty = penalty
        self.alpha = nn.Parameter(torch.full((dimension,), -1 / dimension))
        self.beta = nn.Parameter(torch.zeros(()), requires_grad=bias)

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs, and of the weights alpha."""
        logit = self.similarity(a, b)
        terms = functional.binary_cross_entropy_with_logits(logit, same.to(logit.dtype), reduction="none")
        return mean(terms) + self.penalty * self.alpha.square().sum()

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The logit of p."""
        return ((a - b).abs() * self.alpha).sum(-1) + self.beta


class CarlevarisBianco(PairLoss):
    """The contrastive loss on squared distances of Carlevaris-Bianco and Eustice 2014 (lighting).

    l = s d^2 if y = 1, else max(1 - d^2, 0),  d = ||a - b||_2, with a weight s for each pair of one object.
    """

    kind = "pair"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, a: Tensor, b: Tensor, same: Tensor, weight: Tensor | float = 1.0) -> Tensor:
        """The loss of pairs; `weight` is s, (P,) or one for all."""
        terms = hinge_embedding(squared_l2(a, b), same, self.margin)
        return mean(torch.where(same > 0.5, weight * terms, terms))

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated squared distance."""
        return -squared_l2(a, b)


class SimoSerra(PairLoss):
    """The hinge embedding with hard-pair mining of Simo-Serra et al. 2014 ("fracking").

    l = y d + (1 - y) max(0, m - d),  d = ||a - b||_2, averaged over only the hardest pairs of each kind: one in
    `positive_ratio` of those of one object (the farthest) and one in `negative_ratio` of the others (the nearest). m
    and the ratios are not stated in the sources available; the 4 of m is from memory, those of the ratios are chosen.
    """

    kind = "pair"

    def __init__(self, margin: float = 4.0, positive_ratio: float = 4.0, negative_ratio: float = 4.0) -> None:
        super().__init__()
        self.margin = margin
        if min(positive_ratio, negative_ratio) < 1:
            raise ConfigError("the ratios of the loss 'simo-serra' must be at least 1")
        self.positive_ratio, self.negative_ratio = positive_ratio, negative_ratio

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of the hardest pairs."""
        terms = hinge_embedding(l2(a, b), same, self.margin)
        positive = _hardest(terms[same > 0.5], self.positive_ratio)
        negative = _hardest(terms[same <= 0.5], self.negative_ratio)
        return mean(torch.cat([positive, negative]))

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The negated Euclidean distance."""
        return -l2(a, b)


class Ddml(PairLoss):
    """The generalised logistic loss of Hu, Lu and Tan 2014 (DDML).

    J = 1/2 sum g(1 - l (tau - d^2)) + lambda/2 sum ||W||^2 + ||b||^2,  g(z) = 1/beta log(1 + exp(beta z)),  l = 1 for
    one object and -1 for two,  d = ||a - b||_2. The last sum, over all layers, is the optimiser's weight decay. tau and
    beta are constants, from memory 3 and 10.
    """

    kind = "pair"

    def __init__(self, threshold: float = DDML_THRESHOLD, sharpness: float = 10.0) -> None:
        super().__init__()
        self.threshold, self.sharpness = threshold, sharpness

    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        violation = 1 - (2 * same - 1) * self.similarity(a, b)
        return mean(functional.softplus(violation, self.sharpness)) / 2

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """The threshold tau less the squared distance; above zero for one object."""
        return self.threshold - squared_l2(a, b)


def _hardest(terms: Tensor, ratio: float) -> Tensor:
    """The largest one in `ratio` of the terms, rounded up."""
    return terms.topk(math.ceil(len(terms) / ratio)).values
