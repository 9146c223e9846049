"""A trained Siamese network as an appearance model: descriptors of patches, and the similarity of two patches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.optical_flow import FlowField, FlowParameters
from siamlink.association.appearance.patches import (
    REACH,
    Luma,
    Patches,
    crop_patches,
    extract_patches,
    network_input,
    patches_of,
)
from siamlink.association.appearance.siamese.architecture import NetworkParameters, architecture
from siamlink.association.appearance.siamese.onnx_layers import Weights
from siamlink.association.appearance.siamese.onnx_networks import TrainedNetwork, load_network
from siamlink.association.appearance.siamese.similarity import Similarity, load_similarity
from siamlink.association.appearance.siamese.weights_file import below, read_weights
from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.base.errors import ModelError, SiamlinkError
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.parameters import build

BLOCK = 32
"""Patches or pairs given to the network together."""


class Siamese:
    """The appearance of detections by a trained network; satisfies `Appearance`.

    The network runs in onnxruntime; PyTorch is needed only to train it.

    Attributes:
        luma: how the brightness of a patch is normalised.
        flow_parameters: how the optical flow of its training was computed.
        feature_names: of `compare`: the similarity, or for pair networks the logit and the features F6.
        needs_flow: whether the network uses optical flow.
        fingerprint: digest of the file of the weights.
        reach: pixels around a box that are used.
    """

    reach = REACH

    def __init__(
        self, network: TrainedNetwork, luma: Luma, flow: FlowParameters, needs_flow: bool, fingerprint: str
    ) -> None:
        self._network, self.luma, self.flow_parameters = network, luma, flow
        self.needs_flow, self.fingerprint = needs_flow, fingerprint
        self.feature_names = network.feature_names

    @classmethod
    def load(cls, path: Path) -> "Siamese":
        """Load weights.

        Raises:
            ModelError: the file is missing, damaged, of another program or from a later version.
        """
        arrays, description = read_weights(path)
        try:
            parameters = build(NetworkParameters, description["network"], str(path))
            similarity = _load_similarity(parameters, arrays, description) if parameters.embeds else None
            network = load_network(parameters, below(arrays, "network."), similarity)
            flow = build(FlowParameters, description.get("flow", {}), str(path))
        except (KeyError, TypeError, ValueError, AttributeError, SiamlinkError):
            raise ModelError(f"{path} does not fit the networks of this version; train it again") from None
        return cls(network, description.get("luma", "fixed"), flow, parameters.flow, file_digest(path))

    def describe(
        self, image: NDArray[np.uint8], box: NDArray[np.float32], flow: FlowField | None = None
    ) -> Float32Array:
        """Descriptors (N, D) of the boxes (N, 4) of an image.

        They are those of an embedding network, or whatever a pair network computes of each patch alone.
        """
        return self.describe_patches(extract_patches(image, box, flow))

    def crop(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
        """(N, 121, 53, 3) what is described of the boxes (N, 4) of an image, without optical flow."""
        return crop_patches(image, box)

    def describe_crops(self, crops: NDArray[np.uint8]) -> Float32Array:
        """Descriptors (N, D) of crops."""
        return self.describe_patches(patches_of(crops))

    def describe_patches(self, patches: Patches) -> Float32Array:
        """Descriptors (N, D) of patches."""
        inputs = network_input(patches, self.luma)
        parts = [self._network.describe(part) for part in _blocks(inputs)] or [self._network.describe(inputs)]
        return np.concatenate(parts)

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, F) features of pairs of descriptors (P, D)."""
        blocks = zip(_blocks(earlier), _blocks(later), strict=True)
        compared = [self._network.compare(*pair) for pair in blocks]
        return np.concatenate(compared) if compared else np.zeros((0, len(self.feature_names)), np.float32)


def _load_similarity(
    parameters: NetworkParameters, arrays: dict[str, Float32Array], description: dict[str, Any]
) -> Similarity:
    left, length = Weights(below(arrays, "loss.")), architecture(parameters).feature_count
    similarity = load_similarity(description["loss"], description.get("loss_settings", {}), left, length)
    left.check_all_taken()
    return similarity


def _blocks(rows: Float32Array) -> Iterator[Float32Array]:
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]
