"""Trained networks in onnxruntime: what they compute of each patch, and what of each pair of patches."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import onnxruntime

from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.architecture import (
    CHANNELS,
    STREAM_SIZE,
    Architecture,
    NetworkParameters,
    architecture,
)
from siamlink.association.appearance.siamese.layers import Convolution, LearnedRectifier, shape_after
from siamlink.association.appearance.siamese.onnx_layers import LayerGraph, Value, Weights
from siamlink.association.appearance.siamese.similarity import Similarity
from siamlink.detectors.base.arrays import Float32Array


class TrainedNetwork(Protocol):
    """A network of any topology.

    Attributes:
        feature_names: of the columns of `compare`.
    """

    feature_names: tuple[str, ...]

    def describe(self, patches: Float32Array) -> Float32Array:
        """Descriptors (N, D) of patches (N, 5, 121, 53)."""
        ...

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, F) features of pairs of descriptors (P, D), P at least 1."""
        ...


def load_network(
    parameters: NetworkParameters, weights: Mapping[str, Float32Array], similarity: Similarity | None
) -> TrainedNetwork:
    """A network with its weights.

    Args:
        parameters: of the network.
        weights: as PyTorch names those of the network.
        similarity: of the descriptors of an embedding network; None for a pair network.

    Raises:
        ConfigError: the parameters leave nothing of a patch.
        ValueError: the weights are not those of the network.
    """
    left = Weights(weights)
    network: TrainedNetwork
    if similarity is not None:
        network = Embedding(parameters, left, similarity)
    elif SplitJointInput.pays(parameters):
        network = SplitJointInput(parameters, left)
    else:
        network = _PAIR_NETWORKS[parameters.topology](parameters, left)
    left.check_all_taken()
    return network


class Session:
    """A graph in onnxruntime on one thread: the results do not depend on the number of cores, which do other work."""

    def __init__(self, graph: LayerGraph, *outputs: Value) -> None:
        self._open(graph.serialise({value.name: value.shape for value in outputs}))

    def _open(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._content = content
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def __getstate__(self) -> bytes:
        """For pickle and copy: the graph, from which the session is made again."""
        return self._content

    def __setstate__(self, content: bytes) -> None:
        self._open(content)

    def run(self, **inputs: Float32Array) -> list[Float32Array]:
        """The outputs for inputs by name."""
        given = {name: np.ascontiguousarray(values) for name, values in inputs.items()}
        outputs: list[Float32Array] = self._session.run(None, given)
        return outputs


class Embedding:
    """Describes each patch; a pseudo-Siamese network as the earlier and then as the later one of a pair."""

    feature_names: tuple[str, ...] = ("similarity",)

    def __init__(self, parameters: NetworkParameters, weights: Weights, similarity: Similarity) -> None:
        plan = architecture(parameters)
        self._channels, self._length, self._similarity = parameters.channels, plan.feature_count, similarity
        graph, patches = LayerGraph({"patches": plan.entry}), Value("patches", plan.entry)
        roles = [graph.add(plan.branch, patches, weights, f"branches.{k}.") for k in range(parameters.branches)]
        self._session = Session(graph, graph.concatenate(*roles))

    def describe(self, patches: Float32Array) -> Float32Array:
        """Descriptors (N, D), or (N, 2 D) by two branches, of patches (N, 5, 121, 53)."""
        return self._session.run(patches=patches[:, : self._channels])[0]

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1) similarities."""
        similarity = self._similarity(earlier[:, : self._length], later[:, -self._length :])
        return similarity[:, None].astype(np.float32)


class PairNetwork:
    """A network that gives the logits of no match and match, and the matching features F6, of a pair."""

    def __init__(self, parameters: NetworkParameters, weights: Weights) -> None:
        plan = architecture(parameters)
        self.feature_names: tuple[str, ...] = ("logit", *(f"f6_{index}" for index in range(plan.feature_count)))
        self._channels = parameters.channels
        self._session = self._load(plan, weights)

    def _load(self, plan: Architecture, weights: Weights) -> Session:
        raise NotImplementedError

    def describe(self, patches: Float32Array) -> Float32Array:
        """Descriptors (N, D) of patches (N, 5, 121, 53): what is computed of each patch alone."""
        raise NotImplementedError

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1 + F) the logit of a match, which is the difference of the two, and the features F6."""
        raise NotImplementedError

    def _finish(self, graph: LayerGraph, responses: Value, plan: Architecture, weights: Weights) -> Session:
        """Add the fully connected layers to a graph."""
        features = graph.add(plan.head, responses, weights, "head.")
        matrix, bias = weights.take("answer.weight", (2, plan.feature_count)), weights.take("answer.bias", (2,))
        return Session(graph, Value(graph.dense(features.name, matrix, bias), (2,)), features)

    def _answer(self, **inputs: Float32Array) -> Float32Array:
        logits, features = self._session.run(**inputs)
        return np.hstack([logits[:, 1:] - logits[:, :1], features])


