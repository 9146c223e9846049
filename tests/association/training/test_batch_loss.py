from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from siamlink.association.appearance.patches import network_input
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import build_network
from siamlink.association.training import batch_loss as module
from siamlink.association.training.batch_loss import PairingParameters, batch_loss
from siamlink.association.training.batch_sampler import Batch, BatchSampler, SamplingParameters
from siamlink.association.training.ground_truth import NO_OBJECT

PAIRING = PairingParameters(pairs=16, hard_share=0.5)


class Recording(PairLoss):
    """A loss by the cosine that stores its inputs."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, *inputs: Tensor) -> Tensor:
        self.inputs = inputs
        return inputs[0].sum() * 0

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        return nn.functional.cosine_similarity(a, b)


@pytest.fixture
def batch(paint_crops: Callable) -> Batch:
    sampling = SamplingParameters(identities=6, patches=4, false_detections=3)
    crop_sets = [paint_crops(), paint_crops(seed=1, video=True, false_detections=9)]
    return BatchSampler(crop_sets, sampling).draw(np.random.default_rng(0))


@pytest.fixture(scope="module")
def embedding() -> nn.Module:
    torch.manual_seed(0)
    return build_network(NetworkParameters(size="compact"))


def value(network: nn.Module, loss: PairLoss, batch: Batch, weight: float = 0.0) -> Tensor:
    inputs = torch.from_numpy(network_input(batch.patches))
    return batch_loss(network, loss, batch, inputs, PAIRING, np.random.default_rng(0), weight)


def test_half_of_the_pairs_are_of_one_identity(batch: Batch) -> None:
    first, second, same = module._choose_pairs(batch, None, PAIRING, np.random.default_rng(0))
    assert same.tolist() == [1] * 8 + [0] * 8
    assert ((batch.identity[first] == batch.identity[second]) & (batch.identity[first] != NO_OBJECT)).tolist() == (
        same == 1
    ).tolist()
    assert (batch.crop_set[first] == batch.crop_set[second]).all()


def test_the_hard_pairs_are_the_most_similar_ones_of_two_identities(batch: Batch) -> None:
    similarity = np.random.default_rng(1).random((len(batch.identity),) * 2).astype(np.float32)
    first, second, same = module._choose_pairs(batch, similarity, PAIRING, np.random.default_rng(0))
    hard = similarity[first, second][same == 0][:4]
    allowed = similarity[module.negative_pairs(batch)]
    assert hard.tolist() == np.sort(allowed)[::-1][:4].tolist()


def test_triplets_have_the_most_similar_patch_of_another_identity(batch: Batch) -> None:
    similarity = np.random.default_rng(1).random((len(batch.identity),) * 2).astype(np.float32)
    anchor, positive, negative = module._hardest_triplets(batch, similarity)
    assert (batch.identity[anchor] == batch.identity[positive]).all()
    for one, other in zip(anchor, negative, strict=True):
        rivals = np.flatnonzero((batch.identity != batch.identity[one]) & (batch.crop_set == batch.crop_set[one]))
        assert other == rivals[similarity[one, rivals].argmax()]


@pytest.mark.parametrize(("kind", "count"), [("pair", 3), ("triplet", 3), ("identity", 4)])
def test_each_kind_of_loss_gets_its_inputs(batch: Batch, embedding: nn.Module, kind: str, count: int) -> None:
    loss = Recording(kind)
    value(embedding, loss, batch)
    assert len(loss.inputs) == count
    if kind == "identity":
        assert loss.inputs[1].tolist() == batch.identity.tolist()
        assert len(loss.inputs[0]) == len(batch.identity)


def test_a_pair_network_gets_pairs_and_gives_logits(batch: Batch) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology="joint", size="compact"))
    loss = value(network, make_loss("softmax", 1), batch)
    assert loss.shape == ()
    assert loss > 0


def test_the_loss_to_the_teacher_is_added_with_its_weight(batch: Batch, embedding: nn.Module) -> None:
    embedding.eval()
    with torch.no_grad():
        own = embedding.embed(torch.from_numpy(network_input(batch.patches)))
        unit = nn.functional.normalize(own, dim=1).numpy()
        loss = Recording("pair")
        right, wrong = (
            value(embedding, loss, Batch(**{**vars(batch), "teacher_descriptors": sign * unit}), 3.0)
            for sign in (1, -1)
        )
    assert right.item() == pytest.approx(0, abs=1e-5)
    assert wrong.item() == pytest.approx(6, abs=1e-4)
