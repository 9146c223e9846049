"""The state of a training on disk, as safetensors: weights, moments of the optimiser, and a description in JSON."""

import json
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from siamlink.detectors.base.errors import ModelError


def write_checkpoint(
    path: Path, modules: dict[str, nn.Module], optimiser: torch.optim.Optimizer, description: dict[str, Any]
) -> None:
    """Write a temporary file and rename it, so that an interruption at any moment leaves a complete checkpoint."""
    tensors = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}
    for index, values in optimiser.state_dict()["state"].items():
        tensors.update({f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in values.items()})
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    temporary = path.with_name(f".{path.name}")
    save_file(contiguous, temporary, {"training": json.dumps(description)})
    temporary.replace(path)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description of a checkpoint.

    Raises:
        ModelError: the file is damaged or is not a checkpoint.
    """
    try:
        with safetensors.safe_open(str(path), "pt") as file:
            description = json.loads(file.metadata()["training"])
        return load_file(path), description
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, OSError):
        raise ModelError(f"{path} is not a checkpoint, or is damaged; delete it to start again") from None


def restore(tensors: dict[str, Tensor], modules: dict[str, nn.Module], optimiser: torch.optim.Optimizer) -> None:
    """Load the tensors of a checkpoint into the modules and the optimiser."""
    for name, module in modules.items():
        module.load_state_dict(below(tensors, f"{name}."))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in below(tensors, "optimiser.").items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})


def below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names start with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
