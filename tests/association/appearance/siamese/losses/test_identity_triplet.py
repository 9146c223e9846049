"""The loss of the shipped network: its value by the formula, and where its classifier begins."""

import numpy as np
import torch

from siamlink.association.appearance.siamese.losses.identity_triplet import IdentityTriplet

IDENTITIES = 3
"""As in `conftest.py`."""


def unit_rows(x):
    return x / np.sqrt((x * x).sum(1, keepdims=True))


def expected_identity_triplet(loss, feature, identity, first, second):
    x, direction = unit_rows(feature), unit_rows(loss.classifier.detach().numpy())
    identification, hinges = [], []
    for row, own in zip(x, identity, strict=True):
        log_probability = np.log(np.exp(20 * direction @ row) / np.exp(20 * direction @ row).sum())
        identification.append(-0.9 * log_probability[own if own >= 0 else IDENTITIES] - 0.1 * log_probability.mean())
        if own >= 0:
            d = ((x - row) ** 2).sum(1)
            hinges.append(max(0, 0.3 + d[identity == own].max() - d[identity != own].min()))
    return np.mean(identification) + np.mean(hinges)


def test_the_value_is_that_of_the_formula(check_value):
    check_value("identity-triplet", expected_identity_triplet)


def test_the_classifier_begins_at_the_directions_of_the_descriptors():
    loss = IdentityTriplet(6, 3)
    last = loss.classifier[-1].clone()
    descriptors = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    loss.begin_at(5 * descriptors)
    torch.testing.assert_close(loss.similarity(loss.classifier[:3], descriptors), torch.ones(3))
    assert torch.equal(loss.classifier[-1], last)
