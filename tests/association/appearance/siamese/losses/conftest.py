"""Losses with random input, and the check of their values against formulas written with NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.losses.registry import make_loss

DIMENSION, PAIRS, IDENTITIES = 6, 12, 3


def make_loss_example(name: str, seed: int = 0, scale: float = 1.0) -> tuple[PairLoss, list[np.ndarray]]:
    """A loss in double precision and random input for it."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    loss = make_loss(name, DIMENSION, IDENTITIES).double()
    kind = loss.kind
    if kind == "logit":
        return loss, [scale * random.normal(size=(PAIRS, 2)), np.arange(PAIRS) % 2.0]
    if kind == "identity":
        identity = np.arange(PAIRS) % IDENTITIES
        identity[-2:] = -1
        first, second = random.integers(0, PAIRS, (2, 3 * PAIRS))
        return loss, [scale * random.normal(size=(PAIRS, DIMENSION)), identity, first, second]
    one, two, three = scale * random.normal(size=(3, PAIRS, DIMENSION))
    two[::2] = one[::2] + 0.3 * (two[::2] - one[::2])
    return loss, [one, two, three if kind == "triplet" else (np.arange(PAIRS) + 1) % 2.0]


@pytest.fixture(scope="session")
def loss_example() -> Callable[..., tuple[PairLoss, list[np.ndarray]]]:
    return make_loss_example


@pytest.fixture(scope="session")
def check_value() -> Callable[[str, Callable[..., Any]], None]:
    """Compare a loss with its formula, which takes the loss and its input."""

    def check(name: str, formula: Callable[..., Any]) -> None:
        for seed in range(5):
            for scale in (0.3, 1.0):
                loss, inputs = make_loss_example(name, seed, scale)
                value = loss(*map(torch.from_numpy, inputs))
                assert value.shape == ()
                assert value.item() == pytest.approx(formula(loss, *inputs), rel=1e-9)

    return check
