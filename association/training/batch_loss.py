"""The loss of one batch: which of its pairs or triplets are compared depends on the loss and on the network."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.networks import EmbeddingNetwork, Network
from siamlink.association.training.batch_sampler import Batch, negative_pairs, positive_pairs
from siamlink.association.training.distillation import teacher_loss
from siamlink.association.training.ground_truth import NOBODY
from siamlink.detectors.base.parameters import Parameters

IntArray = NDArray[np.int64]
Similarity = NDArray[np.float32]


class PairingParameters(Parameters):
    """Which pairs of a batch are compared; as many of one person as of two."""

    pairs: int = Field(64, ge=2, le=4096, description="pairs compared in a step")
    hard_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the pairs of two people that are the most alike, where descriptors tell",
    )


def batch_loss(
    network: Network,
    loss: PairLoss,
    batch: Batch,
    given: Tensor,
    parameters: PairingParameters,
    random: np.random.Generator,
    teacher_weight: float = 0.0,
) -> Tensor:
    """The loss of a batch of N patches.

    Args:
        network: it is asked about the patches, or about pairs of them.
        loss: of a kind that fits the network.
        batch: who and when the patches are.
        given: (N, 5, 121, 53) what the network sees of them.
        parameters: which pairs are compared.
        random: draws them.
        teacher_weight: of what a teacher says of the patches, where the batch holds that.
    """
    if not isinstance(network, EmbeddingNetwork):
        first, second, same = _choose_pairs(batch, None, parameters, random)
        logits, _ = network(given[first], given[second])
        return _value(loss, logits.float(), same)
    left = network.embed(given).float()
    right = network.embed(given, 1).float() if len(network.branches) > 1 else left
    own = _embedding_loss(loss, batch, left, right, parameters, random)
    if batch.taught is None:
        return own
    lesson = torch.from_numpy(batch.taught).to(left.device)
    return own + teacher_weight * (teacher_loss(left, lesson) + teacher_loss(right, lesson)) / 2


def _embedding_loss(
    loss: PairLoss,
    batch: Batch,
    left: Tensor,
    right: Tensor,
    parameters: PairingParameters,
    random: np.random.Generator,
) -> Tensor:
    """The loss of descriptors (N, D) of a batch, in the roles of the earlier and the later one."""
    similarity = _similarity(loss, left, right)
    if loss.kind == "triplet":
        anchor, positive, negative = _hardest_triplets(batch, similarity)
        return _value(loss, left[anchor], right[positive], right[negative])
    first, second, same = _choose_pairs(batch, similarity, parameters, random)
    if loss.kind == "identity":
        return _value(loss, left, batch.identity, first, second)
    return _value(loss, left[first], right[second], same)


def _value(loss: PairLoss, *given: Tensor | NDArray[Any]) -> Tensor:
    """The loss of tensors and arrays."""
    device = next(each.device for each in given if isinstance(each, Tensor))
    value: Tensor = loss(*(each if isinstance(each, Tensor) else torch.from_numpy(each).to(device) for each in given))
    return value


@torch.no_grad()
def _similarity(loss: PairLoss, left: Tensor, right: Tensor) -> Similarity:
    """(N, N) how alike every two descriptors are."""
    count = len(left)
    first, second = torch.arange(count).repeat_interleave(count), torch.arange(count).repeat(count)
    alike: Similarity = loss.similarity(left[first], right[second]).reshape(count, count).cpu().numpy()
    return alike


def _choose_pairs(
    batch: Batch, similarity: Similarity | None, parameters: PairingParameters, random: np.random.Generator
) -> tuple[IntArray, IntArray, Similarity]:
    half = parameters.pairs // 2
    same_first, same_second = _draw(positive_pairs(batch), half, random)
    other = negative_pairs(batch)
    hard = np.zeros(0, np.int64)
    if similarity is not None:
        hard = np.argsort(-similarity[other], kind="stable")[: round(parameters.hard_share * half)]
    easy_first, easy_second = _draw(other, half - len(hard), random)
    first = np.concatenate([same_first, other[0][hard], easy_first])
    second = np.concatenate([same_second, other[1][hard], easy_second])
    same = np.zeros(len(first), np.float32)
    same[: len(same_first)] = 1
    return first, second, same


def _draw(pairs: tuple[IntArray, IntArray], count: int, random: np.random.Generator) -> tuple[IntArray, IntArray]:
    rows = random.permutation(len(pairs[0]))[:count]
    return pairs[0][rows], pairs[1][rows]


def _hardest_triplets(batch: Batch, similarity: Similarity) -> tuple[IntArray, IntArray, IntArray]:
    """Every pair of one person, with the patch of somebody else that looks most like the first."""
    first, second = positive_pairs(batch)
    nobody = batch.identity == NOBODY
    allowed = (batch.identity[:, None] != batch.identity[None]) | nobody[:, None]
    allowed &= batch.source[:, None] == batch.source[None]
    rival = np.where(allowed, similarity, -np.inf).argmax(axis=1)
    return first, second, rival[first]
