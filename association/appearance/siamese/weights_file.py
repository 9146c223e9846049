"""Files with the weights of a network: safetensors with 16 bits a weight, and a description of the network in JSON."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save

from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.base.errors import ModelError

Values = TypeVar("Values")
FORMAT = 1
LARGEST_FILE = 1_000_000_000
"""Bytes; siamlink writes no larger weights."""


def write_weights(path: Path, arrays: Mapping[str, NDArray[Any]], description: dict[str, Any]) -> None:
    """Write weights by name, those of floating point with 16 bits, and the description of their network."""
    halves = {
        name: np.asarray(array, np.float16 if array.dtype.kind == "f" else array.dtype, order="C")
        for name, array in arrays.items()
    }
    path.write_bytes(save(halves, {"siamlink": json.dumps({"format": FORMAT, **description})}))


def read_weights(path: Path) -> tuple[dict[str, Float32Array], dict[str, Any]]:
    """The weights in a file by name, in 32 bits, and the description of their network.

    Raises:
        ModelError: the file is missing, damaged, of another program or from a later version.
    """
    if not path.is_file():
        raise ModelError(f"no weights at {path}; train them with 'siamlink train siamese'")
    with _read_errors(path):
        if path.stat().st_size > LARGEST_FILE:
            raise ModelError(f"{path} is larger than any weights that siamlink writes")
        with safetensors.safe_open(str(path), "np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
    if "siamlink" not in metadata:
        raise ModelError(f"{path} holds weights of another program; train with 'siamlink train siamese'")
    with _read_errors(path):
        description = json.loads(metadata["siamlink"])
        version = int(description["format"])
    if version > FORMAT:
        raise ModelError(f"{path} was written by a later version of siamlink; install that, or train again")
    return arrays, description


def below(arrays: Mapping[str, Values], prefix: str) -> dict[str, Values]:
    """The arrays whose names start with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into `ModelError`."""
    try:
        yield
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from None
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError):
        raise ModelError(f"{path} is not a safetensors file, or is damaged") from None
