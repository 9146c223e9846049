import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.models.download import WEIGHTS
from siamlink.detectors.models.onnx import OnnxDetector, letterbox
from siamlink.detectors.models.registry import available_detectors, load_detector

SIZE = (64, 96)
ANCHORS = 8 * 12 + 4 * 6 + 2 * 3
IMAGE = np.full((128, 192, 3), 50, np.uint8)


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


def write_network(path, outputs, input_shape=(1, 3, *SIZE)):
    """An ONNX file whose outputs are the arrays `outputs` for every image."""
    graph = b""
    for index, values in enumerate(outputs):
        name = f"out{index}"
        graph += field(1, field(1, f"constant{index}") + field(2, name) + field(4, "Identity"))
        tensor = b"".join(field(1, side) for side in values.shape)
        tensor += field(2, 1) + field(8, f"constant{index}") + field(9, values.astype("<f4").tobytes())
        graph += field(5, tensor) + field(12, declaration(name, values.shape))
    graph += field(2, "constant") + field(11, declaration("image", input_shape))
    path.write_bytes(field(1, 8) + field(8, field(1, "") + field(2, 13)) + field(7, graph))
    return path


def yolox_rows(*found, classes=2):
    """A YOLOX output: the fine cells encode one after another a box `x1 y1 x2 y2`, a score and a label."""
    output = np.zeros((1, ANCHORS, 5 + classes), np.float32)
    for index, (x1, y1, x2, y2, score, label) in enumerate(found):
        output[0, index, :2] = (x1 + x2) / 16 - index, (y1 + y2) / 16
        output[0, index, 2:4] = np.log((x2 - x1) / 8), np.log((y2 - y1) / 8)
        output[0, index, 4], output[0, index, 5 + label] = score, 1
    return output


@pytest.fixture
def network(tmp_path):
    def write(*found):
        return write_network(tmp_path / "net.onnx", [yolox_rows(*found)])

    return write


@pytest.fixture(scope="session")
def models(data):
    """The folder of real ONNX detectors beside the sequences."""
    folder = data.parent / "models"
    if not folder.is_dir():
        pytest.skip(f"no ONNX detectors at {folder}")
    return folder


def test_boxes_come_back_in_pixels_of_the_image(network):
    found = OnnxDetector(network((10, 5, 30, 60, 0.9, 0))).detect(IMAGE)
    np.testing.assert_allclose(found.box, [[20, 10, 60, 120]], rtol=1e-5)
    assert found.score.tolist() == [np.float32(0.9)]
    assert found.frame.tolist() == [1]
    assert found.label.tolist() == [0]


def test_only_persons_by_default_and_other_classes_on_request(network):
    path = network((10, 5, 30, 60, 0.9, 0), (50, 5, 70, 60, 0.8, 1))
    assert OnnxDetector(path).detect(IMAGE).label.tolist() == [0]
    assert OnnxDetector(path, labels=(1,)).detect(IMAGE).label.tolist() == [1]
    assert OnnxDetector(path, labels=(0, 1)).detect(IMAGE).label.tolist() == [0, 1]
    with pytest.raises(DetectorError, match="classes 0-1"):
        OnnxDetector(path, labels=(2,))


def test_duplicates_are_dropped_within_a_class_only(network):
    path = network((10, 5, 30, 60, 0.7, 0), (11, 5, 31, 60, 0.9, 0), (10, 6, 30, 61, 0.8, 1))
    found = OnnxDetector(path, labels=(0, 1)).detect(IMAGE)
    assert found.score.tolist() == [np.float32(0.9), np.float32(0.8)]
    assert len(OnnxDetector(path, iou_limit=0.95).detect(IMAGE)) == 2


def test_the_default_threshold_is_that_of_the_head(network):
    path = network((10, 5, 30, 60, 0.9, 0), (50, 5, 70, 60, 0.21, 0), (70, 5, 90, 60, 0.19, 0))
    assert len(OnnxDetector(path).detect(IMAGE)) == 2
    assert len(OnnxDetector(path, score_threshold=0.5).detect(IMAGE)) == 1
    assert len(OnnxDetector(path, score_threshold=0.1).detect(IMAGE)) == 3


def test_tiny_boxes_and_empty_images_give_no_detections(network):
    assert len(OnnxDetector(network((10, 5, 10.2, 60, 0.9, 0))).detect(IMAGE)) == 0
    assert len(OnnxDetector(network()).detect(IMAGE)) == 0


@pytest.mark.parametrize("shape", [(370, 1224), (1080, 1920), (480, 640), (1920, 1080), (416, 416), (20, 10), (1, 999)])
def test_the_letterbox_keeps_the_aspect_ratio_and_returns_the_exact_scale(shape):
    image = np.random.default_rng(1).integers(0, 100, (*shape, 3), np.uint8)
    canvas, scale = letterbox(image, (416, 416))
    fitted = np.array([shape[1], shape[0]]) * scale
    ratio = min(416 / shape[0], 416 / shape[1])
    assert canvas.shape == (416, 416, 3)
    np.testing.assert_allclose(fitted, np.maximum(np.array(shape[::-1]) * ratio, 1), atol=0.5)
    np.testing.assert_allclose(fitted, np.round(fitted), atol=1e-9)
    assert fitted.max() == 416
    width, height = np.round(fitted).astype(int)
    assert (canvas[:height, :width] < 100).all()
    assert (canvas[height:] == 114).all()
    assert (canvas[:, width:] == 114).all()