class JointInput(PairNetwork):
    """Both patches are stacked into one input; descriptors are the patches themselves."""

    def _load(self, plan: Architecture, weights: Weights) -> Session:
        graph = LayerGraph({"pair": plan.entry})
        maps = graph.add(plan.trunk, Value("pair", plan.entry), weights, "trunks.0.")
        return self._finish(graph, graph.flatten(maps), plan, weights)

    def describe(self, patches: Float32Array) -> Float32Array:
        """The channels that the network uses of patches (N, 5, 121, 53), flattened."""
        return patches[:, : self._channels].reshape(len(patches), self._channels * math.prod(PATCH_SIZE))

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1 + F) features of pairs."""
        pairs = np.hstack([earlier, later]).reshape(len(earlier), 2 * self._channels, *PATCH_SIZE)
        return self._answer(pair=pairs)


class SplitJointInput(PairNetwork):
    """A joint-input network whose first layer is computed once for each patch and role, not once for each pair.

    The first convolution is linear in the stack of both patches: conv([a, b]) = conv_left(a) + conv_right(b). So each
    pair costs only an addition and the other layers. Descriptors are the responses of the first layer to a patch as the
    left and as the right one of a pair.
    """

    def _load(self, plan: Architecture, weights: Weights) -> Session:
        self._shape = shape_after(plan.trunk[:1], plan.entry)
        self._first = self._first_layer(plan, weights)
        graph = LayerGraph({"maps": self._shape})
        maps = graph.add(plan.trunk[1:], Value("maps", self._shape), weights, "trunks.0.", start=1)
        return self._finish(graph, graph.flatten(maps), plan, weights)

    def _first_layer(self, plan: Architecture, weights: Weights) -> Session:
        layer, count, shape = plan.trunk[0], self._channels, (self._channels, *PATCH_SIZE)
        assert isinstance(layer, Convolution)
        kernel = weights.take("trunks.0.0.weight", (layer.channels, 2 * count, layer.kernel, layer.kernel))
        bias = weights.take("trunks.0.0.bias", (layer.channels,))
        graph, roles = LayerGraph({"patches": shape}), []
        for part, constant in ((kernel[:, :count], bias), (kernel[:, count:], np.zeros_like(bias))):
            name = graph.convolution("patches", layer, part, constant)
            roles.append(graph.flatten(Value(name, self._shape)))
        return Session(graph, graph.concatenate(*roles))

    @staticmethod
    def pays(parameters: NetworkParameters) -> bool:
        """Whether a network has such a first layer, with no more responses than a patch has values."""
        plan = architecture(parameters)
        plain = isinstance(plan.trunk[0], Convolution) and isinstance(plan.trunk[1], LearnedRectifier)
        responses = math.prod(shape_after(plan.trunk[:1], plan.entry))
        return parameters.topology == "joint" and plain and responses <= CHANNELS * math.prod(PATCH_SIZE)

    def describe(self, patches: Float32Array) -> Float32Array:
        """Responses (N, 2 C h w) of the first layer to patches (N, 5, 121, 53)."""
        return self._first.run(patches=patches[:, : self._channels])[0]

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1 + F) features of pairs."""
        half = math.prod(self._shape)
        return self._answer(maps=(earlier[:, :half] + later[:, half:]).reshape(-1, *self._shape))


class InNetwork(PairNetwork):
    """The convolutions take each patch alone; descriptors are their responses."""

    def _load(self, plan: Architecture, weights: Weights) -> Session:
        trunk = LayerGraph({"patches": plan.entry})
        maps = trunk.add(plan.trunk, Value("patches", plan.entry), weights, "trunks.0.")
        self._trunk = Session(trunk, trunk.flatten(maps))
        shape = (plan.responses,)
        graph = LayerGraph({"responses": shape})
        return self._finish(graph, Value("responses", shape), plan, weights)

    def describe(self, patches: Float32Array) -> Float32Array:
        """Responses (N, D) to patches (N, 5, 121, 53)."""
        return self._trunk.run(patches=patches[:, : self._channels])[0]

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1 + F) features of pairs."""
        return self._answer(responses=np.hstack([earlier, later]))


class TwoStream(PairNetwork):
    """Stacked patches in two streams; descriptors are a patch at half resolution, and its centre."""

    def _load(self, plan: Architecture, weights: Weights) -> Session:
        graph = LayerGraph({"whole": plan.entry, "centre": plan.entry})
        streams = [Value("whole", plan.entry), Value("centre", plan.entry)]
        maps = [graph.add(plan.trunk, stream, weights, f"trunks.{k}.") for k, stream in enumerate(streams)]
        return self._finish(graph, graph.concatenate(*map(graph.flatten, maps)), plan, weights)

    def describe(self, patches: Float32Array) -> Float32Array:
        """The two streams of patches (N, 5, 121, 53), flattened."""
        used, (height, width) = patches[:, : self._channels], STREAM_SIZE
        top, left = (PATCH_SIZE[0] - height) // 2, (PATCH_SIZE[1] - width) // 2
        rows, columns = (_area_means(*sides) for sides in zip(PATCH_SIZE, STREAM_SIZE, strict=True))
        centre = used[:, :, top : top + height, left : left + width]
        streams: Float32Array = np.stack([rows @ used @ columns.T, centre], 1)
        return streams.reshape(len(patches), 2 * self._channels * height * width)

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1 + F) features of pairs."""
        roles = [each.reshape(len(each), 2, self._channels, *STREAM_SIZE) for each in (earlier, later)]
        whole, centre = np.concatenate(roles, 2).transpose(1, 0, 2, 3, 4)
        return self._answer(whole=whole, centre=centre)


_PAIR_NETWORKS: dict[str, type[PairNetwork]] = {"joint": JointInput, "in-network": InNetwork, "two-stream": TwoStream}


def _area_means(size: int, count: int) -> Float32Array:
    """(count, size) the matrix whose rows are means over `count` windows that cover a side, as `area` interpolation."""
    matrix = np.zeros((count, size), np.float32)
    for row in range(count):
        start, stop = row * size // count, -(-(row + 1) * size // count)
        matrix[row, start:stop] = np.float32(1 / (stop - start))
    return matrix
