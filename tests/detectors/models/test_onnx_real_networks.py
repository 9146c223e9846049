"""ONNX detectors as users have them, on real pictures."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.models.onnx import OnnxDetector
from siamlink.detectors.models.registry import load_detector


@pytest.mark.parametrize(
    "file", ["yolox_nano_416x416.onnx", "nanodet_m_416.onnx", "nanodet_efficientnet_lite1_416.onnx"]
)
@pytest.mark.parametrize(("sequence", "frames"), [("TUD-Campus", (10, 30, 50)), ("KITTI-17", (20, 60, 100))])
def test_real_networks_detect_real_people(data, models, file, sequence, frames, capfd):
    folder = data / sequence
    truth = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    truth = Detections(truth[:, 0], truth[:, 2:6] + truth[:, [2, 3, 2, 3]] * [0, 0, 1, 1], truth[:, 6], truth[:, 6])
    detector = load_detector(f"onnx:{models / file}", classes=["person"])
    hits, boxes, people = 0, 0, 0
    for frame in frames:
        found = detector.detect(cv2.imread(str(folder / "img1" / f"{frame:06d}.jpg")), frame)
        expected = truth.in_frame(frame)
        hits += int((iou_matrix(found.box, expected.box) >= 0.5).any(axis=0).sum())
        boxes, people = boxes + len(found), people + len(expected)
        assert (found.frame == frame).all()
    assert hits / people >= 0.65
    assert hits / boxes > 0.4
    assert capfd.readouterr().err == ""


def test_the_result_does_not_depend_on_the_number_of_threads(data, models):
    image = cv2.imread(str(data / "TUD-Campus" / "img1" / "000030.jpg"))
    path = models / "yolox_nano_416x416.onnx"
    one, two = (OnnxDetector(path, threads=threads).detect(image) for threads in (1, 2))
    np.testing.assert_allclose(one.box, two.box, atol=0.01)


def test_replicas_give_the_same_detections(data, models):
    images = [cv2.imread(str(data / "TUD-Campus" / "img1" / f"{number:06d}.jpg")) for number in (1, 20, 40, 60)]
    alone = OnnxDetector(models / "yolox_nano_416x416.onnx", threads=1, confidence=0.3)
    replicas = OnnxDetector(models / "yolox_nano_416x416.onnx", threads=2, confidence=0.3).replicas(4)
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