def test_an_image_of_the_right_size_is_not_touched():
    image = np.random.default_rng(2).integers(0, 256, (*SIZE, 3), np.uint8)
    canvas, scale = letterbox(image, SIZE)
    np.testing.assert_array_equal(canvas, image)
    assert scale.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([np.zeros((1, 84, ANCHORS), np.float32)], f"out0 (1, 84, {ANCHORS}); supported are YOLOX"),
        ([np.zeros((1, 4), np.float32), np.zeros((1, 7), np.float32)], "out0 (1, 4), out1 (1, 7); supported are"),
        ([np.full((1, ANCHORS, 7), 40, np.float32)], "supported are YOLOX"),
    ],
)
def test_an_unknown_head_is_an_error_that_lists_outputs_and_supported_heads(tmp_path, outputs, expected):
    path = write_network(tmp_path / "net.onnx", outputs)
    with pytest.raises(DetectorError) as caught:
        OnnxDetector(path)
    assert expected in str(caught.value)
    assert "net.onnx" in str(caught.value)


@pytest.mark.parametrize(
    "shape", [(1, *SIZE, 3), (1, 3, "height", "width"), (1, 1, *SIZE), (1, 3, 60, 96), (3, *SIZE), ()]
)
def test_an_input_without_fixed_size_is_an_error(tmp_path, shape):
    path = write_network(tmp_path / "net.onnx", [yolox_rows()], shape)
    with pytest.raises(DetectorError, match=r"its inputs are image tensor\(float\) \[.*expected one image"):
        OnnxDetector(path)


def test_a_batch_of_any_size_is_accepted(tmp_path):
    path = write_network(tmp_path / "net.onnx", [yolox_rows((10, 5, 30, 60, 0.9, 0))], ("batch", 3, *SIZE))
    assert len(OnnxDetector(path).detect(IMAGE)) == 1


@pytest.mark.parametrize("content", [b"", b"not a network", os.urandom(5000), b"\x08\x08" * 40])
def test_a_file_that_is_not_a_network_is_an_error_of_one_line(tmp_path, capfd, content):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=r"net\.onnx is not") as caught:
        OnnxDetector(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_truncated_network_is_refused(tmp_path, network):
    path = network((10, 5, 30, 60, 0.9, 0))
    (tmp_path / "half.onnx").write_bytes(path.read_bytes()[:1500])
    with pytest.raises(DetectorError, match=r"half\.onnx is not an ONNX file that can be run"):
        OnnxDetector(tmp_path / "half.onnx")


def test_named_weights_load_from_the_cache_and_are_listed(tmp_path, network, monkeypatch):
    path = network((10, 5, 30, 60, 0.9, 0))
    monkeypatch.setenv("SIAMLINK_CACHE", str(tmp_path))
    weights = replace(
        WEIGHTS["yolox-nano"],
        url="http://127.0.0.1:9/net.onnx",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    monkeypatch.setitem(WEIGHTS, "yolox-nano", weights)
    assert load_detector("yolox-nano").detect(IMAGE, 6).frame.tolist() == [6]
    listed = {each.name: each for each in available_detectors()}
    assert listed["yolox-nano"].available
    assert (listed["yolox-nano"].ready, listed["yolox-nano"].note) == ("yes", "people")


@pytest.mark.parametrize("file", ["yolox_nano_416x416.onnx", "nanodet_m_416.onnx"])
@pytest.mark.parametrize(("sequence", "frames"), [("TUD-Campus", (10, 30, 50)), ("KITTI-17", (20, 60, 100))])
def test_real_networks_detect_real_people(data, models, file, sequence, frames, capfd):
    folder = data / sequence
    truth = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    truth = Detections(truth[:, 0], truth[:, 2:6] + truth[:, [2, 3, 2, 3]] * [0, 0, 1, 1], truth[:, 6], truth[:, 6])
    detector = load_detector(f"onnx:{models / file}")
    hits, boxes, people = 0, 0, 0
    for frame in frames:
        found = detector.detect(cv2.imread(str(folder / "img1" / f"{frame:06d}.jpg")), frame)
        expected = truth.in_frame(frame)
        hits += int((iou_matrix(found.box, expected.box) >= 0.5).any(axis=0).sum())
        boxes, people = boxes + len(found), people + len(expected)
        assert (found.frame == frame).all()
    assert hits / people > 0.65
    assert hits / boxes > 0.4
    assert capfd.readouterr().err == ""


def test_the_result_does_not_depend_on_the_number_of_threads(data, models):
    image = cv2.imread(str(data / "TUD-Campus" / "img1" / "000030.jpg"))
    path = models / "yolox_nano_416x416.onnx"
    one, two = (OnnxDetector(path, threads=threads).detect(image) for threads in (1, 2))
    np.testing.assert_allclose(one.box, two.box, atol=0.01)


def test_replicas_give_the_same_detections(data, models):
    images = [cv2.imread(str(data / "TUD-Campus" / "img1" / f"{number:06d}.jpg")) for number in (1, 20, 40, 60)]
    alone = OnnxDetector(models / "yolox_nano_416x416.onnx", threads=1, score_threshold=0.3)
    replicas = OnnxDetector(models / "yolox_nano_416x416.onnx", threads=2, score_threshold=0.3).replicas(4)
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda one, image: one.detect(image), replicas, images))
    for found, image in zip(together, images, strict=True):
        expected = alone.detect(image)
        np.testing.assert_array_equal(found.box, expected.box)
        np.testing.assert_array_equal(found.score, expected.score)
        assert len(found) > 0


def test_a_network_for_another_task_is_an_error(models):
    with pytest.raises(DetectorError, match=r"\[1, 256, 128, 3\]; expected one image"):
        OnnxDetector(models / "person-reidentification-retail-0288.onnx")
