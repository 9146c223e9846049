"""Which names the classes of an ONNX detector have."""

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.class_names import COCO
from siamlink.detectors.models.onnx import OnnxDetector

IMAGE = np.full((128, 192, 3), 50, np.uint8)


def test_class_names_are_those_of_the_metadata_else_of_coco(constant_network, yolox_rows):
    path = constant_network([yolox_rows((10, 5, 30, 60, 0.9, 1))], metadata={"names": "{0: 'ant', 1: 'bee'}"})
    detector = OnnxDetector(path, classes=["Bee"])
    assert dict(detector.class_names) == {0: "ant", 1: "bee"}
    assert detector.detect(IMAGE).label.tolist() == [1]
    with pytest.raises(ConfigError, match="there is no class 'cow'; known are ant, bee"):
        OnnxDetector(path, classes=["cow"])
    assert OnnxDetector(constant_network([yolox_rows()])).class_names is None
    coco = OnnxDetector(constant_network([yolox_rows(classes=80)]), classes=["car"])
    assert coco.class_names == COCO
    assert coco.description["classes"] == ["car"]
    assert coco.description["known_classes"] == 80


def test_class_names_of_the_user_win_and_must_fit(constant_network, yolox_rows, tmp_path):
    path = constant_network([yolox_rows()], metadata={"names": "{0: 'ant', 1: 'bee'}"})
    names = tmp_path / "names.txt"
    names.write_text("Ameise\n")
    assert dict(OnnxDetector(path, class_names=names).class_names) == {0: "Ameise", 1: "1"}
    with pytest.raises(ConfigError, match="knows 2 classes, but there is a name for class 79"):
        OnnxDetector(path, class_names="coco")


def test_networks_that_number_classes_as_coco_does_have_its_names(constant_network):
    logits = np.full((1, 300, 91), -9, np.float32)
    logits[0, 0, 3] = 3
    boxes = np.full((1, 300, 4), 0.5, np.float32)
    detector = OnnxDetector(constant_network({"dets": boxes, "labels": logits}), classes="car")
    assert detector.class_names.name_of(3) == "car"
    assert detector.class_names.name_of(90) == "toothbrush"
    assert detector.detect(IMAGE).label.tolist() == [3]


def test_end_to_end_networks_need_names_only_to_select_by_name(constant_network):
    rows = np.zeros((1, 300, 6), np.float32)
    rows[0, :3] = [10, 5, 30, 60, 0.9, 2], [11, 5, 31, 60, 0.8, 2], [50, 5, 70, 60, 0.7, 0]
    path = constant_network([rows])
    assert OnnxDetector(path).detect(IMAGE).label.tolist() == [2, 2, 0]
    assert OnnxDetector(path, classes=[2]).detect(IMAGE).label.tolist() == [2, 2]
    assert OnnxDetector(path, classes="car", class_names="coco").detect(IMAGE).label.tolist() == [2, 2]
    assert OnnxDetector(path, nms_iou=0.5).detect(IMAGE).label.tolist() == [2, 0]
    with pytest.raises(ConfigError, match="there is no class 'car'; known are none by name"):
        OnnxDetector(path, classes="car")
