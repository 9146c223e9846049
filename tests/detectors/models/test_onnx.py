import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, DetectorError
from siamlink.detectors.models.download import WEIGHTS
from siamlink.detectors.models.onnx import OnnxDetector
from siamlink.detectors.models.registry import available_detectors, load_detector

SIZE = (64, 96)
ANCHORS = 8 * 12 + 4 * 6 + 2 * 3
IMAGE = np.full((128, 192, 3), 50, np.uint8)


@pytest.fixture
def network(constant_network, yolox_rows):
    def write(*found):
        return constant_network([yolox_rows(*found)])

    return write


def test_boxes_come_back_in_pixels_of_the_image(network):
    found = OnnxDetector(network((10, 5, 30, 60, 0.9, 0))).detect(IMAGE)
    np.testing.assert_allclose(found.box, [[20, 10, 60, 120]], rtol=1e-5)
    assert found.score.tolist() == [np.float32(0.9)]
    assert found.frame.tolist() == [1]
    assert found.label.tolist() == [0]


def test_all_classes_by_default_and_others_on_request(network):
    path = network((10, 5, 30, 60, 0.9, 0), (50, 5, 70, 60, 0.8, 1))
    assert OnnxDetector(path).detect(IMAGE).label.tolist() == [0, 1]
    assert OnnxDetector(path, classes=1).detect(IMAGE).label.tolist() == [1]
    assert OnnxDetector(path, classes=(1, 0)).detect(IMAGE).label.tolist() == [0, 1]
    assert OnnxDetector(path, classes="all").detect(IMAGE).label.tolist() == [0, 1]
    with pytest.raises(ConfigError, match=r"net\.onnx: there is no class '2'; known are 0, 1"):
        OnnxDetector(path, classes=[2])


def test_a_box_has_the_best_of_the_selected_classes(constant_network, yolox_rows):
    rows = yolox_rows((10, 5, 30, 60, 0.9, 0), classes=3)
    rows[0, 0, 5:] = 0.5, 0.8, 0.9
    path = constant_network([rows])
    for classes, label, score in (("all", 2, 0.81), ([0, 1], 1, 0.72), ([0], 0, 0.45)):
        found = OnnxDetector(path, classes=classes).detect(IMAGE)
        assert found.label.tolist() == [label]
        assert found.score.tolist() == pytest.approx([score])


def test_duplicates_are_dropped_within_a_class_only(network):
    path = network((10, 5, 30, 60, 0.7, 0), (11, 5, 31, 60, 0.9, 0), (13, 10, 33, 62, 0.8, 1))
    found = OnnxDetector(path).detect(IMAGE)
    assert found.score.tolist() == [np.float32(0.9), np.float32(0.8)]
    assert len(OnnxDetector(path, nms_iou=0.95).detect(IMAGE)) == 3


def test_nearly_the_same_box_of_another_class_is_the_same_object(network):
    path = network((10, 5, 30, 60, 0.7, 0), (10, 5, 30, 61, 0.8, 1))
    assert OnnxDetector(path).detect(IMAGE).label.tolist() == [1]


def test_the_default_threshold_is_that_of_the_head(network):
    path = network((10, 5, 30, 60, 0.9, 0), (50, 5, 70, 60, 0.21, 0), (70, 5, 90, 60, 0.19, 0))
    assert len(OnnxDetector(path).detect(IMAGE)) == 2
    assert len(OnnxDetector(path, confidence=0.5).detect(IMAGE)) == 1
    assert len(OnnxDetector(path, confidence=0.1).detect(IMAGE)) == 3


def test_tiny_boxes_and_empty_images_give_no_detections(network):
    assert len(OnnxDetector(network((10, 5, 10.2, 60, 0.9, 0))).detect(IMAGE)) == 0
    assert len(OnnxDetector(network()).detect(IMAGE)) == 0


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([np.zeros((1, 84, ANCHORS + 1), np.float32)], f"its outputs are out0 (1, 84, {ANCHORS + 1}); known are YOLOX"),
        ([np.zeros((1, 4), np.float32), np.zeros((1, 7), np.float32)], "out0 (1, 4), out1 (1, 7); known are"),
        ([np.full((1, ANCHORS, 7), 40, np.float32)], "known are YOLOX"),
    ],
)
def test_an_unknown_network_is_an_error_that_says_what_was_found_and_what_helps(constant_network, outputs, expected):
    path = constant_network(outputs)
    with pytest.raises(DetectorError) as caught:
        OnnxDetector(path)
    assert expected in str(caught.value)
    assert "net.onnx" in str(caught.value)
    assert "give --detector FILE.py:detect" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_for_another_task_says_which(constant_network):
    path = constant_network([np.zeros((1, 6, ANCHORS), np.float32)], metadata={"task": "obb", "names": "{0: 'ship'}"})
    with pytest.raises(DetectorError, match=r"its task is obb, its outputs are out0 \(1, 6, 126\)"):
        OnnxDetector(path)


