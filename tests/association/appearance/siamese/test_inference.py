import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.appearance.patches import network_input
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.checkpoint import save_siamese
from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import build_network
from siamlink.detectors.base.errors import ModelError

TOPOLOGIES = {"joint": "softmax", "in-network": "softmax", "two-stream": "zagoruyko", "cost-function": "koch"}


def write(path: Path, topology: str = "cost-function", loss: str | None = None, size: str = "compact") -> Path:
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size=size))
    name = loss or TOPOLOGIES[topology]
    save_siamese(path, network, make_loss(name, network.feature_count, identities=7), {"loss": name})
    return path


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_loaded_network_gives_the_same_as_the_saved_one(topology: str, paint_crops: Callable, tmp_path: Path) -> None:
    siamese = Siamese.load(write(tmp_path / "a.safetensors", topology))
    torch.manual_seed(0)
    network = build_network(NetworkParameters(topology=topology, size="compact")).half().float().eval()
    patches = paint_crops(identities=2, each=2).patches
    descriptors = siamese.describe_patches(patches)
    compared = siamese.compare(descriptors[:2], descriptors[2:])
    given = torch.from_numpy(network_input(patches))
    with torch.inference_mode():
        if topology == "cost-function":
            expected = network.embed(given)
            assert np.allclose(descriptors, expected, atol=1e-4)
            assert compared.shape == (2, 1)
        else:
            logits, features = network(given[:2], given[2:])
            assert np.allclose(compared[:, 0], logits[:, 1] - logits[:, 0], atol=1e-4)
            assert np.allclose(compared[:, 1:], features, atol=1e-4)
    assert len(siamese.feature_names) == compared.shape[1]


def test_a_frame_without_boxes_has_no_descriptors(tmp_path: Path) -> None:
    siamese = Siamese.load(write(tmp_path / "a.safetensors"))
    image = np.zeros((50, 60, 3), np.uint8)
    described = siamese.describe(image, np.zeros((0, 4), np.float32))
    assert described.shape == (0, 32)
    assert siamese.compare(described, described).shape == (0, 1)


def test_crops_are_described_as_the_boxes_of_the_image(tmp_path: Path) -> None:
    siamese = Siamese.load(write(tmp_path / "a.safetensors"))
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    box = np.array([[10, 20, 50, 120], [-5, 90.5, 80, 260], [280, 0, 290, 20]], np.float32)
    crops = siamese.crop(image, box)
    assert crops.shape == (3, 121, 53, 3)
    np.testing.assert_array_equal(siamese.describe_crops(crops), siamese.describe(image, box))


def test_no_classifier_of_identities_is_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", loss="identity-triplet")
    assert b"classifier" not in path.read_bytes()
    assert Siamese.load(path).compare(np.eye(3, 32, dtype=np.float32), np.eye(3, 32, dtype=np.float32))[0, 0] == 1


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def foreign(path: Path) -> None:
    save_file({"weights": torch.zeros(3)}, path)


def text(path: Path) -> None:
    path.write_text("not weights at all")


def described(path: Path, **changes: object) -> None:
    known = {"format": 1, "network": NetworkParameters(size="compact").model_dump(), "loss": "koch", "luma": "fixed"}
    save_file({"network.a": torch.zeros(3)}, path, {"siamlink": json.dumps({**known, **changes})})


FAULTS = [
    (damaged, "is not a safetensors file, or is damaged"),
    (text, "is not a safetensors file, or is damaged"),
    (foreign, "holds weights of another program"),
    (lambda path: described(path, format=99), "was written by a later version of siamlink"),
    (lambda path: described(path, format="new"), "is not a safetensors file, or is damaged"),
    (lambda path: described(path, loss="none such"), "does not fit the networks of this version"),
    (lambda path: described(path, network={"topology": "round"}), "does not fit the networks of this version"),
    (described, "does not fit the networks of this version"),
    (lambda path: described(path, loss="koch", loss_settings=[]), "does not fit the networks of this version"),
    (Path.unlink, "no weights at .*; train them with 'siamlink train siamese'"),
]


@pytest.mark.parametrize(("harm", "message"), FAULTS)
def test_weights_that_cannot_be_used_are_one_clear_line(harm: Callable, message: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors")
    harm(path)
    with pytest.raises(ModelError, match=message) as caught:
        Siamese.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_patch_has_the_same_descriptor_among_others_and_in_several_threads(
    paint_crops: Callable, tmp_path: Path
) -> None:
    appearance = Siamese.load(write(tmp_path / "a.safetensors", size="residual"))
    patches = paint_crops(identities=10, each=4).patches
    together = appearance.describe_patches(patches)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda k: appearance.describe_patches(patches[k : k + 1]), range(len(patches))))
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_the_shipped_networks_load() -> None:
    assert Siamese.load(SHIPPED).feature_names == ("similarity",)
    paper = Siamese.load(SHIPPED.parent / "paper" / "siamese.safetensors")
    assert paper.needs_flow
    assert paper.feature_names[:2] == ("logit", "f6_0")
