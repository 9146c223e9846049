"""The loss of one batch; the kind of the loss decides whether pairs, triplets or identities are compared."""

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
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.parameters import Parameters

Similarity = NDArray[np.float32]


class PairingParameters(Parameters):
    """Which pairs of a batch are compared: as many of one identity as of two."""

    pairs: int = Field(64, ge=2, le=4096, description="number of pairs compared in a training step")
    hard_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the pairs of two identities that are the most similar of the batch; only for networks "
        "that give descriptors",
    )


def batch_loss(
    network: Network,
    loss: PairLoss,
    batch: Batch,
    inputs: Tensor,
    parameters: PairingParameters,
    random: np.random.Generator,
    teacher_weight: float = 0.0,
) -> Tensor:
    """The loss of a batch of N patches.

    Args:
        network: gives descriptors of patches, or logits of pairs of patches.
        loss: of a kind that fits the network.
        batch: the patches with their identities and times.
        inputs: (N, 5, 121, 53) the normalised channels of the patches.
        parameters: which pairs are compared.
        random: for the choice of pairs.
        teacher_weight: weight of the loss to the teacher's descriptors, if the batch has these.

    Returns:
        A scalar.
    """
    if not isinstance(network, EmbeddingNetwork):
        first, second, same = _choose_pairs(batch, None, parameters, random)
        logits, _ = network(inputs[first], inputs[second])
        return _value(loss, logits.float(), same)
    left = network.embed(inputs).float()
    right = network.embed(inputs, 1).float() if len(network.branches) > 1 else left
    value = _embedding_loss(loss, batch, left, right, parameters, random)
    if batch.teacher_descriptors is None:
        return value
    target = torch.from_numpy(batch.teacher_descriptors).to(left.device)
    return value + teacher_weight * (teacher_loss(left, target) + teacher_loss(right, target)) / 2


def _embedding_loss(
    loss: PairLoss,
    batch: Batch,
    left: Tensor,
    right: Tensor,
    parameters: PairingParameters,
    random: np.random.Generator,
) -> Tensor:
    """The loss of the descriptors (N, D) of a batch, `left` as earlier and `right` as later one of a pair."""
    similarity = _similarity(loss, left, right)
    if loss.kind == "triplet":
        anchor, positive, negative = _hardest_triplets(batch, similarity)
        return _value(loss, left[anchor], right[positive], right[negative])
    first, second, same = _choose_pairs(batch, similarity, parameters, random)
    if loss.kind == "identity":
        return _value(loss, left, batch.identity, first, second)
    return _value(loss, left[first], right[second], same)


def _value(loss: PairLoss, *inputs: Tensor | NDArray[Any]) -> Tensor:
    """The loss of tensors and of arrays, which are moved to the device of the tensors."""
    device = next(each.device for each in inputs if isinstance(each, Tensor))
    value: Tensor = loss(*(each if isinstance(each, Tensor) else torch.from_numpy(each).to(device) for each in inputs))
    return value


@torch.no_grad()
def _similarity(loss: PairLoss, left: Tensor, right: Tensor) -> Similarity:
    """(N, N) similarity of every two descriptors (N, D)."""
    count = len(left)
    first, second = torch.arange(count).repeat_interleave(count), torch.arange(count).repeat(count)
    similarity: Similarity = loss.similarity(left[first], right[second]).reshape(count, count).cpu().numpy()
    return similarity


def _choose_pairs(
    batch: Batch, similarity: Similarity | None, parameters: PairingParameters, random: np.random.Generator
) -> tuple[IntArray, IntArray, Similarity]:
    """Rows (P,) and (P,) of pairs, half of them of one identity, and (P,) 1 for these and 0 for the others."""
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
    """Every pair of one identity, with the patch of another identity that is most similar to the first one."""
    first, second = positive_pairs(batch)
    is_false = batch.identity == NO_OBJECT
    allowed = (batch.identity[:, None] != batch.identity[None]) | is_false[:, None]
    allowed &= batch.crop_set[:, None] == batch.crop_set[None]
    hardest = np.where(allowed, similarity, -np.inf).argmax(axis=1)
    return first, second, hardest[first]
