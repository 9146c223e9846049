import numpy as np
import onnxruntime
import pytest

from siamlink.association.appearance.siamese.onnx_file import OnnxGraph


def run(graph: OnnxGraph, outputs: dict, **inputs: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph.serialise(outputs), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def test_a_graph_computes_its_operations_for_any_number_of_rows() -> None:
    graph = OnnxGraph({"a": (2,), "b": (2,)})
    matrix = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    product = graph.node("Gemm", ["a", graph.array(matrix)], transB=1, alpha=0.5)
    total = graph.node("Concat", [product, "b"], axis=1)
    for count in (1, 300):
        a, b = np.random.default_rng(count).normal(size=(2, count, 2)).astype(np.float32)
        first, second = run(graph, {product: (3,), total: (5,)}, a=a, b=b)
        assert first == pytest.approx(a @ matrix.T / 2, rel=1e-5)
        assert second == pytest.approx(np.hstack([first, b]))


def test_lists_of_integers_and_large_arrays_are_written_whole() -> None:
    graph = OnnxGraph({"image": (1, 4, 6)})
    pooled = graph.node("MaxPool", ["image"], kernel_shape=(2, 3), strides=(2, 3), pads=(0, 0, 0, 0))
    large = np.arange(300, dtype=np.float32)[:, None, None, None]
    maps = graph.node("Conv", [pooled, graph.array(large)], kernel_shape=(1, 1))
    image = np.arange(24, dtype=np.float32).reshape(1, 1, 4, 6)
    (result,) = run(graph, {maps: (300, 2, 2)}, image=image)
    np.testing.assert_array_equal(result[0, 299], 299 * np.array([[8, 11], [20, 23]]))
