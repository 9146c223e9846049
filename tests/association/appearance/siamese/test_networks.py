from itertools import product

import pytest
import torch

from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.networks import (
    EmbeddingNetwork,
    JointInput,
    build_network,
)
from siamlink.detectors.base.errors import ConfigError

PAIR_TOPOLOGIES, EMBEDDINGS = ("joint", "in-network", "two-stream"), ("cost-function", "pseudo-siamese")
SIZES = ("compact", "residual", "ibn")


def patches(count: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 5, 121, 53, generator=torch.Generator().manual_seed(seed))


def count_weights(network: torch.nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def test_paper_size_is_figure_2() -> None:
    network = build_network(NetworkParameters(topology="joint", size="paper", flow=True))
    assert isinstance(network, JointInput)
    shapes = {tuple(weights.shape) for weights in network.parameters()}
    convolutions = {(96, 10, 7, 7), (256, 96, 5, 5), (256, 256, 5, 5)}
    assert shapes >= convolutions | {(4096, 5632), (1024, 4096), (512, 1024), (2, 512)}
    assert count_weights(network) == pytest.approx(30.1e6, rel=2e-3)
    dropouts = [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    assert dropouts == [0.5, 0.5, 0.5]


def test_stride_and_padding_are_options() -> None:
    padded = build_network(NetworkParameters(topology="joint", size="paper", flow=True, padding=2, stride=2))
    assert padded.head[0].in_features == 5376
    with pytest.raises(ConfigError, match="stride 4 and padding 0 leave nothing of a 121x53 patch"):
        build_network(NetworkParameters(topology="joint", size="paper", flow=True, stride=4))


@pytest.mark.parametrize(("topology", "size"), [*product(PAIR_TOPOLOGIES, SIZES), ("joint", "paper")])
def test_pair_networks_give_logits_and_features(topology: str, size: str) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size=size)).eval()
    with torch.inference_mode():
        logits, features = network(patches(), patches(seed=1))
        swapped, _ = network(patches(seed=1), patches())
    assert logits.shape == (2, 2)
    assert features.shape == (2, network.feature_count)
    assert not torch.allclose(logits, swapped), "left and right are told apart"


@pytest.mark.parametrize(("topology", "size"), [*product(EMBEDDINGS, SIZES), ("cost-function", "paper")])
def test_embedding_networks_describe_patches(topology: str, size: str) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size=size)).eval()
    assert isinstance(network, EmbeddingNetwork)
    with torch.inference_mode():
        earlier, later = network.embed(patches(), 0), network.embed(patches(), 1)
    assert earlier.shape == (2, network.feature_count)
    assert torch.allclose(earlier, later) == (topology == "cost-function"), "only the pseudo-Siamese has two branches"


@pytest.mark.parametrize("topology", EMBEDDINGS)
def test_the_weights_of_a_shared_branch_exist_once(topology: str) -> None:
    branches = {"cost-function": 1, "pseudo-siamese": 2}[topology]
    one = count_weights(build_network(NetworkParameters(topology="cost-function", size="compact")))
    assert count_weights(build_network(NetworkParameters(topology=topology, size="compact"))) == branches * one


def test_the_two_streams_get_the_whole_and_the_centre() -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology="two-stream", size="compact", flow=True)).eval()
    left, right = patches(1), patches(1, seed=1)
    border = left.clone()
    border[:, :, :10] = 0
    with torch.inference_mode():
        responses, changed = network._responses(left, right), network._responses(border, right)
    half = responses.shape[1] // 2
    assert not torch.allclose(responses[:, :half], changed[:, :half])
    assert torch.equal(responses[:, half:], changed[:, half:])


@pytest.mark.parametrize("topology", PAIR_TOPOLOGIES)
def test_every_weight_of_a_pair_network_learns(topology: str) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size="compact", dropout=0.0))
    logits, _ = network(patches(8), patches(8, seed=1))
    logits.square().sum().backward()
    assert all(weights.grad is not None and weights.grad.abs().sum() > 0 for weights in network.parameters())


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("topology", [*PAIR_TOPOLOGIES, *EMBEDDINGS])
def test_flow_is_used_only_by_networks_with_flow(topology: str, flow: bool) -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size="compact", flow=flow)).eval()
    one, two = patches(), patches()
    two[:, 3:] = 0
    with torch.inference_mode():
        answers = [
            network.embed(seen) if isinstance(network, EmbeddingNetwork) else network(seen, one)[0]
            for seen in (one, two)
        ]
    assert torch.equal(*answers) != flow
