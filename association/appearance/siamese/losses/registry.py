"""The losses that a network can be trained with, by name: those of Siamese networks from 1994 to 2016, and one more."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional

from siamlink.association.appearance.siamese.losses.identity import deepid2_cosine, deepid2_l1, deepid2_l2
from siamlink.association.appearance.siamese.losses.identity_triplet import IdentityTriplet
from siamlink.association.appearance.siamese.losses.pair import (
    Bromley,
    CarlevarisBianco,
    Chopra,
    Ddml,
    Hadsell,
    Koch,
    LealTaixe,
    PairLoss,
    SimoSerra,
    mean,
)
from siamlink.association.appearance.siamese.losses.triplet import HofferAilon, Norouzi, Wang
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.hints import did_you_mean


class SoftmaxLogLoss(PairLoss):
    """The softmax log-loss of the joint-input and in-network topologies of Leal-Taixé et al. 2016.

    L = -log softmax(o)_y, o the logits of no match and match.
    """

    kind = "logit"

    def forward(self, logits: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean(functional.cross_entropy(logits, same.long(), reduction="none"))

    def similarity(self, logits: Tensor) -> Tensor:
        """The log-odds of a match."""
        return logits[:, 1] - logits[:, 0]


class Zagoruyko(PairLoss):
    """The hinge on a single output of Zagoruyko and Komodakis 2015.

    L = lambda/2 ||w||^2 + sum max(0, 1 - l o),  l = 1 for one object and -1 for two. o is the difference of the two
    logits, which is one linear output; the first term, over all weights, is the optimiser's weight decay.
    """

    kind = "logit"

    def forward(self, logits: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs."""
        return mean(functional.relu(1 - (2 * same - 1) * self.similarity(logits)))

    def similarity(self, logits: Tensor) -> Tensor:
        """The single output."""
        return logits[:, 1] - logits[:, 0]


LOSSES: dict[str, Callable[..., PairLoss]] = {
    "softmax": SoftmaxLogLoss,
    "zagoruyko": Zagoruyko,
    "leal-taixe": LealTaixe,
    "hadsell": Hadsell,
    "chopra": Chopra,
    "bromley": Bromley,
    "koch": Koch,
    "carlevaris-bianco": CarlevarisBianco,
    "simo-serra": SimoSerra,
    "ddml": Ddml,
    "wang": Wang,
    "hoffer-ailon": HofferAilon,
    "norouzi": Norouzi,
    "deepid2-l2": deepid2_l2,
    "deepid2-l1": deepid2_l1,
    "deepid2-cosine": deepid2_cosine,
    "identity-triplet": IdentityTriplet,
}
LOSS_NAMES = tuple(LOSSES)


def make_loss(name: str, dimension: int, identities: int = 0, **settings: Any) -> PairLoss:
    """Make a loss by its name.

    Args:
        name: one of `LOSS_NAMES`.
        dimension: D, of a descriptor.
        identities: number of identities in the training, for the losses that classify them.
        settings: settings of the loss that differ from its defaults, such as its margin.

    Raises:
        ConfigError: there is no such loss or setting (the nearest is named), or there are too few identities.
    """
    if name not in LOSSES:
        hint = did_you_mean(name, LOSS_NAMES) or f"; the losses are {', '.join(LOSS_NAMES)}"
        raise ConfigError(f"there is no loss '{name}'{hint}")
    sizes = {"dimension": dimension, "identities": identities}
    accepted = [
        key
        for key, each in inspect.signature(LOSSES[name]).parameters.items()
        if each.kind == each.POSITIONAL_OR_KEYWORD
    ]
    for setting in settings:
        if setting not in accepted:
            near = did_you_mean(setting, set(accepted) - set(sizes))
            raise ConfigError(f"the loss '{name}' has no setting '{setting}'{near}")
    return LOSSES[name](**{key: sizes[key] for key in sizes if key in accepted}, **settings)
