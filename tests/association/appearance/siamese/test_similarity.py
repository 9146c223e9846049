"""The similarities of descriptors without PyTorch are those of the losses."""

import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.losses.registry import LOSSES, make_loss
from siamlink.association.appearance.siamese.onnx_layers import Weights
from siamlink.association.appearance.siamese.similarity import load_similarity

LENGTH = 16
SETTINGS = {"chopra": [{"norm": "l2"}], "ddml": [{"threshold": 7.0}]}
CASES = [(name, settings) for name in LOSSES for settings in ({}, *SETTINGS.get(name, []))]
DESCRIPTOR_CASES = [case for case in CASES if make_loss(case[0], LENGTH, 2).kind != "logit"]


@pytest.mark.parametrize(("name", "settings"), DESCRIPTOR_CASES)
def test_every_loss_has_the_same_similarity_in_both(name: str, settings: dict) -> None:
    torch.manual_seed(0)
    loss = make_loss(name, LENGTH, 2, **settings)
    for weights in loss.parameters():
        weights.data.normal_()
    kept = {key: values.numpy() for key, values in loss.state_dict().items() if not key.startswith("classifier")}
    left = Weights(kept)
    similarity = load_similarity(name, settings, left, LENGTH)
    left.check_all_taken()
    a, b = np.random.default_rng(0).normal(0, 1, (2, 50, LENGTH)).astype(np.float32)
    a[0] = b[0] = 0
    a[1], b[2] = 0, a[2]
    with torch.inference_mode():
        expected = loss.similarity(torch.from_numpy(a), torch.from_numpy(b))
    assert np.allclose(similarity(a, b), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["softmax", "none such"])
def test_a_loss_without_descriptors_has_no_similarity(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is no similarity by the loss {name}"):
        load_similarity(name, {}, Weights({}), LENGTH)
