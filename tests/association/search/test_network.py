"""Which networks can search."""

import shutil

import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.search.network import SearchNetwork
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