@pytest.mark.parametrize("shape", [(1, *SIZE, 3), (1, 1, *SIZE), (4, 3, *SIZE), (3, *SIZE), ()])
def test_an_input_that_is_no_image_is_an_error(constant_network, yolox_rows, shape):
    path = constant_network([yolox_rows()], shape)
    with pytest.raises(DetectorError, match=r"its inputs are image tensor\(float\) \[.*expected one image"):
        OnnxDetector(path)


@pytest.mark.parametrize("shape", [("batch", 3, *SIZE), (1, 3, "height", "width"), ("n", "c", "h", "w")])
def test_free_sides_of_the_input_are_chosen(constant_network, yolox_rows, shape):
    path = constant_network([yolox_rows((10, 5, 30, 60, 0.9, 0))], shape)
    if shape[2] == 64:
        assert len(OnnxDetector(path).detect(IMAGE)) == 1
        return
    if shape[1] == "c":
        with pytest.raises(DetectorError, match="expected one image"):
            OnnxDetector(path)
        return
    found = OnnxDetector(path, image_size=(96, 64)).detect(IMAGE)
    np.testing.assert_allclose(found.box, [[20, 10, 60, 120]], rtol=1e-5)
    assert OnnxDetector(path, image_size="96x64").description["image_size"] == [96, 64]
    with pytest.raises(DetectorError, match="is not a supported detector"):
        OnnxDetector(path)  # 640 x 640 has more cells than this network has rows
    with pytest.raises(DetectorError, match="is not a supported detector"):
        OnnxDetector(path, image_size=320)


def test_the_size_that_the_metadata_state_is_the_default(constant_network, yolox_rows):
    path = constant_network([yolox_rows()], (1, 3, "height", "width"), {"imgsz": "[64, 96]"})
    assert OnnxDetector(path).description["image_size"] == [96, 64]


def test_a_fixed_input_takes_no_other_size(network):
    assert OnnxDetector(network(), image_size=(96, 64)).description["image_size"] == [96, 64]
    with pytest.raises(ConfigError, match=r"net\.onnx takes images of 96 x 64 only, not of 320 x 320"):
        OnnxDetector(network(), image_size=320)


def test_sides_that_are_no_multiples_of_32(constant_network):
    rows = np.zeros((1, 6, 8 * 12 + 4 * 6 + 2 * 3), np.float32)
    rows[0, :, 0] = 45, 30, 20, 40, 0.1, 0.9
    found = OnnxDetector(constant_network([rows], (1, 3, 60, 90))).detect(np.zeros((120, 180, 3), np.uint8))
    np.testing.assert_allclose(found.box, [[70, 20, 110, 100]])
    assert found.label.tolist() == [1]


def test_half_precision_networks(constant_network, yolox_rows):
    path = constant_network([yolox_rows((10, 5, 30, 60, 0.9, 0)).astype(np.float16)], kind="float16")
    np.testing.assert_allclose(OnnxDetector(path).detect(IMAGE).box, [[20, 10, 60, 120]], rtol=0.01)


