"""Losses over triplets: values by their formulas, and the relaxed Hamming codes."""

import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.losses.triplet import Norouzi


def distances(a, b):
    return np.sqrt(((a - b) ** 2).sum(1))


def expected_wang(loss, anchor, positive, negative):
    return np.maximum(0, 1.0 + distances(anchor, positive) ** 2 - distances(anchor, negative) ** 2).mean()


def expected_hoffer_ailon(loss, anchor, positive, negative):
    near, far = np.exp(distances(anchor, positive)), np.exp(distances(anchor, negative))
    plus, minus = near / (near + far), far / (near + far)
    return (plus**2 + (minus - 1) ** 2).mean()


def expected_norouzi(loss, anchor, positive, negative):
    code, near, far = np.tanh(anchor), np.tanh(positive), np.tanh(negative)
    return np.maximum(0, (1 - code * near).sum(1) / 2 - (1 - code * far).sum(1) / 2 + 1.0).mean()


FORMULAS = {
    "wang": expected_wang,
    "hoffer-ailon": expected_hoffer_ailon,
    "norouzi": expected_norouzi,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_that_of_the_formula(name, check_value):
    check_value(name, FORMULAS[name])


def test_relaxed_codes_become_hamming_codes():
    random = torch.Generator().manual_seed(0)
    anchor, positive, negative = torch.randn(3, 50, 16, generator=random, dtype=torch.float64)
    bits = [each > 0 for each in (anchor, positive, negative)]
    near, far = ((bits[0] != other).sum(1) for other in bits[1:])
    hinge = (near - far + 1).clamp(min=0).double().mean()
    torch.testing.assert_close(Norouzi(slope=1e9)(anchor, positive, negative), hinge)
    torch.testing.assert_close(Norouzi().similarity(anchor, positive), -near.double())
