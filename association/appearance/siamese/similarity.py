"""The similarity of descriptors by the loss of their network: that of `losses`, without PyTorch."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from siamlink.association.appearance.descriptors import cosine, unit
from siamlink.association.appearance.siamese.onnx_layers import Weights
from siamlink.detectors.base.arrays import Float32Array

Similarity = Callable[[Float32Array, Float32Array], Float32Array]
"""(P,) similarities of descriptors (P, D) and (P, D), higher for objects that look more alike."""
DDML_THRESHOLD = 3.0
"""tau of Hu, Lu and Tan 2014, from memory."""


def load_similarity(loss: str, settings: Mapping[str, Any], weights: Weights, dimension: int) -> Similarity:
    """The similarity by a loss.

    Args:
        loss: its name.
        settings: of the loss that differ from its defaults.
        weights: of the loss; those of the similarity are taken.
        dimension: D, of a descriptor.

    Raises:
        ValueError: the loss is unknown or has no descriptors, or its weights are missing or have another shape.
    """
    if loss == "koch":
        alpha, beta = weights.take("alpha", (dimension,)), weights.take("beta", ())
        return lambda a, b: np.abs(a - b) @ alpha + beta
    if loss == "deepid2-cosine":
        scale, shift = weights.take("verification.scale", ()), weights.take("verification.shift", ())
        return lambda a, b: scale * _cosine(a, b) + shift
    if loss == "ddml":
        threshold = np.float32(settings.get("threshold", DDML_THRESHOLD))
        return lambda a, b: threshold - _squared(a, b)
    if loss == "chopra":
        return _minus_l2 if settings.get("norm") == "l2" else _minus_l1
    if loss not in _WITHOUT_SETTINGS:
        raise ValueError(f"there is no similarity by the loss {loss}")
    return _WITHOUT_SETTINGS[loss]


def _squared(a: Float32Array, b: Float32Array) -> Float32Array:
    squared: Float32Array = np.square(a - b).sum(-1)
    return squared


def _minus_squared(a: Float32Array, b: Float32Array) -> Float32Array:
    return -_squared(a, b)


def _minus_squared_of_units(a: Float32Array, b: Float32Array) -> Float32Array:
    return -_squared(unit(a), unit(b))


def _minus_l2(a: Float32Array, b: Float32Array) -> Float32Array:
    return -np.sqrt(_squared(a, b))


def _minus_l1(a: Float32Array, b: Float32Array) -> Float32Array:
    distance: Float32Array = np.abs(a - b).sum(-1)
    return -distance


def _cosine(a: Float32Array, b: Float32Array) -> Float32Array:
    return cosine(a, b)[:, 0]


def _minus_hamming(a: Float32Array, b: Float32Array) -> Float32Array:
    """The negated number of signs that differ; that of zero is positive."""
    count: Float32Array = ((a < 0) != (b < 0)).sum(-1).astype(np.float32)
    return -count


_WITHOUT_SETTINGS: dict[str, Similarity] = {
    "leal-taixe": _minus_squared_of_units,
    "hadsell": _minus_l2,
    "bromley": _cosine,
    "carlevaris-bianco": _minus_squared,
    "simo-serra": _minus_l2,
    "wang": _minus_squared,
    "hoffer-ailon": _minus_l2,
    "norouzi": _minus_hamming,
    "deepid2-l2": _minus_l2,
    "deepid2-l1": _minus_l1,
    "identity-triplet": _cosine,
}