def test_a_second_input_is_given_the_size_of_the_network_input(new_network, tmp_path):
    """As RT-DETR and D-FINE: boxes are multiplied by the sizes that are given."""
    network = new_network({"images": ((1, 3, 64, 64), "float32"), "orig_target_sizes": ((1, 2), "int64")})
    box = np.array([[[0.25, 0.5, 0.5, 1]]], np.float32)
    sizes = network.node("Cast", ["orig_target_sizes"], "sizes", to=1)
    twice = network.node("Concat", [sizes, sizes], "twice", axis=1)
    network.node("Mul", [network.constant("parts", box), twice], "boxes")
    network.node("Identity", [network.constant("label", np.array([[2]], np.int64))], "labels")
    network.node("Identity", [network.constant("score", np.array([[0.75]], np.float32))], "scores")
    network.output("labels", (1, 1), "int64")
    network.output("boxes", (1, 1, 4))
    network.output("scores", (1, 1))
    found = OnnxDetector(network.save(tmp_path / "net.onnx")).detect(np.zeros((100, 200, 3), np.uint8))
    assert found.box.tolist() == [[50, 50, 100, 100]]
    assert (found.label.tolist(), found.score.tolist()) == ([2], [0.75])


def test_the_preprocessing_can_be_changed(constant_network, yolox_rows):
    path = constant_network([yolox_rows((10, 5, 30, 60, 0.9, 0))])
    square = np.zeros((96, 96, 3), np.uint8)
    assert OnnxDetector(path).description["preprocessing"] == "letterbox,bgr,0-255"
    stretched = OnnxDetector(path, preprocessing="stretch,rgb")
    assert stretched.description["preprocessing"] == "stretch,rgb,0-255"
    np.testing.assert_allclose(stretched.detect(square).box, [[10, 7.5, 30, 90]], rtol=1e-5)
    centred = OnnxDetector(path, preprocessing="centred").detect(square)
    np.testing.assert_allclose(centred.box, [[(10 - 16) * 1.5, 7.5, (30 - 16) * 1.5, 90]], rtol=1e-5)
    with pytest.raises(ConfigError, match="unknown word 'squash'"):
        OnnxDetector(path, preprocessing="squash")


@pytest.mark.parametrize(("option", "value"), [("confidence", 1.5), ("confidence", -0.1), ("nms_iou", 2)])
def test_limits_out_of_range_are_refused(network, option, value):
    with pytest.raises(ConfigError, match=f"{option} is .*; expected 0 to 1"):
        OnnxDetector(network(), **{option: value})


def test_the_fingerprint_depends_on_the_settings(network):
    path = network()
    detectors = [OnnxDetector(path, **options) for options in ({}, {"classes": 0}, {"confidence": 0.5}, {"nms_iou": 1})]
    assert len({detector.fingerprint for detector in detectors}) == 4


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


def test_named_weights_report_persons_and_other_classes_on_request(tmp_path, constant_network, yolox_rows, monkeypatch):
    path = constant_network([yolox_rows((10, 5, 30, 60, 0.9, 0), (50, 5, 70, 60, 0.8, 2), classes=80)])
    monkeypatch.setenv("SIAMLINK_CACHE", str(tmp_path))
    weights = replace(
        WEIGHTS["yolox-nano"],
        url="http://127.0.0.1:9/net.onnx",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    monkeypatch.setitem(WEIGHTS, "yolox-nano", weights)
    detector = load_detector("yolox-nano")
    assert detector.detect(IMAGE, 6).frame.tolist() == [6]
    assert detector.description["classes"] == ["person"]
    assert load_detector("yolox-nano", classes="car").detect(IMAGE, 1).label.tolist() == [2]
    assert load_detector("yolox-nano", classes="all").detect(IMAGE, 1).label.tolist() == [0, 2]
    listed = {each.name: each for each in available_detectors()}
    assert listed["yolox-nano"].available
    assert listed["yolox-nano"].ready == "yes"


def test_the_adapter_that_the_documentation_shows_runs_any_network(new_network, tmp_path, monkeypatch):
    page = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```python\n# mine.py\n")[1:]]
    (adapter,) = [block for block in blocks if "InferenceSession" in block]
    (tmp_path / "mine.py").write_text(adapter)
    network = new_network({"images": ((1, 3, 640, 640), "float32")})
    rows = np.array([[[64, 64, 128, 320, 0.9, 1], [0, 0, 64, 64, 0.4, 0]]], np.float32)
    network.node("Identity", [network.constant("rows", rows)], "found")
    network.output("found", rows.shape)
    network.save(tmp_path / "mine.onnx")
    monkeypatch.chdir(tmp_path)
    found = load_detector("mine.py:detect", classes="bus").detect(np.zeros((320, 1280, 3), np.uint8), 1)
    assert found.box.tolist() == [[128, 32, 256, 160]]
    assert found.label.tolist() == [1]
