"""ONNX files whose output is known, written byte by byte: no package is needed to make them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

TYPES = {"float32": 1, "int32": 6, "int64": 7, "float16": 10}
"""Numbers of element types in ONNX."""
Shape = tuple[int | str, ...]


def varint(value: int) -> bytes:
    low, high = value & 127, value >> 7
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def field(number: int, value: int | str | bytes) -> bytes:
    """One protobuf field: an integer, text or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def declaration(name: str, shape: Sequence[int | str], kind: str = "float32") -> bytes:
    sides = b"".join(field(1, field(2, side) if isinstance(side, str) else field(1, side)) for side in shape)
    return field(1, name) + field(2, field(1, field(1, TYPES[kind]) + field(2, sides)))


def tensor(name: str, values: NDArray[Any]) -> bytes:
    sides = b"".join(field(1, side) for side in values.shape)
    return sides + field(2, TYPES[str(values.dtype)]) + field(8, name) + field(9, values.tobytes())


def node(kind: str, inputs: Sequence[str], output: str, **attributes: int) -> bytes:
    """A node; its attributes are integers."""
    parts = b"".join(field(1, each) for each in inputs) + field(2, output) + field(4, kind)
    return parts + b"".join(
        field(5, field(1, name) + field(3, value) + field(20, 2)) for name, value in attributes.items()
    )


class Network:
    """An ONNX file in the making: constants, nodes, inputs, outputs and metadata."""

    def __init__(self, inputs: Mapping[str, tuple[Shape, str]]) -> None:
        self._inputs = b"".join(field(11, declaration(name, *each)) for name, each in inputs.items())
        self._constants = self._nodes = self._outputs = b""

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants += field(5, tensor(name, values))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: int) -> str:
        self._nodes += field(1, node(kind, inputs, output, **attributes))
        return output

    def output(self, name: str, shape: Sequence[int | str], kind: str = "float32") -> None:
        self._outputs += field(12, declaration(name, shape, kind))

    def save(self, path: Path, metadata: Mapping[str, str] | None = None) -> Path:
        graph = self._nodes + field(2, "graph") + self._constants + self._inputs + self._outputs
        properties = b"".join(field(14, field(1, key) + field(2, text)) for key, text in (metadata or {}).items())
        path.write_bytes(field(1, 8) + field(8, field(1, "") + field(2, 13)) + field(7, graph) + properties)
        return path


def write_constant(
    path: Path,
    outputs: Mapping[str, NDArray[Any]],
    inputs: Mapping[str, tuple[Shape, str]],
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """A network with the same outputs for every image."""
    network = Network(inputs)
    for name, values in outputs.items():
        network.node("Identity", [network.constant(f"{name} values", values)], name)
        network.output(name, values.shape, str(values.dtype))
    return network.save(path, metadata)


@pytest.fixture
def new_network() -> type[Network]:
    return Network


@pytest.fixture
def constant_network(tmp_path: Path) -> Callable[..., Path]:
    """Write a network with constant outputs: a list of arrays `out0`, ... or arrays by name."""

    def write(
        outputs: Mapping[str, NDArray[Any]] | Sequence[NDArray[Any]],
        shape: Shape = (1, 3, 64, 96),
        metadata: Mapping[str, str] | None = None,
        inputs: Mapping[str, tuple[Shape, str]] | None = None,
        kind: str = "float32",
    ) -> Path:
        named = outputs if isinstance(outputs, Mapping) else {f"out{index}": each for index, each in enumerate(outputs)}
        declared = inputs or {"image": (shape, kind)}
        return write_constant(tmp_path / "net.onnx", named, declared, metadata)

    return write


@pytest.fixture
def yolox_rows() -> Callable[..., NDArray[np.float32]]:
    """A YOLOX output for an image of 96 x 64: the fine cells encode one after another `x1 y1 x2 y2`, score, label."""

    def rows(*found: tuple[float, ...], classes: int = 2) -> NDArray[np.float32]:
        output = np.zeros((1, 8 * 12 + 4 * 6 + 2 * 3, 5 + classes), np.float32)
        for index, (x1, y1, x2, y2, score, label) in enumerate(found):
            output[0, index, :2] = (x1 + x2) / 16 - index, (y1 + y2) / 16
            output[0, index, 2:4] = np.log((x2 - x1) / 8), np.log((y2 - y1) / 8)
            output[0, index, 4], output[0, index, 5 + int(label)] = score, 1
        return output

    return rows
