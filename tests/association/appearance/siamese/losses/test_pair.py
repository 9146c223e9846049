"""Losses over pairs: values by their formulas, and what is particular to some."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from siamlink.association.appearance.siamese.losses.pair import (
    CarlevarisBianco,
    Chopra,
    Ddml,
    Hadsell,
    Koch,
    LealTaixe,
    SimoSerra,
    normalised,
)

DIMENSION, PAIRS = 6, 12
"""As in `conftest.py`."""


def cosines(a, b):
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit_rows(x):
    return x / np.sqrt((x * x).sum(1, keepdims=True))


def distances(a, b):
    return np.sqrt(((a - b) ** 2).sum(1))


def expected_leal_taixe(loss, a, b, same):
    d = distances(unit_rows(a), unit_rows(b)) ** 2
    return (same * d + (1 - same) * np.maximum(1.0 - d, 0)).sum() / (2 * len(d))


def expected_hadsell(loss, a, b, same):
    d, dissimilar = distances(a, b), 1 - same
    return ((1 - dissimilar) * d**2 / 2 + dissimilar * np.maximum(0, 1.0 - d) ** 2 / 2).mean()


def expected_chopra(loss, a, b, same):
    energy, q, dissimilar = np.abs(a - b).sum(1), DIMENSION, 1 - same
    return ((1 - dissimilar) * 2 / q * energy**2 + dissimilar * 2 * q * np.exp(-2.77 / q * energy)).mean()


def expected_bromley(loss, a, b, same):
    return ((cosines(a, b) - np.where(same == 1, 1, -1)) ** 2).mean()


def expected_koch(loss, a, b, same):
    alpha = loss.alpha.detach().numpy()
    p = sigmoid(np.abs(a - b) @ alpha + loss.beta.item())
    return -(same * np.log(p) + (1 - same) * np.log(1 - p)).mean() + 1e-4 * (alpha**2).sum()


def expected_carlevaris_bianco(loss, a, b, same):
    d2 = distances(a, b) ** 2
    return np.where(same == 1, d2, np.maximum(1.0 - d2, 0)).mean()


def expected_simo_serra(loss, a, b, same):
    d = distances(a, b)
    farthest = np.sort(d[same == 1])[::-1][: int(np.ceil((same == 1).sum() / 4))]
    nearest = np.sort(d[same == 0])[: int(np.ceil((same == 0).sum() / 4))]
    return np.concatenate([farthest, np.maximum(0, 4.0 - nearest)]).mean()


def expected_ddml(loss, a, b, same):
    sign = np.where(same == 1, 1, -1)
    z = 1 - sign * (3.0 - distances(a, b) ** 2)
    return 0.5 * (np.logaddexp(0, 10 * z) / 10).mean()


FORMULAS = {
    "leal-taixe": expected_leal_taixe,
    "hadsell": expected_hadsell,
    "chopra": expected_chopra,
    "bromley": expected_bromley,
    "koch": expected_koch,
    "carlevaris-bianco": expected_carlevaris_bianco,
    "simo-serra": expected_simo_serra,
    "ddml": expected_ddml,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_that_of_the_formula(name, check_value):
    check_value(name, FORMULAS[name])


@given(arrays.arrays(np.float32, (4, DIMENSION), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_unit_descriptors_have_unit_length_or_none(array):
    length = np.linalg.norm(normalised(torch.from_numpy(array)).numpy(), axis=1)
    large = np.abs(array).max(1) > 1e-12
    np.testing.assert_allclose(length[large], 1, rtol=1e-5)
    assert (length[~large] < 1e-10).all()


def test_only_the_hardest_pairs_are_learned_from():
    a = torch.zeros(16, 1)
    b = torch.arange(1.0, 9).repeat(2)[:, None].requires_grad_()
    same = torch.cat([torch.ones(8), torch.zeros(8)])
    SimoSerra(margin=10, positive_ratio=8, negative_ratio=4)(a, b, same).backward()
    moved = b.grad.flatten().nonzero().flatten().tolist()
    assert moved == [7, 8, 9]  # the farthest pair of one object, the two nearest of others
    b.grad = None
    SimoSerra(margin=10, positive_ratio=1, negative_ratio=1)(a, b, same).backward()
    assert (b.grad != 0).all()


def test_one_hard_pair_is_kept_of_a_few():
    a, b = torch.zeros(3, 1), torch.tensor([[1.0], [2.0], [3.0]])
    assert SimoSerra(positive_ratio=100)(a, b, torch.ones(3)).item() == 3


def test_margins_are_settings():
    a, b, same = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]), torch.zeros(1)
    assert Hadsell(margin=7)(a, b, same).item() == 2  # (7 - 5)^2 / 2
    assert CarlevarisBianco(margin=30)(a, b, same).item() == 5  # 30 - 5^2
    assert SimoSerra(margin=6)(a, b, same).item() == 1  # 6 - 5
    assert LealTaixe(margin=4)(b, -b, same).item() == 0  # normalised vectors are 2 apart at most
    assert Ddml(threshold=25).similarity(a, b).item() == 0


def test_chopra_energy_by_either_norm():
    a, b = torch.zeros(1, 2), torch.tensor([[3.0, -4.0]])
    assert Chopra(2, "l1").similarity(a, b).item() == -7
    assert Chopra(2, "l2").similarity(a, b).item() == -5
    assert Chopra(2, "l2", bound=10)(a, b, torch.ones(1)).item() == pytest.approx(2 / 10 * 25)


def test_pairs_of_one_object_can_be_weighted(loss_example):
    loss, (a, b, same) = loss_example("carlevaris-bianco")
    a, b, same = (torch.from_numpy(each) for each in (a, b, same))
    one, two = (loss(a, b, same, torch.full((PAIRS,), weight, dtype=torch.float64)) for weight in (1.0, 2.0))
    torch.testing.assert_close(loss(a, b, same), one)
    assert (two - one).item() == pytest.approx((same * (a - b).square().sum(1)).mean().item())


def test_koch_as_printed_has_no_bias():
    loss = Koch(DIMENSION, bias=False)
    a = torch.ones(1, DIMENSION)
    loss(a, a, torch.ones(1)).backward()
    assert loss.similarity(a, a).item() == 0
    assert loss.beta.grad is None
