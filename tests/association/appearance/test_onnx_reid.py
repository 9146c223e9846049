import pickle

import numpy as np
import pytest

from siamlink.association.appearance.loading import load_appearance
from siamlink.association.appearance.onnx_reid import DEVIATION, MEAN, ReidNetwork, cut
from siamlink.detectors.base.errors import ModelError

SIZE = (32, 16)
IMAGE = np.random.default_rng(0).integers(0, 256, (100, 80, 3), np.uint8)


def field(number, value):
    """One protobuf field: an integer or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value):
    low, high = value & 127, value >> 7
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def declaration(name, shape):
    sides = b"".join(field(1, field(2, side) if isinstance(side, str) else field(1, side)) for side in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, sides)))


def write_network(path, input_shape, output_shape, axes=(), operation="ReduceMean"):
    """An ONNX file of one operation; by default the means over some axes."""
    node = field(1, "image") + field(2, "vector") + field(4, operation)
    if axes:
        node += field(5, field(1, "axes") + b"".join(field(8, axis) for axis in axes) + field(20, 7))
        node += field(5, field(1, "keepdims") + field(3, 0) + field(20, 2))
    graph = field(1, node) + field(2, "means")
    graph += field(11, declaration("image", input_shape)) + field(12, declaration("vector", output_shape))
    path.write_bytes(field(1, 8) + field(8, field(1, "") + field(2, 13)) + field(7, graph))
    return path


@pytest.fixture
def last(tmp_path):
    """A network in TensorFlow's order that takes one picture at a time: its mean blue, green and red."""
    return write_network(tmp_path / "last.onnx", (1, *SIZE, 3), (1, 3), axes=(1, 2))


@pytest.fixture
def first(tmp_path):
    """A network in PyTorch's order that takes any number of pictures."""
    return write_network(tmp_path / "first.onnx", ("n", 3, *SIZE), ("n", 3), axes=(2, 3))


def boxes(count):
    corner = np.random.default_rng(1).uniform(0, 40, (count, 2))
    return np.hstack([corner, corner + [20, 50]]).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 40])
def test_pixels_come_as_the_order_of_the_input_asks(last, first, count):
    box = boxes(count)
    pictures = np.stack([cut(IMAGE, each, SIZE) for each in box]).astype(float)
    np.testing.assert_allclose(ReidNetwork(last).describe(IMAGE, box), pictures.mean(axis=(1, 2)), rtol=1e-4)
    normal = (pictures[..., ::-1] / 255 - MEAN) / DEVIATION
    np.testing.assert_allclose(ReidNetwork(first).describe(IMAGE, box), normal.mean(axis=(1, 2)), atol=1e-4)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(last, threads):
    one = ReidNetwork(last, threads=1).describe(IMAGE, boxes(20))
    np.testing.assert_array_equal(ReidNetwork(last, threads=threads).describe(IMAGE, boxes(20)), one)


def test_a_vector_may_have_trailing_sides_of_one(tmp_path):
    path = write_network(tmp_path / "pool.onnx", (1, 3, *SIZE), (1, 3, 1, 1), operation="GlobalAveragePool")
    assert ReidNetwork(path).describe(IMAGE, boxes(3)).shape == (3, 3)


@pytest.mark.parametrize(
    ("input_shape", "output_shape", "axes", "said"),
    [
        ((1, 1, *SIZE), (1, 1), (2, 3), r"its inputs are image tensor\(float\) \[1, 1, 32, 16\]; expected one image"),
        ((4, 3, *SIZE), (4, 3), (2, 3), "expected one image"),
        ((1, 3, "h", "w"), (1, 3), (2, 3), "fixed height and width"),
        ((1, 3, 8, 8), (1, 3), (2, 3), "expected one image"),
        ((1, 3, *SIZE), (1, 3, 32), (3,), r"its output for 1 image is float32 \[1, 3, 32\]; expected one vector"),
        (("n", 3, *SIZE), (3,), (0, 2, 3), r"its output for 2 images is float32 \[3\]"),
        ((1, *SIZE, 3), (1,), (1, 2, 3), r"its output for 1 image is float32 \[1\]"),
    ],
)
def test_a_file_that_is_no_such_network_is_one_line(tmp_path, input_shape, output_shape, axes, said):
    path = write_network(tmp_path / "net.onnx", input_shape, output_shape, axes)
    with pytest.raises(ModelError, match=said) as caught:
        ReidNetwork(path)
    assert f"{path} is not a re-identification network" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_onnx_file_is_one_line(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"people")
    with pytest.raises(ModelError, match=r"net.onnx is not an ONNX file that can be run") as caught:
        load_appearance(f"onnx:{path}")
    assert "\n" not in str(caught.value)


def test_its_features_are_named_by_file_and_content(last, first, tmp_path):
    (tmp_path / "b").mkdir()
    copy = tmp_path / "b" / "last.onnx"
    copy.write_bytes(last.read_bytes())
    names = [load_appearance(f"onnx:{path}").feature_names for path in (last, copy, first)]
    assert names[0] == names[1]
    assert names[0][0].startswith("last-")
    assert not set(names[0]) & set(names[2])


def test_a_box_is_cut_out_exactly_and_beyond_the_border_the_edge_is_repeated():
    whole = cut(IMAGE, np.array([10, 20, 26, 52], np.float32), SIZE)
    np.testing.assert_array_equal(whole, IMAGE[20:52, 10:26])
    over = cut(IMAGE, np.array([-8, 90, 8, 122], np.float32), SIZE)
    np.testing.assert_array_equal(over[:10, 8:], IMAGE[90:, :8])
    np.testing.assert_array_equal(over[:10, :8], np.repeat(IMAGE[90:, :1], 8, axis=1))
    np.testing.assert_array_equal(over[10:], np.repeat(over[9:10], 22, axis=0))


@pytest.mark.parametrize("box", [[500, 500, 600, 700], [-1e30, -1e30, 1e30, 1e30], [3, 3, 3.1, 3.1], [-50, -90, -1, 0]])
def test_no_box_is_too_far_large_or_small(box):
    found = cut(IMAGE, np.array(box, np.float32), SIZE)
    assert found.shape == (*SIZE, 3)


def test_a_real_network_tells_people_apart(data):
    path = data.parent / "models" / "person-reidentification-retail-0288.onnx"
    if not path.is_file():
        pytest.skip(f"no network at {path}")
    found = load_appearance(f"onnx:{path}")
    described = found.describe(IMAGE, boxes(2))
    assert described[0].shape == (2, 256)
    assert found.feature_names[0].startswith("person-reidentification-retail-0288-")


def test_a_stored_network_is_loaded_from_its_file_again(first):
    network = ReidNetwork(first, threads=2)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.describe(IMAGE, boxes(3)), network.describe(IMAGE, boxes(3)))
    stored = pickle.dumps(network)
    first.unlink()
    with pytest.raises(ModelError, match=r"first\.onnx"):
        pickle.loads(stored)
