"""Writing of ONNX models: the few parts of the format that these networks need, as protocol buffers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from siamlink.detectors.base.arrays import Float32Array

OPERATOR_SET, FORMAT = 17, 8
"""Versions of the operators and of the file that every supported onnxruntime knows."""
FLOAT, INT, INTS = 1, 2, 7
"""Kinds of attributes; FLOAT is also the type of an array in 32 bits."""
BATCH = "n"
"""Name of the number of rows of all inputs and outputs."""


@dataclass
class OnnxGraph:
    """The operations of a network, from its inputs to its outputs; the first axis of each is the batch.

    Attributes:
        inputs: shape of each input, without the batch.
    """

    inputs: Mapping[str, Sequence[int]]
    _nodes: list[bytes] = field(default_factory=list)
    _arrays: list[bytes] = field(default_factory=list)

    def array(self, values: Float32Array) -> str:
        """Add a constant; returns its name."""
        name = f"w{len(self._arrays)}"
        sides = b"".join(_integer(1, side) for side in values.shape)
        content = np.ascontiguousarray(values, "<f4").tobytes()
        self._arrays.append(sides + _integer(2, FLOAT) + _text(8, name) + _bytes(9, content))
        return name

    def node(self, operator: str, inputs: Sequence[str], **attributes: int | float | Sequence[int]) -> str:
        """Add an operation; returns the name of its result."""
        name = f"x{len(self._nodes)}"
        content = b"".join(_text(1, each) for each in inputs) + _text(2, name) + _text(4, operator)
        content += b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        self._nodes.append(content)
        return name

    def serialise(self, outputs: Mapping[str, Sequence[int]]) -> bytes:
        """The content of an ONNX file with some results as outputs, and their shapes without the batch."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "siamlink")
        graph += b"".join(_bytes(5, array) for array in self._arrays)
        graph += b"".join(_bytes(11, _declaration(name, shape)) for name, shape in self.inputs.items())
        graph += b"".join(_bytes(12, _declaration(name, shape)) for name, shape in outputs.items())
        return _integer(1, FORMAT) + _bytes(8, _text(1, "") + _integer(2, OPERATOR_SET)) + _bytes(7, graph)


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + np.float32(value).tobytes() + _integer(20, FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _integer(3, value) + _integer(20, INT)
    return _text(1, name) + b"".join(_integer(8, each) for each in value) + _integer(20, INTS)


def _declaration(name: str, shape: Sequence[int]) -> bytes:
    sides = _bytes(1, _text(2, BATCH)) + b"".join(_bytes(1, _integer(1, side)) for side in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _integer(1, FLOAT) + _bytes(2, sides)))


def _integer(number: int, value: int) -> bytes:
    """A field of a message: its number, and an integer that is not negative."""
    return _varint(number << 3) + _varint(value)


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
