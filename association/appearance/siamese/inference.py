"""A trained Siamese network as an appearance model: descriptors of patches, and the similarity of two patches."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from siamlink.association.appearance.optical_flow import FlowField, FlowParameters
from siamlink.association.appearance.patches import PATCH_SIZE, Luma, Patches, extract_patches, network_input
from siamlink.association.appearance.siamese.checkpoint import below
from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import (
    CHANNELS,
    EmbeddingNetwork,
    JointInput,
    Network,
    NetworkParameters,
    build_network,
)
from siamlink.association.appearance.siamese.split_inference import SplitJoint
from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.base.errors import ModelError, SiamlinkError
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.parameters import build

FORMAT = 1
LARGEST_FILE = 1_000_000_000
"""Bytes; siamlink writes no larger weights."""
BLOCK = 64
"""Patches or pairs given to the network together."""
CLASSIFIER = "classifier"
"""Prefix of the weights of a loss for the identities of its training, which are not stored."""


class Siamese:
    """The appearance of detections by a trained network; satisfies `Appearance`.

    Attributes:
        network: the network in evaluation mode.
        loss: the loss of its training, which defines the similarity of descriptors.
        luma: how the brightness of a patch is normalised.
        flow_parameters: how the optical flow of its training was computed.
        feature_names: of `compare`: the similarity, or for pair networks the logit and the features F6.
        needs_flow: whether the network uses optical flow.
        fingerprint: digest of the file of the weights; None without a file.
    """

    fingerprint: str | None = None

    def __init__(self, network: Network, loss: PairLoss, luma: Luma, flow: FlowParameters) -> None:
        self.network, self.loss, self.luma, self.flow_parameters = network.eval(), loss.eval(), luma, flow
        self.needs_flow = network.settings.flow
        self._split = SplitJoint(network) if isinstance(network, JointInput) and SplitJoint.pays(network) else None
        self.feature_names: tuple[str, ...] = ("similarity",)
        if not isinstance(network, EmbeddingNetwork):
            self.feature_names = ("logit", *(f"f6_{index}" for index in range(network.feature_count)))

    @classmethod
    def load(cls, path: Path) -> "Siamese":
        """Load weights.

        Raises:
            ModelError: the file is missing, damaged, of another program or from a later version.
        """
        tensors, description = _read(path)
        try:
            parameters = build(NetworkParameters, description["network"], str(path))
            network = build_network(parameters)
            loss = make_loss(description["loss"], network.feature_count, 2, **description.get("loss_settings", {}))
            network.load_state_dict(below(tensors, "network."))
            _load_without_classifier(loss, below(tensors, "loss."))
            flow = build(FlowParameters, description.get("flow", {}), str(path))
        except (RuntimeError, KeyError, TypeError, ValueError, SiamlinkError):
            raise ModelError(f"{path} does not fit the networks of this version; train it again") from None
        loaded = cls(_for_inference(network), loss, description.get("luma", "fixed"), flow)
        loaded.fingerprint = file_digest(path)
        return loaded

    def describe(
        self, image: NDArray[np.uint8], box: NDArray[np.float32], flow: FlowField | None = None
    ) -> Float32Array:
        """Descriptors (N, D) of the boxes (N, 4) of an image.

        They are those of an embedding network. For a joint-input network they are the responses of its first layer to
        each patch as the left and as the right one of a pair; for other pair networks, the patches themselves.
        """
        return self.describe_patches(extract_patches(image, box, flow))

    def describe_patches(self, patches: Patches) -> Float32Array:
        """Descriptors (N, D) of patches."""
        inputs = network_input(patches, self.luma)
        with _one_thread():
            parts = [self._describe(part) for part in _blocks(inputs)] or [self._describe(inputs)]
        return np.concatenate(parts)

    @torch.inference_mode()
    def _describe(self, part: Float32Array) -> Float32Array:
        """Descriptors of a block of inputs; if the roles differ, those as left patch and then those as right patch."""
        if isinstance(self.network, EmbeddingNetwork):
            roles = [self.network.embed(_input(part), role) for role in range(len(self.network.branches))]
        elif self._split is not None:
            roles = [maps.flatten(1) for maps in self._split.first_maps(_input(part))]
        else:
            roles = [torch.from_numpy(part).flatten(1)]
        return torch.cat(roles, 1).numpy()

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, F) features of pairs of descriptors (P, D)."""
        blocks = zip(_blocks(earlier), _blocks(later), strict=True)
        compared = [self._compare(*pair) for pair in blocks]
        return np.concatenate(compared) if compared else np.zeros((0, len(self.feature_names)), np.float32)

    @torch.inference_mode()
    def _compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        if isinstance(self.network, EmbeddingNetwork):
            size = self.network.feature_count
            similarity = self.loss.similarity(torch.from_numpy(earlier[:, :size]), torch.from_numpy(later[:, -size:]))
            return np.asarray(similarity[:, None])
        if self._split is not None:
            half = earlier.shape[1] // 2
            logits, features = self._split.join(earlier[:, :half], later[:, half:])
        else:
            logits, features = self.network(_input(earlier), _input(later))
        return np.asarray(torch.cat([(logits[:, 1] - logits[:, 0])[:, None], features], 1))


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a file, in 32 bits.

    Raises:
        ModelError: the file is missing, damaged, of another program or from a later version.
    """
    return _read(path)[0]


def save_siamese(path: Path, network: Network, loss: PairLoss, description: dict[str, Any]) -> None:
    """Write a trained network as safetensors, with 16 bits a weight, and its description as metadata.

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
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in halves.items()}
    whole = {"format": FORMAT, "network": network.settings.model_dump(), **description}
    path.write_bytes(save_tensors(contiguous, {"siamlink": json.dumps(whole)}))


