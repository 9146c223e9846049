"""Descriptors of boxes: their length and their cosine."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floating = TypeVar("Floating", bound=np.floating[Any])
Features = NDArray[np.float32]
Descriptors = NDArray[Any]
"""(N, D) one vector for each of N boxes."""
Crops = NDArray[Any]
"""(N, ...) what an appearance model uses of each of N boxes."""
DescriptorsPerModel = tuple[Descriptors, ...]
"""The descriptors of the same N boxes by each of several appearance models."""


def cosine(earlier: Descriptors, later: Descriptors) -> Features:
    """(P, 1) cosines of descriptors (P, D) and (P, D); 0 where one of them is zero."""
    a, b = earlier.astype(np.float32), later.astype(np.float32)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    similarity: Features = np.einsum("ij,ij->i", a, b) / np.maximum(length, 1e-12)
    return similarity[:, None]


def unit(vector: NDArray[Floating]) -> NDArray[Floating]:
    """(N, D) the vectors scaled to length 1, in their own precision; those of length 0 stay zero."""
    scaled: NDArray[Floating] = vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-12)
    return scaled
