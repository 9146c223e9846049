"""Which networks can search."""

import shutil

import numpy as np
import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.checkpoint import save_siamese
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import build_network
from siamlink.association.search.network import TEMPLATE_SIZE, SearchNetwork
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.detectors.base.errors import ModelError


def test_a_network_that_loses_the_border_cannot_search():
    with pytest.raises(ModelError, match="cannot search: this needs topology cost-function without flow"):
        SearchNetwork(SHIPPED.parent / "paper" / "siamese.safetensors")


def test_a_file_that_is_no_network_is_said(tmp_path):
    path = tmp_path / "network.safetensors"
    with pytest.raises(ModelError, match="network"):
        SearchNetwork(path)
    shutil.copy(SHIPPED.parent / "context.json", path)
    with pytest.raises(ModelError, match="network"):
        SearchNetwork(path)


@pytest.mark.parametrize("size", ["residual", "ibn"])
def test_residual_networks_of_both_sizes_can_search(size, tmp_path):
    parameters = SiameseTrainingParameters(network=NetworkParameters(size=size))
    network = build_network(parameters.network)
    path = tmp_path / "network.safetensors"
    save_siamese(path, network, make_loss(parameters.loss, network.feature_count, 2), parameters.description)
    image = np.random.default_rng(1).integers(0, 256, (200, 100, 3), dtype=np.uint8)
    template = SearchNetwork(path).template(image, np.array([30.0, 40, 70, 140]))
    assert template.maps.shape[1:] == template.weight.shape == TEMPLATE_SIZE
    assert np.allclose(np.linalg.norm(template.maps, axis=0), 1, atol=1e-3)
