"""Trained layers as operations of an ONNX graph."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from siamlink.association.appearance.siamese.layers import (
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Layers,
    LearnedRectifier,
    MaxPooling,
    MixedConvolution,
    Normalisation,
    Rectifier,
    Residual,
    Shape,
    Stripes,
    shape_after,
)
from siamlink.association.appearance.siamese.onnx_file import OnnxGraph
from siamlink.detectors.base.arrays import Float32Array

EPSILON = 1e-5
"""Added to the variance in normalisation, as PyTorch does."""
_AFFINE = ("weight", "bias")


class Value(NamedTuple):
    """A result in a graph, and its shape without the batch."""

    name: str
    shape: Shape


class Weights:
    """The weights of a network by name, as PyTorch names those of nested modules; each is used once.

    Args:
        arrays: the weights.
    """

    def __init__(self, arrays: Mapping[str, Float32Array]) -> None:
        self._arrays = {name: array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}

    def rises(self, name: str) -> bool:
        """Whether no slope of a learned rectifier is negative."""
        return name in self._arrays and bool((self._arrays[name] >= 0).all())

    def take(self, name: str, shape: Shape) -> Float32Array:
        """The weights of a name.

        Raises:
            ValueError: there are none, or none of this shape.
        """
        if name not in self._arrays or self._arrays[name].shape != shape:
            raise ValueError(f"no weights {name} of shape {shape}")
        return self._arrays.pop(name)

    def check_all_taken(self) -> None:
        """Check that no weights are left.

        Raises:
            ValueError: some are.
        """
        if self._arrays:
            raise ValueError(f"weights of another network: {', '.join(self._arrays)}")


class LayerGraph(OnnxGraph):
    """A graph to which whole layers are added with their weights."""

    def add(self, layers: Layers, value: Value, weights: Weights, prefix: str, start: int = 0) -> Value:
        """Add layers after a value.

        Args:
            layers: one after another.
            value: their input.
            weights: of the whole network; those of the layers are taken.
            prefix: of the names of their weights.
            start: place of the first of them in these names.

        Raises:
            ValueError: a weight is missing or has another shape.
        """
        for place in _order(layers, weights, prefix, start):
            layer, name = layers[place], f"{prefix}{start + place}."
            if isinstance(layer, tuple):
                value = self.add(layer, value, weights, name)
            else:
                value = Value(self._layer(layer, value, weights, name), shape_after(layer, value.shape))
        return value

    def _layer(self, layer: Layer, value: Value, weights: Weights, prefix: str) -> str:  # noqa: PLR0911
        name, shape = value
        match layer:
            case Convolution(channels, kernel, bias=bias):
                matrix = weights.take(f"{prefix}weight", (channels, shape[0], kernel, kernel))
                constant = weights.take(f"{prefix}bias", (channels,)) if bias else None
                return self.convolution(name, layer, matrix, constant)
            case MixedConvolution():
                return self._mixed_convolution(layer, value, weights, prefix)
            case Normalisation():
                return self._batch_normalised(name, shape[0], weights, prefix)
            case Rectifier():
                return self.node("Relu", [name])
            case LearnedRectifier():
                slope = weights.take(f"{prefix}weight", shape[:1])
                return self.node("PRelu", [name, self.array(slope.reshape(-1, *[1] * (len(shape) - 1)))])
            case MaxPooling(kernel, stride, padding):
                sides = {"kernel_shape": (kernel,) * 2, "strides": (stride,) * 2, "pads": (padding,) * 4}
                return self.node("MaxPool", [name], **sides)
            case Stripes(rows):
                window = (shape[1] // rows, shape[2])
                return self.node("AveragePool", [name], kernel_shape=window, strides=window)
            case Flatten():
                return self.node("Flatten", [name], axis=1)
            case Dense(width):
                matrix = weights.take(f"{prefix}weight", (width, shape[0]))
                return self.dense(name, matrix, weights.take(f"{prefix}bias", (width,)))
            case Dropout():
                return name
            case Residual():
                first = self.add(layer.first, value, weights, f"{prefix}first.")
                second = self.add(layer.second, first, weights, f"{prefix}second.")
                shortcut = self.add(layer.shortcut, value, weights, f"{prefix}shortcut.")
                return self.node("Relu", [self.node("Add", [second.name, shortcut.name])])

    def _mixed_convolution(self, layer: MixedConvolution, value: Value, weights: Weights, prefix: str) -> str:
        """Two convolutions with half of the maps each, as a graph has no halves of one without copies."""
        half = layer.half
        matrix = weights.take(
            f"{prefix}convolution.weight", (layer.channels, value.shape[0], layer.kernel, layer.kernel)
        )
        first, second = (self.convolution(value.name, half, part, None) for part in np.split(matrix, 2))
        scale, offset = (self.array(weights.take(f"{prefix}instance.{key}", (half.channels,))) for key in _AFFINE)
        instance = self.node("InstanceNormalization", [first, scale, offset], epsilon=EPSILON)
        batch = self._batch_normalised(second, half.channels, weights, f"{prefix}batch.")
        return self.node("Concat", [instance, batch], axis=1)

    def _batch_normalised(self, name: str, channels: int, weights: Weights, prefix: str) -> str:
        keys = (*_AFFINE, "running_mean", "running_var")
        arrays = [self.array(weights.take(prefix + key, (channels,))) for key in keys]
        return self.node("BatchNormalization", [name, *arrays], epsilon=EPSILON)

    def convolution(self, name: str, layer: Convolution, weight: Float32Array, bias: Float32Array | None) -> str:
        """A convolution of maps; returns the name of the result."""
        arrays = [self.array(each) for each in (weight, bias) if each is not None]
        sides = {"kernel_shape": (layer.kernel,) * 2, "strides": (layer.stride,) * 2, "pads": (layer.padding,) * 4}
        return self.node("Conv", [name, *arrays], **sides)

    def dense(self, name: str, weight: Float32Array, bias: Float32Array) -> str:
        """A fully connected layer of vectors; returns the name of the result."""
        return self.node("Gemm", [name, self.array(weight), self.array(bias)], transB=1)

    def flatten(self, value: Value) -> Value:
        """Maps as vectors."""
        return Value(self.node("Flatten", [value.name], axis=1), (math.prod(value.shape),))

    def concatenate(self, *values: Value) -> Value:
        """Maps or vectors one after another, along the channels."""
        shape = (sum(value.shape[0] for value in values), *values[0].shape[1:])
        return Value(self.node("Concat", [value.name for value in values], axis=1), shape)


def _order(layers: Layers, weights: Weights, prefix: str, start: int) -> list[int]:
    """The places of the layers, with pooling before a rectifier that rises everywhere: the result is the same."""
    places = list(range(len(layers)))
    for place in range(len(layers) - 1):
        rectified_first = isinstance(layers[place], LearnedRectifier) and isinstance(layers[place + 1], MaxPooling)
        if rectified_first and weights.rises(f"{prefix}{start + place}.weight"):
            places[place : place + 2] = place + 1, place
    return places
