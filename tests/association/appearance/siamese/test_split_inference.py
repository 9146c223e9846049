import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.networks import JointInput, NetworkParameters, build_network
from siamlink.association.appearance.siamese.split_inference import SplitJoint


def joint(slope: float = 0.25, seed: int = 0, size: str = "compact", flow: bool = True) -> JointInput:
    torch.manual_seed(seed)
    network = build_network(NetworkParameters(topology="joint", size=size, flow=flow)).eval()
    assert isinstance(network, JointInput)
    if size == "compact":
        network.trunks[0][1].weight.data[::2] = slope
    return network


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("slope", [0.25, -0.5], ids=["rising", "falling"])
@pytest.mark.parametrize("pairs", [1, 300])
def test_pairs_get_the_same_result_as_from_the_plain_network(pairs: int, slope: float, flow: bool) -> None:
    network = joint(slope, flow=flow)
    random = np.random.default_rng(pairs)
    patches = torch.randn(7, 5, 121, 53, generator=torch.Generator().manual_seed(1))
    earlier, later = random.integers(0, 7, (2, pairs))
    split = SplitJoint(network)
    logits, features = split.compare(*split.first_maps(patches), earlier, later)
    with torch.inference_mode():
        plain_logits, plain_features = network(patches[earlier], patches[later])
    assert torch.allclose(logits, plain_logits, atol=1e-5)
    assert torch.allclose(features, plain_features, atol=1e-5)


def test_flattened_maps_are_joined_like_indexed_ones() -> None:
    split = SplitJoint(joint())
    left, right = split.first_maps(torch.randn(4, 5, 121, 53, generator=torch.Generator().manual_seed(2)))
    one, _ = split.compare(left, right, np.arange(4), np.arange(4)[::-1].copy())
    two, _ = split.join(left.flatten(1).numpy(), right.flatten(1).numpy()[::-1])
    assert torch.allclose(one, two, atol=1e-6)


def test_it_pays_for_small_maps_of_joint_networks_only() -> None:
    assert SplitJoint.pays(joint())
    assert not SplitJoint.pays(joint(size="residual")), "its first layers are others"
    assert not SplitJoint.pays(joint(size="paper")), "its first maps are ten times as large as the patches"
    assert not SplitJoint.pays(build_network(NetworkParameters(topology="in-network", size="compact")))
