import json
from collections.abc import Callable
from pathlib import Path

import torch

from siamlink.association.losses import make_loss
from siamlink.association.networks import NetworkParameters, build_network
from siamlink.association.siamese import save_siamese


def test_match_compares_ways_that_give_the_same_answers(siamlink: Callable) -> None:
    done = siamlink("bench", "match", "--patches", 4, "--pairs", 8, "--repeats", 1, "--json", "match.json")
    assert done.code == 0
    figures = json.loads(Path("match.json").read_text())
    plain, half, split, embedding = figures["ways"]
    assert plain["ratio"] == 1
    assert plain["difference"] is None
    assert split["difference"] < 1e-5
    assert 1e-5 < half["difference"] < 1
    assert embedding["difference"] is None
    assert all(way["pairs_a_second"] > 0 and way["name"] in done.out for way in figures["ways"])


def test_only_a_compact_joint_network_can_be_measured(siamlink: Callable, here: Path) -> None:
    torch.manual_seed(0)
    for topology, code in (("joint", 0), ("in-network", 2)):
        network = build_network(NetworkParameters(topology=topology, size="compact"))
        path = here / f"{topology}.safetensors"
        save_siamese(path, network, make_loss("softmax", 32), {"loss": "softmax"})
        done = siamlink("bench", "match", "--weights", path, "--patches", 4, "--pairs", 8, "--repeats", 1)
        assert done.code == code
    assert "is no compact joint-input network" in done.line