def _input(part: Float32Array) -> Tensor:
    shaped = torch.from_numpy(np.ascontiguousarray(part)).reshape(-1, CHANNELS, *PATCH_SIZE)
    return shaped.contiguous(memory_format=torch.channels_last)


def _blocks(rows: Float32Array) -> Iterator[Float32Array]:
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]


def _for_inference(network: Network) -> Network:
    """The network with its batch normalisations folded into the convolutions, in the memory order of fast ones."""
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.Sequential):
            _fold(module)
    return channels_last(network).requires_grad_(False)


def channels_last(network: Network, device: torch.device | None = None) -> Network:
    """The network in the memory order of fast convolutions, on a device."""
    moved: Network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def _fold(layers: nn.Sequential) -> None:
    for index in range(len(layers) - 1):
        convolution, normalisation = layers[index], layers[index + 1]
        if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
            layers[index] = nn.utils.fusion.fuse_conv_bn_eval(convolution, normalisation)
            layers[index + 1] = nn.Identity()


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a file, in 32 bits, and the description of its network."""
    if not path.is_file():
        raise ModelError(f"no weights at {path}; train them with 'siamlink train siamese'")
    with _read_errors(path):
        if path.stat().st_size > LARGEST_FILE:
            raise ModelError(f"{path} is larger than any weights that siamlink writes")
        with safetensors.safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    if "siamlink" not in metadata:
        raise ModelError(f"{path} holds weights of another program; train with 'siamlink train siamese'")
    with _read_errors(path):
        description = json.loads(metadata["siamlink"])
        version = int(description["format"])
    if version > FORMAT:
        raise ModelError(f"{path} was written by a later version of siamlink; install that, or train again")
    return tensors, description


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run PyTorch on one thread: with the few patches of a frame, more threads mostly wait for one another.

    The other cores decode and detect at the same time, and the results do not depend on the number of cores.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into `ModelError`."""
    try:
        yield
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from None
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError):
        raise ModelError(f"{path} is not a safetensors file, or is damaged") from None


def _load_without_classifier(loss: PairLoss, tensors: dict[str, Tensor]) -> None:
    missing, unexpected = loss.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.startswith(CLASSIFIER) for name in missing):
        raise ValueError("weights of another loss")
