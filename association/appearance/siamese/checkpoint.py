"""What a training writes, as safetensors: the trained network, and the state of the training to resume it.

The state is weights, moments of the optimiser, and a description in JSON.
"""

import json
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.networks import Network
from siamlink.association.appearance.siamese.weights_file import below, read_weights, write_weights
from siamlink.detectors.base.errors import ModelError

CLASSIFIER = "classifier"
"""Prefix of the weights of a loss for the identities of its training, which are not stored."""


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


def save_siamese(path: Path, network: Network, loss: PairLoss, description: dict[str, Any]) -> None:
    """Write a trained network for tracking.

    Of the loss only the weights for `similarity` are written, not the classifier of the identities of the training.

    Args:
        path: the file.
        network: of any precision.
        loss: of its training.
        description: the `loss`, its `loss_settings`, the `luma` and the `flow`.
    """
    of_loss = {name: tensor for name, tensor in loss.state_dict().items() if not name.startswith(CLASSIFIER)}
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors.update({f"loss.{name}": tensor for name, tensor in of_loss.items()})
    arrays = {
        name: (each.float() if each.is_floating_point() else each).cpu().numpy() for name, each in tensors.items()
    }
    write_weights(path, arrays, {"network": network.settings.model_dump(), **description})


def load_into(network: Network, path: Path) -> None:
    """Load the weights of a trained network into another one.

    Raises:
        ModelError: the file is missing or damaged, or holds the weights of another network.
    """
    arrays = below(read_weights(path)[0], "network.")
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except RuntimeError:
        raise ModelError(f"{path} holds the weights of another network than {network.settings.topology}") from None
