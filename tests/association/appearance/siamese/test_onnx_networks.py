"""The networks in onnxruntime give the same as those in PyTorch, which they were trained in."""

from itertools import product

import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.networks import EmbeddingNetwork, Network, build_network
from siamlink.association.appearance.siamese.onnx_networks import (
    Embedding,
    InNetwork,
    JointInput,
    PairNetwork,
    SplitJointInput,
    TrainedNetwork,
    TwoStream,
    load_network,
)
from siamlink.detectors.base.arrays import Float32Array

PAIRS = {"joint": SplitJointInput, "in-network": InNetwork, "two-stream": TwoStream}
EMBEDDINGS = ("cost-function", "pseudo-siamese")
SIZES = ("compact", "residual", "ibn")
LARGE = pytest.param("joint", "paper", True, marks=pytest.mark.slow)


def trained(topology: str, size: str, flow: bool) -> Network:
    """A network whose statistics and scales of the normalisations, slopes and biases are away from where they begin."""
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size=size, flow=flow))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d | torch.nn.InstanceNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
        if isinstance(module, torch.nn.PReLU):
            module.weight.data.uniform_(-0.1, 0.5)
        if getattr(module, "bias", None) is not None:
            module.bias.data.normal_(0, 0.1)
    return network.eval()


def loaded(network: Network) -> TrainedNetwork:
    weights = {name: values.numpy() for name, values in network.state_dict().items()}
    similarity = (lambda a, b: (a * b).sum(1)) if isinstance(network, EmbeddingNetwork) else None
    return load_network(network.settings, weights, similarity)


def patches(count: int) -> Float32Array:
    return np.random.default_rng(1).normal(0, 1, (count, 5, 121, 53)).astype(np.float32)


def near(values: Float32Array, expected: torch.Tensor) -> bool:
    return np.allclose(values, expected, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize(("topology", "size"), [*product(EMBEDDINGS, SIZES)])
def test_embeddings_are_those_of_pytorch(topology: str, size: str, flow: bool) -> None:
    network, given = trained(topology, size, flow), patches(5)
    ours = loaded(network)
    assert isinstance(ours, Embedding)
    descriptors = ours.describe(given)
    with torch.inference_mode():
        expected = [network.embed(torch.from_numpy(given), role) for role in range(len(network.branches))]
    assert near(descriptors, torch.cat(expected, 1))
    compared = ours.compare(descriptors[:4], descriptors[1:])
    assert near(compared[:, 0], (expected[0][:4] * expected[-1][1:]).sum(1))


@pytest.mark.parametrize(("topology", "size", "flow"), [*product(PAIRS, SIZES, (True, False)), LARGE])
def test_answers_for_pairs_are_those_of_pytorch(topology: str, size: str, flow: bool) -> None:
    network, given = trained(topology, size, flow), patches(4)
    ours = loaded(network)
    earlier, later = np.array([0, 1, 3, 2, 0]), np.array([1, 2, 0, 0, 0])
    descriptors = ours.describe(given)
    compared = ours.compare(descriptors[earlier], descriptors[later])
    with torch.inference_mode():
        logits, features = network(torch.from_numpy(given[earlier]), torch.from_numpy(given[later]))
    assert near(compared[:, 0], logits[:, 1] - logits[:, 0])
    assert near(compared[:, 1:], features)
    assert isinstance(ours, PairNetwork)
    assert len(ours.feature_names) == compared.shape[1] == 1 + network.feature_count


@pytest.mark.parametrize(("topology", "size"), [*product((*EMBEDDINGS, *PAIRS), ("compact", "ibn"))])
def test_of_no_patches_there_are_no_features(topology: str, size: str) -> None:
    ours = loaded(trained(topology, size, flow=False))
    none, some = ours.describe(patches(0)), ours.describe(patches(2))
    assert none.shape == (0, some.shape[1])
    assert ours.compare(none, none).shape == (0, ours.compare(some, some).shape[1])


def test_a_trained_network_with_instance_normalisation_is_that_of_pytorch() -> None:
    network = build_network(NetworkParameters(size="ibn"))
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    for step in range(3):
        given = torch.from_numpy(np.random.default_rng(step).normal(step, 2, (6, 5, 121, 53)).astype(np.float32))
        loss = network.embed(given, 0)[:, :128].square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network, given = network.eval(), patches(5)
    with torch.inference_mode():
        expected = network.embed(torch.from_numpy(given), 0)
    assert expected.shape == (5, 256)
    assert near(loaded(network).describe(given), expected)


@pytest.mark.parametrize("slope", [0.25, -0.5], ids=["rising", "falling"])
def test_pooling_comes_before_a_rectifier_only_where_it_rises(slope: float) -> None:
    network, given = trained("cost-function", "compact", flow=False), patches(2)
    for module in network.modules():
        if isinstance(module, torch.nn.PReLU):
            module.weight.data[:] = slope
    with torch.inference_mode():
        assert near(loaded(network).describe(given), network.embed(torch.from_numpy(given)))


def test_the_first_layer_is_split_where_that_pays() -> None:
    for size, kind in (("compact", SplitJointInput), ("residual", JointInput)):
        assert type(loaded(trained("joint", size, flow=True))) is kind
    assert not SplitJointInput.pays(NetworkParameters(topology="joint", size="paper")), "maps ten times the patches"
    assert not SplitJointInput.pays(NetworkParameters(topology="in-network", size="compact"))


def test_stride_and_padding_are_those_of_the_training() -> None:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(size="compact", stride=3, padding=2)).eval()
    given = patches(2)
    with torch.inference_mode():
        assert near(loaded(network).describe(given), network.embed(torch.from_numpy(given)))


@pytest.mark.parametrize("fault", ["missing", "superfluous", "another shape"])
def test_weights_of_another_network_are_refused(fault: str) -> None:
    network = trained("cost-function", "compact", flow=False)
    weights = {name: values.numpy() for name, values in network.state_dict().items()}
    name = "branches.0.0.0.weight"
    if fault == "missing":
        del weights[name]
    elif fault == "superfluous":
        weights["branches.1.0.0.weight"] = weights[name]
    else:
        weights[name] = weights[name][:1]
    with pytest.raises(ValueError, match="weights"):
        load_network(network.settings, weights, lambda a, b: (a * b).sum(1))
