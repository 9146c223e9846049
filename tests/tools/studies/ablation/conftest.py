"""Descriptors of people."""

from collections.abc import Callable

import numpy as np
import pytest

TIMES, DIMENSION = 6, 8


@pytest.fixture
def people() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Makes descriptors that tell people apart in their first half and are noise in the other, and identities."""

    def make(seed: int, count: int = 12) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        identity = np.repeat(np.arange(count), TIMES)
        descriptor = 0.3 * random.normal(size=(count * TIMES, DIMENSION))
        descriptor[:, : DIMENSION // 2] += random.normal(size=(count, DIMENSION // 2))[identity]
        descriptor[:, DIMENSION // 2 :] *= 6
        return descriptor, identity

    return make
