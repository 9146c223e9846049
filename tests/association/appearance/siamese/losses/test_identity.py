"""DeepID2 in three forms: values by their formulas."""

import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.losses.registry import make_loss

DIMENSION, IDENTITIES = 6, 3
"""As in `conftest.py`."""


def cosines(a, b):
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cross_entropy(logits, identity):
    probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.mean(-np.log(probability[np.arange(len(identity)), identity]))


def verification_l2(a, b, same):
    d = np.sqrt(((a - b) ** 2).sum(1))
    return np.where(same, d**2 / 2, np.maximum(0, 1.0 - d) ** 2 / 2).mean()


def verification_l1(a, b, same):
    d = np.abs(a - b).sum(1)
    return np.where(same, d, np.maximum(0, np.sqrt(DIMENSION) - d)).mean()


def verification_cosine(a, b, same):
    return ((same - sigmoid(5 * cosines(a, b) - 2.5)) ** 2).mean() / 2


def expected_deepid2(verification):
    def expected(loss, feature, identity, first, second):
        is_object = identity >= 0
        logits = feature[is_object] @ loss.classifier.weight.detach().numpy().T + loss.classifier.bias.detach().numpy()
        same = (identity[first] == identity[second]) & (identity[first] >= 0)
        return cross_entropy(logits, identity[is_object]) + 0.05 * verification(feature[first], feature[second], same)

    return expected


FORMULAS = {
    "deepid2-l2": expected_deepid2(verification_l2),
    "deepid2-l1": expected_deepid2(verification_l1),
    "deepid2-cosine": expected_deepid2(verification_cosine),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_that_of_the_formula(name, check_value):
    check_value(name, FORMULAS[name])


def test_a_negative_identity_has_no_class_and_no_match():
    loss = make_loss("deepid2-l2", DIMENSION, IDENTITIES)
    feature = torch.randn(4, DIMENSION, generator=torch.Generator().manual_seed(0))
    first, second = torch.tensor([0]), torch.tensor([1])
    value = loss(feature, torch.full((4,), -1), first, second)
    different = loss.weight * loss.verification(feature[:1], feature[1:2], torch.zeros(1))
    torch.testing.assert_close(value, different)
